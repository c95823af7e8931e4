"""The registry of each service against its topic: dense, equal, complete; it changes nothing.

There is little of it, so one process reads the topic once for all services; what it holds of a
record is a digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from services.kernel.bus import Bus, Headers, Record
from services.kernel.cloudevents import to_record
from services.kernel.names import REGISTRY, topic_of
from services.kernel.reading_pg import LedgerReader
from services.kernel.registry import Entry
from services.kernel.registry_log import to_registry_fact
from services.kernel.scanning import scan
from services.kernel.verify import LATE_S, BucketReport, place_of

PAGE = 200


class RegistryVerifier:
    """Compares the registries of some services with the registry topic of their city."""

    def __init__(self, ledgers: Sequence[LedgerReader], bus: Bus, namespace: str) -> None:
        self._ledgers, self._bus = ledgers, bus
        self._topic = topic_of(namespace, REGISTRY)
        self._sent: dict[str, dict[int, bytes]] = {ledger.service: {} for ledger in ledgers}
        self._reports = {
            ledger.service: BucketReport(ledger.service, 0, "registry") for ledger in ledgers
        }
        self._ahead: dict[str, int] = {}
        self.read = 0

    async def run(self) -> list[BucketReport]:
        """Raises BusUnavailable, LogHole, StoreUnavailable."""
        async for records in scan(self._bus, self._topic, {0: 0}):
            for record in records:
                self.read += 1
                self._on_topic(record)
        for ledger in self._ledgers:
            await self._stored(ledger)
        return list(self._reports.values())

    def _on_topic(self, record: Record) -> None:
        """As readers take it: each position once, in order, the first that comes."""
        source, stated = place_of(record.headers)
        service = source.decode(errors="replace")
        report = self._reports.get(service)
        if report is None:
            return
        if not stated.isdigit():
            report.found(f"offset {record.offset}: it has no position")
            return
        position, sent = int(stated), self._sent[service]
        digest = _digest(record.key, record.value, record.headers)
        if position == len(sent) + 1:
            sent[position] = digest
        elif position > len(sent):
            self._ahead[service] = max(self._ahead.get(service, 0), position)
        elif sent.get(position) == digest:
            report.repeats += 1
        else:
            report.found(f"position {position} stands twice on the topic, in different bytes")

    async def _stored(self, ledger: LedgerReader) -> None:
        report, sent = self._reports[ledger.service], self._sent[ledger.service]
        report.topic = len(sent)
        if self._ahead.get(ledger.service, 0) > len(sent):
            report.found(f"position {len(sent) + 1} is missing on the topic, later ones are there")
        missing = set(sent)
        while page := await ledger.registry(report.ledger, PAGE):
            for entry, waiting_s in page:
                if entry.position != report.ledger + 1:
                    report.found(
                        f"between {report.ledger} and {entry.position} an entry is missing"
                    )
                report.ledger = entry.position
                missing.discard(entry.position)
                self._one(report, entry, sent.get(entry.position), waiting_s)
        for position in sorted(missing):
            report.found(f"position {position} is on the topic and not in the registry")

    def _one(
        self, report: BucketReport, entry: Entry, sent: bytes | None, waiting_s: float
    ) -> None:
        what = f"position {entry.position} ({entry.name} version {entry.version})"
        if sent is None:
            report.waiting += 1
            if waiting_s > LATE_S:
                report.found(f"{what} has waited for the relay for {waiting_s:.0f} s")
            return
        wanted = to_record(to_registry_fact(entry, report.service), self._topic)
        if sent != _digest(wanted.key, wanted.value, wanted.headers):
            report.found(f"{what} is not what stands on the topic")


def _digest(key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    return hashlib.sha256(repr((key, value, list(headers))).encode()).digest()
