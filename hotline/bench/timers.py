"""Deadlines fired per second through the store, the first after a restart, lateness, due dates.

Every clock is a fact in the ledger and a row of the timer view. Firing one loads its state,
decides, and in one transaction appends the miss under the owner's epoch and clears its timer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from hotline.bench import lateness, restarted
from hotline.bench.figures import medians, noise_percent
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.started import AT_ONCE, Starter
from hotline.bench.usage import GENERATOR, spent, usage
from hotline.cli.migrate import migrations
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load
from services.deadline.adapters.replanner import Replanner
from services.deadline.domain.due import due_at
from services.deadline.domain.lengths import WorkingDays
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.clock import DatabaseClock
from services.kernel.gather import all_of
from services.kernel.inbox import Inbox
from services.kernel.measure import Meter
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.process import settle_collector
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store_pg import PostgresStore
from services.kernel.timers import LANES, Timers
from services.kernel.watermarks import Proof

PER_SECOND, OPEN_PER_DUE = 4_000, 4
DUE_DATES = 50_000
_LONG_AGO = datetime(2026, 3, 9, 10, tzinfo=UTC)
_NEVER = datetime(2099, 1, 1, tzinfo=UTC)


class Silence(Proof):
    """Every source is proven silent until a second ago: the bench has no others."""

    def all_until(self, sources: Iterable[str], bucket: int, expected: dict[str, int]) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=1)


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Timers fired per second, CPU µs each, and what the arithmetic alone does in one process."""
    async with site(say, only=()) as place:
        await migrate(place.info.dsn, "deadline", NAMESPACE, migrations("deadline"), BUCKETS)
        pool = await connect(place.info.dsn, schema_of(NAMESPACE, "deadline"))
        try:
            store = PostgresStore(pool, "deadline", NAMESPACE)
            bench = _Bench(place, store)
            await bench.claim()
            settle_collector()  # as the service's own process does
            rounds = [await bench.round(n, options.seconds, say) for n in range(options.rounds)]
            more: dict[str, Any] = {}
            if options.replan:
                more |= await bench.replan(options.replan, say)
        finally:
            await pool.close()
    async with lateness.live(say) as (place, store, bus):
        late = await lateness.measure(store, bus, options, say)
        if options.opened:
            more |= await restarted.measure(place, store, options, say)
    noise = noise_percent([r["fired_per_s"] for r in rounds])
    figures = {"noise_percent": noise, "due_dates_per_s": due_dates_per_s(), "lateness": late}
    return {**medians(rounds), **figures, **more}


def due_dates_per_s() -> float:
    """Five working days from any hour of a year, one after the other, in this process."""
    _, calendar = load(CITY)
    starts = [_LONG_AGO + timedelta(hours=n % 8_760) for n in range(DUE_DATES)]
    length, began = WorkingDays(5), time.process_time()
    for start in starts:
        due_at(length, start, calendar)
    return round(DUE_DATES / (time.process_time() - began), 1)


class _Bench:
    def __init__(self, place: Site, store: PostgresStore) -> None:
        policy, calendar = load(CITY)
        self._place, self._store, self._starter = place, store, Starter(store)
        self._policy, self._calendar = policy, calendar
        self._codec = PolicyCodec(policy)
        self._service: Service = service(always(policy, calendar), self._codec)
        self._clock = DatabaseClock(store.database_clock)
        self._inbox = Inbox(topic_of(NAMESPACE, TICKETS), lambda _source, _type: True)

    async def claim(self) -> None:
        await self._clock.follow()
        places = [(self._inbox.tickets, bucket) for bucket in range(BUCKETS)]
        self._inbox.own(await self._store.claim(places))

    async def round(self, number: int, seconds: float, say: Say) -> dict[str, float]:
        due = int(PER_SECOND * seconds)
        say(f"starting {due} clocks that are due and {due * OPEN_PER_DUE} that are not")
        await self._start(f"{number}-due", due, _LONG_AGO + timedelta(hours=2))
        await self._start(f"{number}-open", due * OPEN_PER_DUE, _NEVER)
        began = time.perf_counter()
        timers = self._timers()  # as after a restart: nothing is in memory
        first = await timers.tick()
        first_took = time.perf_counter() - began
        before, began = usage(self._place.pids), time.perf_counter()
        proven = await timers.proven()
        lanes = [timers.drain(lane, proven) for lane in range(LANES)]
        fired = sum(await all_of(lanes))
        took, cpu = time.perf_counter() - began, spent(before, usage(self._place.pids))
        assert first + fired == due, f"{first + fired} of {due} fired"
        return {
            "fired_per_s": fired / took,
            "cpu_us_per_timer": 1e6 * sum(cpu.values()) / fired,
            "own_us_per_timer": 1e6 * cpu[GENERATOR] / fired,
            "first_fire_ms": 1000 * first_took,
        }

    async def replan(self, count: int, say: Say) -> dict[str, float]:
        """A notice takes a day away from every one of these clocks."""
        say(f"starting {count} clocks to plan again")
        now = self._clock.now()
        due = due_at(WorkingDays(5), now, self._calendar)
        assert due is not None
        tickets = await self._start("moving", count, due + timedelta(days=1), "resolve", now)
        states = States(self._service, self._store, BUCKETS)
        work = Replanner(self._service, self._store, states, BUCKETS, "bench")
        before, began, moved = usage(self._place.pids), time.perf_counter(), 0
        for begin in range(0, count, AT_ONCE):
            found, _ = await work.replan(tickets[begin : begin + AT_ONCE], self._clock.now)
            moved += len(found)
        took, cpu = time.perf_counter() - began, spent(before, usage(self._place.pids))
        assert moved == count, f"{moved} of {count} moved"
        micros = 1e6 * sum(cpu.values()) / count
        return {"replanned": count, "replan_s": took, "cpu_us_per_replan": micros}

    def _timers(self) -> Timers:
        states = States(self._service, self._store, BUCKETS)
        here = self._service, self._store, self._clock
        meter = Meter(CollectorRegistry())
        return Timers(*here, states, self._inbox, Silence(), meter, lambda _written: None)

    async def _start(
        self,
        prefix: str,
        count: int,
        due: datetime,
        clock: str = "confirm",
        started_at: datetime = _LONG_AGO,
    ) -> list[str]:
        return await self._starter.start_each(prefix, [due] * count, clock, started_at)
