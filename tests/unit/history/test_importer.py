"""An import that cannot go on says why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from hotline.history.importer import City, Importer, ImportStalled, ImportTaken, plan
from hotline.history.nyc import Row, read_rows
from hotline.intake.v1.events_pb2 import TicketReceived
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import TICKETS


class Log:
    """On which these records come, and then nothing."""

    def __init__(self, *facts: Fact) -> None:
        self._records = [
            MemoryRecord(TICKETS, f.bucket, n, 0, sent.key, sent.value, sent.headers)
            for n, (f, sent) in enumerate((f, to_record(f, TICKETS)) for f in facts)
        ]

    async def ends(self) -> None: ...

    async def stop(self) -> None: ...

    async def fetch(self, limit: int, timeout_s: float) -> list[MemoryRecord]:
        for _ in range(20):
            await asyncio.sleep(0)
        found, self._records = self._records[:limit], self._records[limit:]
        return found


class OneReader:
    """Brokers with this log alone."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def reader(self, places: Any, *, from_end: bool) -> Log:
        return self._log


def received(row: Row, import_id: str = "old") -> Fact:
    """As the relay of intake sends it, of another importer."""
    body = TicketReceived(external_id=row.key).SerializeToString()
    return Fact(
        "intake", 3, 1, "20110316-0000001-1", 1, TicketReceived.DESCRIPTOR.full_name, body,
        row.created_at, row.created_at, "acceptance", by="other-desk", import_id=import_id,
    )  # fmt: skip


def importer(log: Log, rows: int = 1) -> Importer:
    nobody: Any = None
    bus: Any = OneReader(log)
    city = City(bus, nobody, "http://nowhere.invalid", "token", "", 24, "old")
    return Importer(city, plan(read_rows()[:rows], datetime.now(UTC)), lambda progress: None)


async def test_a_matter_that_intake_refuses_ends_the_import_with_its_reason() -> None:
    refuses = httpx.MockTransport(lambda request: httpx.Response(422, text="no such category"))
    log: Any = Log()
    async with httpx.AsyncClient(transport=refuses, base_url="http://intake") as http:
        with pytest.raises(ImportStalled, match="422 no such category"):
            await importer(log)._journeys(log, http)


async def test_a_second_importer_of_the_same_import_is_told_at_once_who_is_importing() -> None:
    [row] = read_rows()[:1]
    with pytest.raises(ImportTaken) as caught:
        await importer(Log(received(row))).run(datetime.now(UTC))
    assert str(caught.value) == (
        "other-desk is importing under the name 'old' now, at ticket 20110316-0000001-1: "
        "wait until that has ended, or import under another name"
    )


async def test_another_import_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.history.importer.LISTEN_S", 0.01)
    [row] = read_rows()[:1]
    log: Any = Log(received(row, "another"))
    await importer(log)._require_alone(log)


async def test_one_that_begins_beside_another_ends_at_the_first_row_that_is_not_its_own() -> None:
    _, later = read_rows()[:2]
    answers = httpx.MockTransport(lambda request: httpx.Response(201))
    log: Any = Log(received(later))
    async with httpx.AsyncClient(transport=answers, base_url="http://intake") as http:
        with pytest.raises(ImportTaken, match="other-desk"):
            await importer(log)._journeys(log, http)


async def test_one_that_was_broken_off_says_that_it_needs_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hotline.history.importer.STALL_S", 0.05)
    answers = httpx.MockTransport(lambda request: httpx.Response(201))
    log: Any = Log()
    async with httpx.AsyncClient(transport=answers, base_url="http://intake") as http:
        with pytest.raises(ImportStalled, match="if 'old' was begun before and broken off"):
            await importer(log)._journeys(log, http)
