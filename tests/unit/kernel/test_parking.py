"""A record that made the code fail: under which ticket it waits, and who lets it go."""

from __future__ import annotations

import pytest

from services.kernel import worker
from services.kernel.bus_memory import MemoryRecord
from services.kernel.names import COMMANDS
from services.kernel.parking import ticket_of
from services.kernel.store import LostOwnership
from tests.support.desks import desk, echo
from tests.support.processes import city, tickets_in

SUBJECT = [("ce_subject", b"another")]


def test_a_record_waits_under_its_key_as_later_ones_do_and_not_under_what_it_says() -> None:
    record = MemoryRecord(COMMANDS, 0, 0, 0, b"t1", b"", SUBJECT)
    assert ticket_of(record, dict(record.headers)) == "t1"


def test_without_a_key_what_it_says_counts() -> None:
    record = MemoryRecord(COMMANDS, 0, 0, 0, None, b"", SUBJECT)
    assert ticket_of(record, dict(record.headers)) == "another"
    assert ticket_of(record, {}) == ""


async def test_only_the_buckets_owner_releases() -> None:
    async with city() as town:
        (ticket,) = tickets_in(0, 1)
        first, former = await town.process(desk()), await town.process(echo())
        await first.note(ticket, "poison")
        await first.relay()
        await former.read()
        newer = await town.process(echo(), "1")
        with pytest.raises(LostOwnership):
            await former.worker.release(ticket, drop_by="operator")
        former.inbox.let_go(list(former.inbox.rows))
        with pytest.raises(LostOwnership):
            await former.worker.release(ticket, drop_by="operator")
        assert len(await newer.store.parked_records(ticket, 10)) == 1
        assert await newer.worker.release(ticket, drop_by="operator") == 1


async def test_more_than_one_release_takes_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_RELEASED", 2)
    async with city() as town:
        (ticket,) = tickets_in(0, 1)
        first, second = await town.process(desk()), await town.process(echo())
        for words in ("poison", "one", "two"):
            await first.note(ticket, words)
        await first.relay()
        await second.read()
        taken = [await second.worker.release(ticket, drop_by="operator") for _ in range(3)]
        assert taken == [2, 1, 0]
        assert ticket not in second.inbox.parked
