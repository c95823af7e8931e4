"""The ledger against the topic: dense, equal, complete. It reads in pages and changes nothing.

The ends of the topic are read first, those of the ledger after: the ledger may be ahead, never
behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson
from google.protobuf import descriptor_pool

from services.kernel.bus import Bus, Headers, Record
from services.kernel.cloudevents import INCARNATION, OPTIONAL, fixed_headers
from services.kernel.codec import stage_in
from services.kernel.names import TICKETS, murmur2, topic_of
from services.kernel.reading_pg import PAGE, LedgerReader, Row

POLL = 1_000  # stays in the processor's cache: of 20,000 each record costs half as much again
LATE_S = 10.0
MOST_FINDINGS = 5
_OPTIONAL = {key: name for name, key in OPTIONAL}

Run = list[tuple[int, Record]]


@dataclass(slots=True)
class BucketReport:
    """One bucket of one service's log. `waiting`: committed, not yet on the topic."""

    service: str
    bucket: int
    log: str = "tickets"
    ledger: int = 0
    topic: int = 0
    repeats: int = 0
    waiting: int = 0
    wrong: int = 0
    findings: list[str] = field(default_factory=list)

    def found(self, what: str) -> None:
        """The first few are kept in words, all are counted."""
        self.wrong += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(what)


class _Checked:
    """One bucket while the topic is read."""

    __slots__ = ("disowned", "expected", "highest", "incarnation", "report", "versions")

    def __init__(self, service: str, bucket: int) -> None:
        self.report = BucketReport(service, bucket)
        self.expected, self.highest = 1, 0
        self.versions: dict[bytes, int] = {}
        self.incarnation = 1
        self.disowned: set[tuple[int, int]] = set()


class Verifier:
    """Compares the ledgers of some services with the tickets topic of their city, bucket by bucket.

    `progress` is told how many records were read and how many there are; `only` the buckets to
    look at, so that several processes can share the work.
    """

    def __init__(
        self,
        ledgers: Sequence[LedgerReader],
        bus: Bus,
        namespace: str,
        buckets: int,
        progress: Callable[[int, int], None] = lambda done, total: None,
        only: Sequence[int] | None = None,
    ) -> None:
        self._ledgers, self._bus = ledgers, bus
        self._topic, self._buckets = topic_of(namespace, TICKETS), buckets
        self._progress = progress
        self._only = list(range(buckets)) if only is None else list(only)
        self._checked = {
            (ledger.service, b): _Checked(ledger.service, b)
            for ledger in ledgers
            for b in self._only
        }
        self._sources = {ledger.service.encode(): ledger.service for ledger in ledgers}
        self.read = 0

    async def run(self) -> list[BucketReport]:
        """Raises BusUnavailable, LogHole, StoreUnavailable."""
        for ledger in self._ledgers:
            disowned = await ledger.disowned()
            for bucket in self._only:
                self._checked[ledger.service, bucket].disowned = disowned
        places = [(self._topic, b) for b in self._only]
        reader = await self._bus.reader(places, from_end=False)
        try:
            ends = {p: end for (_, p), end in (await reader.ends()).items()}
            reached = dict.fromkeys(ends, 0)
            while any(reached[p] < end for p, end in ends.items()):
                await self._compare(await reader.fetch(POLL, 1.0), ends, reached)
                self._progress(self.read, sum(ends.values()))
        finally:
            await reader.stop()
        await asyncio.gather(*map(self._end, self._ledgers))
        return [checked.report for _, checked in sorted(self._checked.items())]

    async def _compare(
        self, records: Sequence[Record], ends: Mapping[int, int], reached: dict[int, int]
    ) -> None:
        runs: dict[str, dict[int, Run]] = {service: {} for service in self._sources.values()}
        for record in records:
            partition = record.partition
            if record.offset >= ends[partition]:
                continue
            reached[partition] = record.offset + 1
            self.read += 1
            source, position = place_of(record.headers)
            service = self._sources.get(source)
            if service is None:
                continue
            if position.isdigit():
                runs[service].setdefault(partition, []).append((int(position), record))
            else:
                report = self._checked[service, partition].report
                report.found(f"offset {record.offset}: it has no position")
        await asyncio.gather(*(self._of(ledger, runs[ledger.service]) for ledger in self._ledgers))

    async def _of(self, ledger: LedgerReader, runs: Mapping[int, Run]) -> None:
        for bucket, run in runs.items():
            checked = self._checked[ledger.service, bucket]
            first, last = min(p for p, _ in run), max(p for p, _ in run)
            rows = {row[0]: row for row in await ledger.range(bucket, first, last)}
            for position, record in run:
                self._one(checked, rows.get(position), position, record)

    def _one(self, checked: _Checked, row: Row | None, position: int, record: Record) -> None:
        """A record in topic order: what consumers would do with it, and whether it is the fact."""
        report = checked.report
        if (
            position == checked.expected
            and checked.incarnation == 1
            and row is not None
            and record.headers == _headers(row, report.service)
            and record.value == row[4]
            and record.key == row[1]
        ):  # nearly all of them
            checked.highest = max(checked.highest, position)
            checked.expected = position + 1
            self._in_stream(checked, row[1], row[2], position)
            return
        if position > checked.highest:
            checked.highest = position
        if position > checked.expected or not self._is_current(checked, record):
            return  # nobody applies it: it comes again, or its sender has not heard of a fork
        if row is None:
            report.found(f"position {position} is on the topic and not in the ledger")
        elif position < checked.expected and (report.bucket, position) in checked.disowned:
            pass  # it gave way to the one before
        elif wrong := difference(row, report.service, record):
            report.found(f"position {position}: {wrong} (offset {record.offset})")
        if position != checked.expected:
            report.repeats += position < checked.expected
            return
        checked.expected = position + 1
        if row is not None:
            self._in_stream(checked, row[1], row[2], position)
        elif record.key:  # what is missing is named already
            checked.versions[record.key] = checked.versions.get(record.key, 0) + 1

    @staticmethod
    def _is_current(checked: _Checked, record: Record) -> bool:
        said = record.headers[-1] if record.headers else ("", b"")
        incarnation = int(said[1]) if said[0] == INCARNATION and said[1].isdigit() else 1
        if incarnation < checked.incarnation:
            return False
        checked.incarnation = incarnation
        return True

    def _in_stream(self, checked: _Checked, stream: bytes, version: int, position: int) -> None:
        before = checked.versions.get(stream, 0)
        checked.versions[stream] = version
        bucket = checked.report.bucket
        if version != before + 1:
            checked.report.found(
                f"position {position}: version {version} of {stream.decode()} follows {before}"
            )
        if not before and (murmur2(stream) & 0x7FFFFFFF) % self._buckets != bucket:
            checked.report.found(
                f"position {position}: {stream.decode()} belongs to another bucket"
            )

    async def _end(self, ledger: LedgerReader) -> None:
        ends = await ledger.ends()
        for bucket in self._only:
            upcoming, last = ends[bucket]
            checked = self._checked[ledger.service, bucket]
            report, topic = checked.report, checked.expected - 1
            report.ledger, report.topic = last, topic
            if upcoming != last + 1:
                report.found(f"the next position is {upcoming}, the last fact stands at {last}")
            if checked.highest > topic:
                report.found(f"position {topic + 1} is missing on the topic, later ones are there")
            await self._unsent(ledger, checked, last)

    async def _unsent(self, ledger: LedgerReader, checked: _Checked, last: int) -> None:
        """The rest of the ledger, page by page: it has to be dense too."""
        report, after = checked.report, checked.expected - 1
        while after < last:
            count, upto, waiting_s = await ledger.unsent(report.bucket, after, PAGE)
            if count != upto - after:
                report.found(f"between positions {after} and {upto} a fact is missing")
            if waiting_s > LATE_S and not report.waiting:
                report.found(f"position {after + 1} has waited for the relay for {waiting_s:.0f} s")
            report.waiting += count
            after = max(upto, after + 1)


def place_of(headers: Headers) -> tuple[bytes, bytes]:
    """Source and position; where the relay puts them, that is cheaper than a dictionary."""
    if len(headers) > 8 and headers[2][0] == "ce_source" and headers[8][0] == "ce_position":
        return headers[2][1], headers[8][1]
    found = dict(headers)
    return found.get("ce_source") or b"", found.get("ce_position") or b""


def difference(row: Row, source: str, record: Record) -> str:
    """What is not as the relay would have sent it; empty where every byte is."""
    if record.value != row[4]:
        return "the body differs"
    if record.key != row[1]:
        return f"the key is {record.key!r:.60}, not {row[1]!r:.60}"
    wanted, headers = _headers(row, source), tuple(record.headers)
    if headers and headers[-1][0] == INCARNATION:
        headers = headers[:-1]
    if headers == wanted:
        return ""
    return _first_difference(dict(headers), dict(wanted))


def _headers(row: Row, source: str) -> tuple[tuple[str, bytes], ...]:
    """As the relay sends the row."""
    _, ticket, _, type_name, _, metadata, event_id, time, position, version, recorded = row
    return (
        *_fixed(source, type_name),
        ("ce_id", event_id),
        ("ce_subject", ticket),
        ("ce_time", time),
        ("ce_position", position),
        ("ce_streamversion", version),
        ("ce_recordedtime", recorded),
        *[(_OPTIONAL[key], value.encode()) for key, value in orjson.loads(metadata).items()],
    )


@lru_cache(maxsize=1024)
def _fixed(source: str, type_name: str) -> Sequence[tuple[str, bytes]]:
    return fixed_headers(source, type_name, stage_named(type_name))


def _first_difference(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> str:
    for name in {**wanted, **found}:
        if found.get(name) != wanted.get(name):
            return f"{name} is {found.get(name)!r:.60}, in the ledger {wanted.get(name)!r:.60}"
    return ""


@lru_cache(maxsize=1024)
def stage_named(type_name: str) -> str:
    """The stage of an event type whose messages are loaded; none of any other."""
    try:
        return stage_in(descriptor_pool.Default().FindMessageTypeByName(type_name))
    except KeyError:
        return ""
