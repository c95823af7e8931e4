"""One suite for the store of record: PostgreSQL and its twin give the same answers."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from services.kernel.decider import ClearTimer, SetTimer
from services.kernel.facts import Append, Appended, CommandKey, Conflict, Repeated, TooLate
from services.kernel.store import Advance, LostOwnership, Store, TimerRow
from tests.support.appends import NOW, append, fact, keyed


async def test_positions_are_dense_within_a_bucket_and_versions_within_a_stream(
    store: Store,
) -> None:
    outcomes = await store.append([append("a", 0, fact("1"), fact("2")), append("b", 0, fact("3"))])
    assert [(o.position, o.version) for o in outcomes if isinstance(o, Appended)] == [
        (1, 2),
        (3, 1),
    ]
    await store.append([append("a", 2, fact("4"))])
    page = await store.page(0, 1, 10)
    assert [(f.position, f.ticket, f.version, f.data) for f in page] == [
        (1, "a", 1, b"1"),
        (2, "a", 2, b"2"),
        (3, "b", 1, b"3"),
        (4, "a", 3, b"4"),
    ]
    assert {f.by for f in page} == {"clerk"}
    assert await store.next_positions([0, 1]) == {0: 5, 1: 1}


async def test_a_stale_command_is_its_own_conflict_and_spoils_nobody_else(store: Store) -> None:
    await store.append([append("a", 0, fact())])
    outcomes = await store.append([append("a", 0, fact()), append("b", 0, fact())])
    assert isinstance(outcomes[0], Conflict)
    assert outcomes[1] == Appended(2, 1, outcomes[1].recorded_at)  # type: ignore[union-attr]
    assert list(await store.load([(0, "a"), (0, "b"), (0, "c")])) == ["a", "b"]


async def test_an_unknown_bucket_raises_and_writes_nothing(store: Store) -> None:
    with pytest.raises(Exception, match="unknown bucket"):
        await store.append([append("a", 0, fact()), append("b", 0, fact(), bucket=99)])
    assert await store.page(0, 1, 10) == []


async def test_a_command_id_that_was_used_brings_its_first_answer(store: Store) -> None:
    (first,) = await store.append([keyed("a", "k1", fact())])
    assert isinstance(first, Appended)
    again, other = await store.append(
        [keyed("b", "k1", fact(), bucket=1), keyed("c", "k2", bucket=1)]
    )
    assert again == Repeated("web", "k1", "a", b"hash-a", 201, b'{"ok":true}', 1, 1)
    assert isinstance(other, Appended)
    assert await store.page(1, 1, 10) == []
    assert (await store.answers([("web", "k2")]))["web", "k2"].position == 0


async def test_two_uses_of_a_command_id_at_once_give_one_fact(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(store.append([keyed(f"s{n}", "same", fact(), bucket=n % 4)]) for n in range(8))
    )
    kinds = sorted(type(o).__name__ for (o,) in outcomes)
    assert kinds == ["Appended", *["Repeated"] * 7]
    assert sum((await store.next_positions(range(4))).values()) == 5


async def test_appends_from_many_at_once_leave_no_gap(store: Store) -> None:
    async def one(stream: str) -> None:
        for version in range(5):
            (outcome,) = await store.append([append(stream, version, fact(), bucket=version % 1)])
            assert isinstance(outcome, Appended)

    await asyncio.gather(*(one(f"t{n}") for n in range(10)))
    assert [f.position for f in await store.page(0, 1, 100)] == list(range(1, 51))


async def test_a_live_fact_at_or_before_the_watermark_is_refused(store: Store) -> None:
    (closed,) = await store.close_buckets([0], [], [], 0.0)
    late = Append(0, "a", 0, [fact(time=closed.closed_until)], live_from=closed.closed_until)
    exempt = Append(0, "b", 0, [fact(time=closed.closed_until)])
    outcomes = await store.append([late, exempt])
    assert isinstance(outcomes[0], TooLate)
    assert isinstance(outcomes[1], Appended)


async def test_the_watermark_waits_for_every_partition_that_brings_facts(store: Store) -> None:
    rows = await store.claim([("tickets", 0), ("tickets", 1), ("submissions", 3)])
    (closed,) = await store.close_buckets([0], ["tickets"], ["submissions"], 2.0)
    assert closed.closed_until.year < 1900
    until = NOW - timedelta(seconds=60)
    await store.read_until([(r.topic, r.partition, r.epoch, until) for r in rows])
    (closed,) = await store.close_buckets([0], ["tickets"], ["submissions"], 2.0)
    assert (closed.closed_until, closed.position) == (until, 1)
    earlier = until - timedelta(seconds=5)
    await store.read_until([(r.topic, r.partition, r.epoch, earlier) for r in rows])
    (closed,) = await store.close_buckets([0], ["tickets"], ["submissions"], 2.0)
    assert closed.closed_until == until


async def test_an_earlier_owner_rolls_back(store: Store) -> None:
    (old,) = await store.claim([("tickets", 0)])
    (new,) = await store.claim([("tickets", 0)])
    assert new.epoch > old.epoch

    async def late() -> None:
        async with store.transaction() as tx:
            await tx.append([append("a", 0, fact())])
            await tx.advance([Advance("tickets", 0, 0, 5, old.epoch, NOW, {"desk": 3})])

    with pytest.raises(LostOwnership):
        await late()
    assert await store.page(0, 1, 10) == []
    async with store.transaction() as tx:
        await tx.advance([Advance("tickets", 0, 0, 5, new.epoch, NOW, {"desk": 3})])
    assert await store.expected("tickets", 0) == {"desk": 3}
    with pytest.raises(LostOwnership):
        async with store.transaction() as tx:
            await tx.still_owner("tickets", {0: old.epoch})


async def test_an_offset_that_was_moved_by_another_rolls_back(store: Store) -> None:
    (row,) = await store.claim([("tickets", 0)])
    async with store.transaction() as tx:
        await tx.advance([Advance("tickets", 0, 0, 5, row.epoch, NOW, {})])
    with pytest.raises(LostOwnership):
        async with store.transaction() as tx:
            await tx.advance([Advance("tickets", 0, 0, 7, row.epoch, NOW, {})])


def timer(name: str, due_at: datetime, import_id: str = "") -> TimerRow:
    return TimerRow(0, "a", import_id, SetTimer(name, due_at, ("dispatch", "deadline")))


async def test_a_timer_is_due_once_silence_is_proven(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.change_timers([timer("confirm", NOW), timer("gone", NOW)])
        await tx.change_timers([TimerRow(0, "a", "", ClearTimer("gone"))])
    assert await store.timer_sources() == [("dispatch", "deadline")]
    key = "dispatch,deadline"
    before = [(0, key, NOW - timedelta(seconds=1))]
    assert await store.due_timers(before, [0], 10) == []
    due = await store.due_timers([(0, key, NOW)], [0], 10)
    assert [(t.name, t.due_at, t.sources) for t in due] == [
        ("confirm", NOW, ("dispatch", "deadline"))
    ]


async def test_an_imported_timer_waits_for_its_frontier(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.change_timers([timer("resolve", NOW, "old-city")])
    proven = [(0, "dispatch,deadline", NOW)]
    assert await store.due_timers(proven, [0], 10) == []
    async with store.transaction() as tx:
        await tx.set_frontier(0, "old-city", NOW - timedelta(days=1), False)
    assert await store.due_timers(proven, [0], 10) == []
    async with store.transaction() as tx:
        await tx.set_frontier(0, "old-city", NOW, False)
    assert len(await store.due_timers([], [0], 10)) == 1


async def test_after_the_last_frontier_imported_timers_follow_the_live_clock(
    store: Store,
) -> None:
    async with store.transaction() as tx:
        await tx.change_timers([timer("resolve", NOW, "old-city")])
        await tx.set_frontier(0, "old-city", NOW - timedelta(days=1), True)
    assert await store.due_timers([], [0], 10) == []
    assert len(await store.due_timers([(0, "dispatch,deadline", NOW)], [0], 10)) == 1


async def test_a_reply_that_was_not_sent_is_found_again(store: Store) -> None:
    command = CommandKey("web", "k", b"h", 200, b"{}", "hotline.replies.web.v1")
    await store.append([Append(0, "a", 0, [fact()], commands=[command])])
    await store.replies_sent([("web", "k")])
    assert await store.unsent_replies(10) == []
    assert ("web", "k") in await store.answers([("web", "k")])
