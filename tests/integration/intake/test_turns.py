"""R3: a channel's rate limit holds over all processes, on the twin and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from services.intake.adapters.limiting import KEPT, MINUTE, Limits
from services.intake.adapters.vault import Vault
from services.kernel.store import StoreUnavailable
from tests.integration.intake.together import turns_of
from tests.integration.intake.vaults import Vaults, memory, postgres

NOON = datetime(2026, 3, 16, 4, tzinfo=UTC)
PER_MINUTE = 600


@pytest.fixture(params=["twin", "real"])
async def vaults(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Vaults]:
    if request.param == "twin":
        async with memory() as made:
            yield made
    else:
        async with postgres(request.getfixturevalue("stack").dsn, namespace) as made:
            yield made


_ids = count()


def _another() -> tuple[str, str]:
    return "web-1", f"k{next(_ids)}"


class Process:
    """One replica of intake, with its own connection to the store."""

    def __init__(self, vault: Vault) -> None:
        self._limits, self._vault = Limits(), vault
        self.asked = 0

    async def sends(self, at: datetime, times: int = 1, limit: int = PER_MINUTE) -> Counter[int]:
        """How long each of the matters has to wait; 0: it went through."""
        each = (self._limits.wait_s("web", limit, at, _another(), self._take) for _ in range(times))
        return Counter(await asyncio.gather(*each))

    async def _take(self, channel: str, minute: datetime, limit: int, wanted: int) -> int:
        self.asked += 1
        return await self._vault.turns(channel, minute, limit, wanted)


async def test_r3_two_processes_together_let_through_what_one_does(vaults: Vaults) -> None:
    one, other = Process(vaults.another()), Process(vaults.another())
    told = Counter[int]()
    for _ in range(PER_MINUTE):
        told += await one.sends(NOON) + await other.sends(NOON)
    assert told[0] == PER_MINUTE
    later = NOON + timedelta(seconds=60)
    both = await asyncio.gather(one.sends(later, PER_MINUTE), other.sends(later, PER_MINUTE))
    assert sum(part[0] for part in both) == PER_MINUTE


async def test_r3_one_process_alone_may_use_the_whole_limit(vaults: Vaults) -> None:
    busy, idle = Process(vaults.another()), Process(vaults.another())
    assert await idle.sends(NOON) == {0: 1}
    told = await busy.sends(NOON, 2 * PER_MINUTE)
    assert told[0] == PER_MINUTE - PER_MINUTE // 60  # but for the second's worth of the other


@pytest.mark.parametrize("vaults", ["real"], indirect=True)
async def test_r3_those_who_wait_for_turns_go_on_together(vaults: Vaults) -> None:
    """Else each of them, and all that come meanwhile, would wait for the one before."""
    one, a_second = Process(vaults.another()), 100
    sending = (one.sends(NOON, 1, 60 * a_second) for _ in range(2 * a_second))
    assert await turns_of(sending) <= 8
    assert one.asked == 2


async def test_r3_a_channel_waits_for_no_other_and_fails_with_none() -> None:
    limits, answered = Limits(), asyncio.Event()

    async def take(channel: str, minute: datetime, limit: int, wanted: int) -> int:
        if channel != "web":
            await answered.wait()
            raise StoreUnavailable(channel)
        return wanted

    def sends(channel: str) -> Coroutine[Any, Any, int]:
        return limits.wait_s(channel, PER_MINUTE, NOON, _another(), take)

    slow = asyncio.create_task(sends("telephone"))
    assert await asyncio.gather(*(sends("web") for _ in range(3))) == [0, 0, 0]
    answered.set()
    with pytest.raises(StoreUnavailable):
        await slow
    assert await sends("web") == 0


async def test_r3_a_request_does_not_ask_the_store(vaults: Vaults) -> None:
    one = Process(vaults.another())
    await one.sends(NOON, PER_MINUTE)
    assert one.asked == 60
    await one.sends(NOON, 1_000)
    assert one.asked == 61  # and once that it is empty


async def test_r3_a_limit_that_is_changed_holds_at_once(vaults: Vaults) -> None:
    one = Process(vaults.another())
    await one.sends(NOON, 5)
    assert (await one.sends(NOON, 20, limit=4))[0] == 0  # that minute had more already
    assert (await one.sends(NOON + MINUTE, 20, limit=4))[0] == 4
    assert (await one.sends(NOON + MINUTE, 20, limit=6))[0] == 2


async def test_r3_what_waited_on_the_topic_passes_in_whatever_order_it_is_read(
    vaults: Vaults,
) -> None:
    """An hour at the limit, spread over partitions of which each is read to its end."""
    one, other = Process(vaults.another()), Process(vaults.another())
    hour = [NOON + timedelta(seconds=s) for s in range(3_600)]
    assert (await other.sends(NOON + timedelta(hours=2), PER_MINUTE))[0] == PER_MINUTE  # by HTTP
    partitions = [hour[n::4] for n in range(4)]
    told = Counter[int]()
    for at in (at for partition in partitions for at in partition):
        told += await one.sends(at, limit=60)
    assert told == {0: 3_600}
    for at in hour[::600]:
        assert not (await one.sends(at, limit=60))[0]  # more of that minute


async def test_r3_minutes_of_which_the_topic_keeps_nothing_are_forgotten(vaults: Vaults) -> None:
    async def sends(at: datetime) -> int:
        """Of four that come to a process that has just started."""
        return (await Process(vaults.another()).sends(at, 4, limit=4))[0]

    assert [await sends(NOON), await sends(NOON + KEPT), await sends(NOON)] == [4, 4, 0]
    assert [await sends(NOON + KEPT + MINUTE), await sends(NOON)] == [4, 4]
