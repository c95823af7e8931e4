"""Both vaults of intake, and the rows beneath them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources

from services.intake.adapters.vault import OpenedField, PostgresVault, Vault
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.personal import MasterKeys
from services.kernel.pool_pg import connect
from services.kernel.store_pg import PostgresStore
from tests.support.stores import KERNEL

_FOLDER = resources.files("services.intake") / "migrations"
_KEPT = "001_intake.sql", "003_forgotten.sql", "004_boxes.sql", "010_turns_by_minute.sql"
TABLES = [_FOLDER / name for name in _KEPT]
HASHES = _FOLDER / "006_keyed_hashes.sql"
RECENT = [_FOLDER / f"{name}.sql" for name in ("002_recent", "008_near", "011_recent_of_category")]
CALLS = [_FOLDER / "005_calls.sql", _FOLDER / "009_answers.sql"]
MASTERS = MasterKeys([b"m" * 32])
INDEX_KEY = b"i" * 32


@dataclass(frozen=True)
class Vaults:
    """`another` is a further process' vault over the same rows, `opened` all their records."""

    another: Callable[[], Vault]
    opened: Callable[[], Awaitable[list[OpenedField]]]


@asynccontextmanager
async def memory() -> AsyncIterator[Vaults]:
    rows = Rows()

    async def opened() -> list[OpenedField]:
        return rows.opened

    yield Vaults(lambda: MemoryVault(rows, MASTERS, INDEX_KEY, "86"), opened)


@asynccontextmanager
async def postgres(dsn: str, namespace: str) -> AsyncIterator[Vaults]:
    await migrate(dsn, "intake", namespace, [*KERNEL, *TABLES], 4)
    pool = await connect(dsn, schema_of(namespace, "intake"))
    store = PostgresStore(pool, "intake", namespace)

    try:
        yield Vaults(
            lambda: PostgresVault(store, MASTERS, INDEX_KEY, "86"), lambda: opened_fields(store)
        )
    finally:
        await pool.close()


async def opened_fields(store: PostgresStore) -> list[OpenedField]:
    """Every record of an opened field, in order."""
    columns = "ticket, person, field, by, purpose"
    query = f"select {columns} from {store.vault}.opened order by id"
    return [OpenedField(*row) for row in await store.pool.fetch(query)]
