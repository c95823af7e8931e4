"""Reads parts of the log without a group: from given offsets to the ends of now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from services.kernel.bus import Bus, Place, Record
from services.kernel.cloudevents import attributes

POLL = 5_000


async def scan(bus: Bus, topic: str, begin: Mapping[int, int]) -> AsyncIterator[Sequence[Record]]:
    """The records of the partitions from these offsets on, as they come. Raises BusUnavailable,
    LogHole where an offset lies outside the log."""
    if not begin:
        return
    reader = await bus.reader([(topic, p) for p in begin], from_end=False)
    try:
        ends = {p: end for (_, p), end in (await reader.ends()).items()}
        left = {p: end for p, end in ends.items() if end > begin[p]}
        for partition, offset in begin.items():
            reader.seek((topic, partition), min(offset, ends[partition]))
        while left:
            found = [r for r in await reader.fetch(POLL, 1.0) if r.offset < ends[r.partition]]
            for record in found:
                if record.offset + 1 >= ends[record.partition]:
                    left.pop(record.partition, None)
            if found:
                yield found
    finally:
        await reader.stop()


async def find_offsets(
    bus: Bus, topic: str, events: Mapping[int, str], begin: Mapping[int, int]
) -> dict[int, int]:
    """Where in its partition each event (`source/ticket/version`) first stands, from `begin` on."""
    wanted = {p: event.encode() for p, event in events.items()}
    found: dict[int, int] = {}
    async for records in scan(bus, topic, {p: begin.get(p, 0) for p in wanted}):
        for record in records:
            if record.partition not in found:
                headers = dict(record.headers)
                name = b"%b/%b" % (headers.get("ce_source") or b"", headers.get("ce_id") or b"")
                if name == wanted[record.partition]:
                    found[record.partition] = record.offset
    return found


async def last_command(
    bus: Bus, topic: str, ids: Collection[str], begin: Mapping[int, int]
) -> dict[int, int]:
    """Behind the last of these commands (`sender/id`), per partition where there is any."""
    wanted = {name.encode() for name in ids}
    everywhere = {p: begin.get(p, 0) for p in range(await bus.partitions(topic))}
    starts = await within(bus, topic, everywhere)
    found: dict[int, int] = {}
    async for records in scan(bus, topic, starts):
        for record in records:
            headers = attributes(record.headers)
            name = b"%b/%b" % (headers.get("ce_source", b""), headers.get("ce_id", b""))
            if name in wanted:
                found[record.partition] = record.offset + 1
    return found


async def within(bus: Bus, topic: str, offsets: Mapping[int, int]) -> dict[int, int]:
    """The offsets, or where the log begins by now."""
    if not offsets:
        return {}
    reader = await bus.reader([(topic, p) for p in offsets], from_end=False)
    try:
        starts = await reader.starts()
        return {p: max(at, starts[topic, p]) for p, at in offsets.items()}
    finally:
        await reader.stop()


async def one_record(bus: Bus, place: Place, offset: int) -> Record | None:
    """The record at an offset; None where the log does not hold it any more."""
    topic, partition = place
    if (await within(bus, topic, {partition: offset}))[partition] != offset:
        return None
    async for records in scan(bus, topic, {partition: offset}):
        return next((r for r in records if r.offset == offset), None)
    return None


async def ends_of(bus: Bus, topic: str, partitions: Collection[int]) -> dict[int, int]:
    """The offsets that the next records will have."""
    if not partitions:
        return {}
    reader = await bus.reader([(topic, p) for p in partitions], from_end=False)
    try:
        return {p: end for (_, p), end in (await reader.ends()).items()}
    finally:
        await reader.stop()
