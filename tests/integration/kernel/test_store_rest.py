"""What else the store keeps: parked records, timers, frontiers, offsets and unsent answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.kernel.decider import SetTimer
from services.kernel.facts import Append, CommandKey
from services.kernel.store import Advance, ParkedRecord, Store, TimerRow
from tests.support.appends import NOW, append, fact


def parked(ticket: str, offset: int, **other: object) -> ParkedRecord:
    headers = [("ce_type", b"x"), ("ce_type", b"\xff\x00"), ("empty", b"")]
    values = {"key": b"k\xff", "value": b"\x00body", **other}
    return ParkedRecord(
        ticket, "hotline.tickets.v1", 0, offset, 1_300_000_000_123, headers=headers,
        reason=f"reason {offset}", **values,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_parked_records_keep_their_order_bytes_and_reasons(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.park([(0, parked("a", 7)), (1, parked("b", 1, key=None, value=None))])
    async with store.transaction() as tx:
        await tx.park([(0, parked("a", 9)), (0, parked("a", 8))])
    found = await store.parked_records("a", 10)
    assert [r.offset for r in found] == [7, 9, 8]
    first = parked("a", 7)
    first.parked_at = found[0].parked_at
    assert found[0] == first
    assert [r.offset for r in await store.parked_records("a", 2)] == [7, 9]
    assert [r.ticket for r in await store.parked_records("", 10)] == ["a", "b", "a", "a"]
    (other,) = await store.parked_records("b", 10)
    assert (other.key, other.value) == (None, None)


async def test_the_headers_of_all_that_waits_for_a_ticket_are_read_without_bodies(
    store: Store,
) -> None:
    async with store.transaction() as tx:
        await tx.park([(0, parked("a", 1)), (0, parked("a", 2)), (1, parked("b", 1))])
        await tx.park([(0, parked("c", 1)), (2, parked("a", 3)), (0, parked("a", 4))])
    async with store.transaction() as tx:
        await tx.unpark(0, "c", 1, "an operator")
    headers = list(parked("a", 1).headers)
    assert await store.parked_headers([(0, "a")]) == [headers] * 3
    assert await store.parked_headers([(0, "a"), (1, "b"), (0, "c")]) == [headers] * 4
    assert await store.parked_headers([(0, "b")]) == await store.parked_headers([]) == []


async def test_parked_tickets_are_known_by_bucket_until_they_are_released(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.park([(0, parked("a", 1)), (1, parked("b", 1)), (1, parked("c", 2))])
    assert await store.parked_tickets([1, 2]) == {"b", "c"}
    assert await store.parked_tickets([]) == set()
    async with store.transaction() as tx:
        await tx.unpark(1, "b", 1)
    assert await store.parked_tickets([0, 1]) == {"a", "c"}


async def test_only_what_was_read_of_a_ticket_waits_no_more(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.park([(0, parked("a", offset)) for offset in (1, 2, 3)])
    async with store.transaction() as tx:
        await tx.unpark(0, "a", 2)
    assert [r.offset for r in await store.parked_records("a", 10)] == [3]


async def test_early_tickets_are_due_once_they_have_appeared_or_waited_long_enough(
    store: Store,
) -> None:
    now = await store.database_clock()
    ahead, over = now + timedelta(minutes=5), now - timedelta(seconds=1)
    begun = append("c", 0, fact("first"))
    async with store.transaction() as tx:
        await tx.park(
            [
                (0, parked("a", 1, early_until=ahead)),
                (0, parked("b", 2, early_until=over)),
                (0, parked("b", 3, early_until=ahead)),
                (begun.bucket, parked("c", 4, early_until=ahead)),
                (0, parked("d", 5, early_until=over)),
                (0, parked("d", 6)),
            ]
        )
    await store.append([begun])
    found = await store.early_tickets([0, begun.bucket])
    assert found == {"a": False, "b": True, "c": True}
    assert await store.parked_tickets([0]) == {"d"}
    assert await store.early_tickets([]) == {}
    assert [r.early_until for r in await store.parked_records("a", 5)] == [ahead]


async def test_the_timers_of_parked_tickets_take_nobodys_place(store: Store) -> None:
    live, imported = timer("resolve", 1), timer("contact", 2)
    imported.import_id = "old-city"
    async with store.transaction() as tx:
        await tx.change_timers([live, imported])
        await tx.set_frontier(0, "old-city", NOW + timedelta(days=1), False)
        await tx.park([(0, parked(live.ticket, 1))])
    proven = [(0, "dispatch", NOW + timedelta(days=1))]
    assert await store.due_timers(proven, [0], 10) == []
    async with store.transaction() as tx:
        await tx.unpark(0, live.ticket, 1)
    assert [t.name for t in await store.due_timers(proven, [0], 10)] == ["resolve", "contact"]


async def test_a_transaction_that_fails_leaves_nothing_of_all_it_did(store: Store) -> None:
    (row,) = await store.claim([("tickets", 0)])

    async def fails() -> None:
        async with store.transaction() as tx:
            await tx.advance([Advance("tickets", 0, 0, 5, row.epoch, NOW, {"desk": 3})])
            await tx.append([append("a", 0, fact())])
            await tx.change_timers([timer("resolve", 0)])
            await tx.park([(0, parked("a", 1))])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await store.expected("tickets", 0) == {}
    assert await store.next_positions([0]) == {0: 1}
    assert await store.timer_sources() == []
    assert await store.parked_records("", 10) == []
    assert (await store.claim([("tickets", 0)]))[0].next_offset == 0


def timer(name: str, seconds: int, *, bucket: int = 0, ticket: str = "a") -> TimerRow:
    due_at = NOW + timedelta(seconds=seconds)
    return TimerRow(bucket, ticket, "", SetTimer(name, due_at, ("dispatch",)))


async def test_the_earliest_timers_come_first_and_of_proven_buckets_only(store: Store) -> None:
    rows = [timer(f"n{n}", n, ticket=f"t{n % 2}") for n in range(6)]
    async with store.transaction() as tx:
        await tx.change_timers([*rows, timer("elsewhere", 0, bucket=1)])
    proven = [(0, "dispatch", NOW + timedelta(seconds=4))]
    due = await store.due_timers(proven, [0, 1], 3)
    assert [t.name for t in due] == ["n0", "n1", "n2"]
    assert len(await store.due_timers(proven, [0, 1], 10)) == 5
    assert await store.due_timers([(0, "deadline", NOW + timedelta(days=1))], [0], 10) == []


async def test_the_last_change_of_a_timer_counts(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.change_timers([timer("resolve", 1), timer("resolve", 9)])
        await tx.change_timers([timer("confirm", 5)])
    async with store.transaction() as tx:
        await tx.change_timers([timer("confirm", 2)])
    due = await store.due_timers([(0, "dispatch", NOW + timedelta(days=1))], [0], 10)
    assert [(t.name, t.due_at - NOW) for t in due] == [
        ("confirm", timedelta(seconds=2)),
        ("resolve", timedelta(seconds=9)),
    ]


async def test_a_frontier_never_goes_back(store: Store) -> None:
    row = timer("resolve", 5)
    row.import_id = "old-city"
    async with store.transaction() as tx:
        await tx.change_timers([row])
        await tx.set_frontier(0, "old-city", NOW + timedelta(seconds=5), False)
        await tx.set_frontier(0, "old-city", NOW, False)
        await tx.set_frontier(0, "other-city", NOW + timedelta(days=1), True)
    assert [t.import_id for t in await store.due_timers([], [0], 10)] == ["old-city"]
    assert await store.due_timers([], [1], 10) == []


async def test_a_claim_goes_on_where_the_last_owner_stopped(store: Store) -> None:
    first = await store.claim([("tickets", 1), ("tickets", 0)])
    assert [(r.partition, r.next_offset, r.expected) for r in first] == [(0, 0, {}), (1, 0, {})]
    epoch = first[1].epoch
    async with store.transaction() as tx:
        await tx.advance([Advance("tickets", 1, 0, 12, epoch, NOW, {"desk": 7, "echo": 2})])
    (again,) = await store.claim([("tickets", 1)])
    assert (again.next_offset, again.read_until) == (12, NOW)
    assert again.epoch > epoch
    assert first[0].read_until.year == 1
    assert again.expected == await store.expected("tickets", 1) == {"desk": 7, "echo": 2}
    assert await store.expected("tickets", 3) == {}


async def test_the_partitions_that_had_an_owner_are_counted(store: Store) -> None:
    await store.claim([("submissions", 0), ("submissions", 4), ("tickets", 0)])
    await store.claim([("submissions", 4)])
    assert await store.claimed(["submissions", "tickets", "nobody's"]) == {
        "submissions": 2,
        "tickets": 1,
    }
    assert await store.claimed([]) == {}


async def test_several_partitions_advance_together_or_not_at_all(store: Store) -> None:
    await store.claim([("tickets", 0), ("tickets", 1)])
    await store.claim([("tickets", 1)])
    with pytest.raises(Exception, match="tickets"):
        async with store.transaction() as tx:
            await tx.advance(
                [
                    Advance("tickets", 0, 0, 5, 1, NOW, {}),
                    Advance("tickets", 1, 0, 5, 1, NOW, {}),
                ]
            )
    assert [r.next_offset for r in await store.claim([("tickets", 0), ("tickets", 1)])] == [0, 0]


async def test_a_former_owner_says_nothing_of_how_far_it_read(store: Store) -> None:
    await store.claim([("tickets", 0)])
    await store.claim([("tickets", 0)])
    await store.read_until([("tickets", 0, 1, NOW)])
    (closed,) = await store.close_buckets([0], ["tickets"], [], 0.0)
    assert closed.closed_until.year == 1


async def test_what_closes_a_bucket_never_goes_back(store: Store) -> None:
    (first,) = await store.close_buckets([0], [], [], 0.0)
    (again,) = await store.close_buckets([0], [], [], 3_600.0)
    assert again.closed_until == first.closed_until


async def test_answers_that_were_not_sent_are_found_oldest_first(store: Store) -> None:
    for n in range(3):
        command = CommandKey("dpr", f"c{n}", b"h", 200, b"{}", "hotline.replies.dpr.v1", 1, True)
        await store.append([Append(0, f"t{n}", 0, [fact()], commands=[command])])
    async with asyncio.timeout(10):
        while len(await store.unsent_replies(10)) < 3:  # not while they may be on their way
            await asyncio.sleep(0.1)
    rows = await store.unsent_replies(2)
    assert [(sender, key, topic) for sender, key, topic, _ in rows] == [
        ("dpr", "c0", "hotline.replies.dpr.v1"),
        ("dpr", "c1", "hotline.replies.dpr.v1"),
    ]
    assert (rows[1][3].ticket, rows[1][3].version, rows[1][3].position) == ("t1", 1, 2)
    await store.replies_sent([("dpr", "c0"), ("dpr", "c2")])
    assert [key for _, key, _, _ in await store.unsent_replies(10)] == ["c1"]
