"""How late deadlines fire: the service itself, clocks that become due at a steady rate.

Deadline runs as it always does; dispatch, whose facts could end these clocks, is played by its
promises. A miss may be recorded once the last of the watermarks that prove it can be read, which
is when the broker appended it. Lateness is what passes from there to the miss in the ledger.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.bench.figures import quantiles_ms
from hotline.bench.site import BUCKETS, NAMESPACE, Options, Say, Site, site
from hotline.bench.started import Starter
from hotline.kernel.v1.watermark_pb2 import Watermark
from services.kernel.bus import Outgoing, Record
from services.kernel.bus_kafka import KafkaBus
from services.kernel.codec import put_datetime, to_datetime
from services.kernel.names import WATERMARKS, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.store_pg import PostgresStore
from services.kernel.watermarks import GRACE_S, TICK_S

DUE_PER_S = 500
CLOCK, OWN = "confirm", "deadline"
LEAD_S, WAIT_S = 10.0, 30.0
# Every miss of the ledger: where, when it was due, when it was recorded.
MISSES = """
select bucket, time, recorded_at from {schema}.event
where type = 'hotline.deadline.v1.DeadlineMissed'
"""
Miss = tuple[int, datetime, datetime]  # bucket, due, recorded


class Promises:
    """When each source's promise of a bucket up to an instant could be read."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], list[datetime]] = {}
        self._readable: dict[tuple[str, int], list[datetime]] = {}

    def read(self, record: Record) -> None:
        message = Watermark.FromString(record.value or b"")
        at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        for part in message.buckets:
            key, until = (message.source, part.bucket), to_datetime(part.complete_until)
            known = self._until.setdefault(key, [])
            if not known or until > known[-1]:
                known.append(until)
                self._readable.setdefault(key, []).append(at)

    def proven_at(self, sources: Sequence[str], bucket: int, due: datetime) -> datetime:
        """The first instant at which all of them had promised it. Raises IndexError: never."""
        return max(self._first((source, bucket), due) for source in sources)

    def _first(self, key: tuple[str, int], due: datetime) -> datetime:
        return self._readable[key][bisect_left(self._until[key], due)]


def lateness_s(misses: Sequence[Miss], promises: Promises, sources: Sequence[str]) -> list[float]:
    """Of each miss; it was never recorded before it was proven, but for the clocks' own grain."""
    found = [(recorded - promises.proven_at(sources, b, due)) for b, due, recorded in misses]
    return [max(0.0, late.total_seconds()) for late in found]


@asynccontextmanager
async def live(say: Say) -> AsyncIterator[tuple[Site, PostgresStore, KafkaBus]]:
    """Deadline alone; those whose facts could end its clocks promise silence meanwhile."""
    async with site(say, only=(OWN,)) as place:
        pool = await connect(place.info.dsn, schema_of(NAMESPACE, OWN))
        store = PostgresStore(pool, OWN, NAMESPACE)
        bus = KafkaBus(place.info.bootstrap, "bench", lambda: datetime.now(UTC))
        others = [source for source in Starter(store).sources(CLOCK) if source != OWN]
        playing = asyncio.create_task(_play(bus, others))
        try:
            yield place, store, bus
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
            await bus.close()
            await pool.close()


async def measure(
    store: PostgresStore, bus: KafkaBus, options: Options, say: Say
) -> dict[str, Any]:
    """p50 and p99 in milliseconds, over `options.seconds` of clocks that become due."""
    starter, count = Starter(store), int(DUE_PER_S * options.seconds)
    say(f"starting {count} clocks, {DUE_PER_S} of them due in each second")
    first = datetime.now(UTC) + timedelta(seconds=LEAD_S)
    dues = [first + timedelta(seconds=n / DUE_PER_S) for n in range(count)]
    await starter.start_each("late", dues, CLOCK, datetime.now(UTC))
    misses = await _misses(store, count, dues[-1])
    found = lateness_s(misses, await _promises(bus), starter.sources(CLOCK))
    return {"due_per_s": DUE_PER_S, "fired": len(misses), **quantiles_ms(found)}


async def _play(bus: KafkaBus, sources: Sequence[str]) -> None:
    """The promises of services that say nothing, until cancelled."""
    while True:
        until = datetime.now(UTC) - timedelta(seconds=GRACE_S)
        await bus.publish([_promise(source, until) for source in sources])
        await asyncio.sleep(TICK_S)


def _promise(source: str, until: datetime) -> Outgoing:
    message, key = Watermark(source=source), source.encode()
    for bucket in range(BUCKETS):
        part = message.buckets.add(bucket=bucket, position=1)
        put_datetime(part.complete_until, until)
    headers = [("ce_type", b"hotline.kernel.v1.Watermark"), ("ce_source", key)]
    return Outgoing(topic_of(NAMESPACE, WATERMARKS), 0, key, message.SerializeToString(), headers)


async def _misses(store: PostgresStore, count: int, last: datetime) -> list[Miss]:
    """All of them. Raises TimeoutError."""
    until = last + timedelta(seconds=WAIT_S)
    while True:
        await asyncio.sleep(1.0)
        if datetime.now(UTC) < last + timedelta(seconds=GRACE_S):
            continue
        rows = await store.pool.fetch(MISSES.format(schema=store.schema))
        if len(rows) >= count:
            return [(row["bucket"], row["time"], row["recorded_at"]) for row in rows]
        if datetime.now(UTC) > until:
            raise TimeoutError(f"{len(rows)} of {count} fired")


async def _promises(bus: KafkaBus) -> Promises:
    place = (topic_of(NAMESPACE, WATERMARKS), 0)
    reader, found = await bus.reader([place], from_end=False), Promises()
    try:
        end = (await reader.ends())[place]
        offset = 0
        while offset < end:
            for record in await reader.fetch(500, 1.0):
                found.read(record)
                offset = record.offset + 1
        return found
    finally:
        await reader.stop()
