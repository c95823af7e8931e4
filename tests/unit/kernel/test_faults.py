"""What the store's own trouble is called, whoever asks it: try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from services.datasync.adapters.store_pg import PostgresFeedStore
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.intake.adapters.vault import PostgresVault
from services.kernel.api_keys_pg import PostgresApiKeys
from services.kernel.personal import MasterKeys, new_key
from services.kernel.store import StoreUnavailable
from services.kernel.store_pg import PostgresStore

Ask = Callable[[Any], Awaitable[Any]]


class Ending:
    """A pool whose server is ending."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def fetch(self, *_: Any) -> list[Any]:
        raise self._error


def place(pool: Any) -> Any:
    return SimpleNamespace(pool=pool, schema="s", vault="v")


ASKERS: dict[str, Ask] = {
    "ledger": lambda pool: PostgresStore(pool, "intake").database_clock(),
    "keys": lambda pool: PostgresApiKeys(pool, "intake").all(10),
    "intake": lambda pool: PostgresVault(
        place(pool), MasterKeys([new_key()]), new_key(), "86"
    ).forget("p"),
    "deadline": lambda pool: PostgresClocksStore(place(pool)).due("", datetime.now(UTC), 10),
    "evaluation": lambda pool: PostgresFiguresStore(pool, "s", "v").due_visits(10),
    "datasync": lambda pool: PostgresFeedStore(pool, "s", "v").ticket(0, "t"),
}


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize(
    "error",
    [
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_server_that_ends_is_a_store_to_come_again_to(asker: str, error: Any) -> None:
    with pytest.raises(StoreUnavailable):
        await ASKERS[asker](Ending(error))


@pytest.mark.parametrize("asker", ASKERS)
async def test_a_defect_of_ours_is_none(asker: str) -> None:
    with pytest.raises(asyncpg.UndefinedColumnError):
        await ASKERS[asker](Ending(asyncpg.UndefinedColumnError("no such column")))
