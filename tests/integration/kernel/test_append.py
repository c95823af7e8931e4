"""The append: whatever happens to a batch or a backend, positions stay dense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.kernel.facts import Append, Appended, Conflict, Fact, Repeated, TooLate
from services.kernel.store import BucketClosed, Store, StoreUnavailable
from services.kernel.store_pg import PostgresStore
from tests.support.appends import append, fact, keyed
from tests.support.stores import postgres_store

BUCKETS = range(4)


async def whole(store: Store, bucket: int) -> list[Fact]:
    return await store.page(bucket, 1, 100_000)


async def test_a_batch_over_many_tickets_and_buckets_is_one_append(store: Store) -> None:
    await store.append([append("old", 0, fact(), bucket=2)])
    outcomes = await store.append(
        [
            append("a", 0, fact("a1"), fact("a2"), bucket=3),
            append("b", 0, fact("b1"), bucket=1),
            append("old", 0, fact("stale"), bucket=2),
            append("c", 0, fact("c1"), bucket=3),
            append("old2", 3, fact("stale"), bucket=1),
            append("d", 0, fact("d1"), bucket=2),
        ]
    )
    placed = [(o.position, o.version) if isinstance(o, Appended) else None for o in outcomes]
    assert placed == [(1, 2), (1, 1), None, (3, 1), None, (2, 1)]
    assert [f.data for f in await whole(store, 3)] == [b"a1", b"a2", b"c1"]
    assert await store.next_positions(BUCKETS) == {0: 1, 1: 2, 2: 3, 3: 4}


async def test_an_append_behind_the_stream_or_ahead_of_it_is_a_conflict(store: Store) -> None:
    await store.append([append("a", 0, fact(), fact())])
    for expected in (0, 1, 3):
        (outcome,) = await store.append([append("a", expected, fact())])
        assert isinstance(outcome, Conflict), expected
    assert len(await whole(store, 0)) == 2


async def test_too_late_spoils_nobody_else(store: Store) -> None:
    (closed,) = await store.close_buckets([0], [], [], 0.0)
    until = closed.closed_until
    outcomes = await store.append(
        [
            Append(0, "late", 0, [fact(time=until)], live_from=until),
            Append(0, "timer", 0, [fact(time=until - timedelta(days=9))]),
            Append(0, "after", 0, [fact()], live_from=until + timedelta(microseconds=1)),
            Append(1, "other", 0, [fact(time=until)], live_from=until),
        ]
    )
    assert [type(o) for o in outcomes] == [TooLate, Appended, Appended, Appended]
    assert [f.ticket for f in await whole(store, 0)] == ["timer", "after"]


@pytest.mark.parametrize("bucket", [0, 3])
async def test_a_command_id_counts_once_in_whatever_bucket(store: Store, bucket: int) -> None:
    (first,) = await store.append([keyed("a", "k", fact())])
    (again,) = await store.append([keyed("b", "k", fact(), bucket=bucket)])
    assert isinstance(first, Appended)
    assert again == Repeated("web", "k", "a", b"hash-a", 201, b'{"ok":true}', 1, 1)
    assert [f.ticket for b in BUCKETS for f in await whole(store, b)] == ["a"]


async def test_a_command_that_met_a_conflict_may_come_again_under_its_id(store: Store) -> None:
    await store.append([append("a", 0, fact())])
    stale = keyed("a", "k", fact())
    assert isinstance((await store.append([stale]))[0], Conflict)
    assert await store.answers([("web", "k")]) == {}
    stale.expected = 1
    assert isinstance((await store.append([stale]))[0], Appended)
    assert (await store.answers([("web", "k")]))["web", "k"].version == 2


async def test_no_promise_is_ever_broken(store: Store) -> None:
    """Live facts of all ages from many at once, while the buckets are closed again and again."""
    seed, promises = Random(7), list[BucketClosed]()
    refused = appended = 0

    async def appends(name: str) -> None:
        nonlocal refused, appended
        for n in range(40):
            time = await store.database_clock() - timedelta(milliseconds=seed.uniform(0, 30))
            one = Append(n % 2, f"{name}-{n}", 0, [fact(time=time)], live_from=time)
            (outcome,) = await store.append([one])
            refused += isinstance(outcome, TooLate)
            appended += isinstance(outcome, Appended)

    async def closes() -> None:
        for _ in range(40):
            promises.extend(await store.close_buckets([0, 1], [], [], seed.uniform(0, 0.02)))
            await asyncio.sleep(0.002)

    await asyncio.gather(closes(), *(appends(f"t{n}") for n in range(4)))
    facts = {b: await whole(store, b) for b in (0, 1)}
    for p in promises:
        broken = [
            f for f in facts[p.bucket] if f.time <= p.closed_until and f.position >= p.position
        ]
        assert broken == []
    assert refused > 0
    assert appended > 0


async def test_what_others_write_beside_an_open_transaction_is_kept(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.append([append("a", 0, fact())])
        appending = asyncio.create_task(store.append([append("b", 0, fact(), bucket=1)]))
        claiming = asyncio.create_task(store.claim([("tickets", 0)]))
        await asyncio.sleep(0.05)
    await appending
    assert await store.next_positions(BUCKETS) == {0: 2, 1: 2, 2: 1, 3: 1}
    (earlier,) = await claiming
    assert (await store.claim([("tickets", 0)]))[0].epoch > earlier.epoch


# On the real store alone: isolation, locks and what is left of a killed backend


@asynccontextmanager
async def real(stack: StackInfo, namespace: str) -> AsyncIterator[PostgresStore]:
    async with postgres_store(stack, namespace) as store:
        assert isinstance(store, PostgresStore)
        yield store


async def test_an_append_needs_read_committed(stack: StackInfo, namespace: str) -> None:
    async with real(stack, namespace) as store, store.pool.acquire() as connection:
        async with connection.transaction():
            assert isinstance(
                (await store.append_on(connection, [append("a", 0, fact())]))[0], Appended
            )
        with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
            async with connection.transaction(isolation="repeatable_read"):
                await store.append_on(connection, [append("b", 0, fact())])
        assert [f.ticket for f in await whole(store, 0)] == ["a"]


async def test_a_live_fact_ahead_of_the_database_clock_waits(
    stack: StackInfo, namespace: str
) -> None:
    async with real(stack, namespace) as store:
        ahead = await store.database_clock() + timedelta(milliseconds=80)
        (outcome,) = await store.append([Append(0, "a", 0, [fact(time=ahead)], live_from=ahead)])
        assert isinstance(outcome, Appended)
        assert outcome.recorded_at >= ahead
        far = datetime.now(UTC) + timedelta(minutes=1)
        with pytest.raises(StoreUnavailable, match="ahead of the database clock"):
            await store.append([Append(0, "b", 0, [fact(time=far)], live_from=far)])


async def test_a_paused_writer_lets_go_of_its_buckets(stack: StackInfo, namespace: str) -> None:
    async with real(stack, namespace) as store:

        async def paused() -> None:
            async with store.transaction() as tx:
                await tx.append([append("paused", 0, fact())])
                held.set()
                await asyncio.sleep(1.3)
                await tx.append([append("paused", 1, fact())])

        held = asyncio.Event()
        sleeper = asyncio.create_task(paused())
        await held.wait()
        outcome: Any = None
        while outcome is None:
            try:
                (outcome,) = await store.append([append("quick", 0, fact())])
            except StoreUnavailable:
                continue
        assert isinstance(outcome, Appended)
        with pytest.raises(StoreUnavailable):
            await sleeper
        assert [f.ticket for f in await whole(store, 0)] == ["quick"]


async def test_a_command_id_used_at_this_moment_elsewhere_is_no_defect_of_the_record(
    stack: StackInfo, namespace: str
) -> None:
    async with real(stack, namespace) as store:
        used, committed = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with store.transaction() as tx:
                await tx.append([keyed("a", "k", fact())])
                used.set()
                await asyncio.sleep(0.1)
            committed.set()

        async def second() -> list[Any]:
            async with store.transaction() as tx:
                return list(await tx.append([keyed("b", "k", fact(), bucket=1)]))

        beside = asyncio.create_task(first())
        await used.wait()
        with pytest.raises(StoreUnavailable):
            await second()
        await committed.wait()
        (again,) = await second()
        await beside
        assert isinstance(again, Repeated)


class Writers:
    """Sixteen at once over the same buckets, with stale versions, rollbacks and lost backends."""

    def __init__(self, store: PostgresStore) -> None:
        self.store, self.seed = store, Random(3)
        self.acknowledged: list[str] = []
        self.conflicts = self.rollbacks = self.lost = 0

    async def write(self, number: int) -> None:
        for n in range(40):
            stream = f"w{number}-{n}"
            batch = [append(f"{stream}-{b}", 0, fact(stream), bucket=b) for b in self._buckets()]
            hot = append("hot", self.seed.randrange(3), fact("hot"), bucket=0)
            try:
                outcomes = await self._append([*batch, hot], roll_back=self.seed.random() < 0.1)
            except StoreUnavailable:
                self.lost += 1
            except ZeroDivisionError:
                self.rollbacks += 1
            else:
                assert all(isinstance(o, Appended) for o in outcomes[:-1])
                self.conflicts += isinstance(outcomes[-1], Conflict)
                self.acknowledged += [a.stream for a in batch]

    def _buckets(self) -> list[int]:
        return self.seed.sample(BUCKETS, self.seed.randint(1, 4))

    async def _append(self, batch: Sequence[Append], *, roll_back: bool) -> list[Any]:
        if not roll_back and self.seed.random() < 0.5:
            return list(await self.store.append(batch))
        async with self.store.transaction() as tx:
            outcomes = await tx.append(batch)
            if roll_back:
                raise ZeroDivisionError
        return list(outcomes)

    async def kill(self, dsn: str) -> None:
        """Ends some backend of the writers every few milliseconds."""
        connection = await asyncpg.connect(dsn, timeout=5.0)
        try:
            while True:
                await asyncio.sleep(0.05)
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = $1 and state <> 'idle' limit 1",
                    self.store.schema,
                )
        finally:
            await connection.close()


async def tail(store: Store, seen: dict[int, list[Fact]]) -> None:
    """A reader that never looks back."""
    while True:
        for bucket in BUCKETS:
            try:
                seen[bucket] += await store.page(bucket, len(seen[bucket]) + 1, 500)
            except StoreUnavailable:
                continue
        await asyncio.sleep(0.001)


async def test_sixteen_writers_and_killed_backends_leave_no_gap(
    stack: StackInfo, namespace: str
) -> None:
    async with real(stack, namespace) as store:
        writers, seen = Writers(store), {b: list[Fact]() for b in BUCKETS}
        beside = [asyncio.create_task(c) for c in (writers.kill(stack.dsn), tail(store, seen))]
        await asyncio.gather(*(writers.write(n) for n in range(16)))
        beside[0].cancel()
        await asyncio.gather(beside[0], return_exceptions=True)
        facts = {b: await whole(store, b) for b in BUCKETS}
        while sum(map(len, seen.values())) < sum(map(len, facts.values())):
            await asyncio.sleep(0.01)
        beside[1].cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    for bucket, found in facts.items():
        assert [f.position for f in found] == list(range(1, len(found) + 1))
        assert seen[bucket] == found
    assert set(writers.acknowledged) <= {f.ticket for found in facts.values() for f in found}
    assert min(writers.conflicts, writers.rollbacks, writers.lost) > 0
