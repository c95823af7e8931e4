"""Imports the history of another system at full speed, in event time.

The importer reads the facts and sends each unit's commands, acting for it with the true dates.
It waits for deadline's answer before it sends what came after, and at the end says how far its
history goes, so that the clocks of what stayed open are settled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from google.protobuf.json_format import MessageToDict

from hotline.client.commands import Import, Signer
from hotline.history.journey import Journey, Step
from hotline.history.nyc import Row
from hotline.history.progress import Progress, count_clock
from hotline.intake.v1.events_pb2 import TicketReceived
from services.kernel.bus import Bus, Outgoing, Reader
from services.kernel.cloudevents import attributes, to_fact
from services.kernel.codec import rfc3339
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, topic_of

IN_FLIGHT = 300
STALL_S = 60.0
LISTEN_S = 1.0


class ImportStalled(Exception):
    """Facts that must follow did not come; the text says which tickets wait."""


class ImportTaken(ImportStalled):
    """Another importer brings in the same import; the text says who, and what to do."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(
            f"{fact.by or 'somebody'} is importing under the name {fact.import_id!r} now, at "
            f"ticket {fact.ticket}: wait until that has ended, or import under another name"
        )


@dataclass(frozen=True, slots=True)
class City:
    """Where the importer works and as whom."""

    bus: Bus
    signer: Signer
    intake_url: str
    token: str
    namespace: str
    buckets: int
    import_id: str


class Importer:
    """Every second journey comes in by Kafka, the others by HTTP."""

    def __init__(
        self, city: City, journeys: Sequence[Journey], tell: Callable[[Progress], None]
    ) -> None:
        self._city, self._tell = city, tell
        self._waiting = list(reversed(journeys))
        self._by_key = {journey.row.key: journey for journey in journeys}
        self._by_ticket: dict[str, Journey] = {}
        self._outbox: list[Outgoing] = []
        self._in_flight: set[str] = set()
        self._posts: set[asyncio.Task[None]] = set()
        self._commands = 0
        self.progress = Progress(total=len(journeys))

    async def run(self, until: datetime) -> Progress:
        """All of it; returns when every clock due by `until` is settled. Raises ImportStalled."""
        topic = topic_of(self._city.namespace, TICKETS)
        places = [(topic, p) for p in range(self._city.buckets)]
        reader = await self._city.bus.reader(places, from_end=True)
        try:
            await reader.ends()
            await self._require_alone(reader)
            async with httpx.AsyncClient(base_url=self._city.intake_url, timeout=30.0) as http:
                await self._journeys(reader, http)
                await self._close(http, until)
                await self._settle(reader, until)
        finally:
            await reader.stop()
        return self.progress

    async def _require_alone(self, reader: Reader) -> None:
        """Two of one name would answer each other's facts. Raises ImportTaken."""
        until = time.monotonic() + LISTEN_S
        while (left_s := until - time.monotonic()) > 0:
            for record in await reader.fetch(1_000, left_s):
                fact = to_fact(record, attributes(record.headers))
                if fact.import_id == self._city.import_id:
                    raise ImportTaken(fact)

    # The journeys

    async def _journeys(self, reader: Reader, http: httpx.AsyncClient) -> None:
        moved = time.monotonic()
        while self._waiting or self._in_flight:
            self._submit(http)
            await self._flush()
            if await self._read(reader):
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_S:
                raise ImportStalled(self._who_waits())
        await asyncio.gather(*self._posts)

    def _submit(self, http: httpx.AsyncClient) -> None:
        while self._waiting and len(self._in_flight) < IN_FLIGHT:
            journey = self._waiting.pop()
            key = journey.row.key
            self._in_flight.add(key)
            if len(self._waiting) % 2:
                self._outbox.append(self._submission(journey))
            else:
                self._posts.add(asyncio.create_task(self._post(http, journey)))

    def _submission(self, journey: Journey) -> Outgoing:
        stated = Import(self._city.import_id, journey.row.created_at)
        key = journey.row.key
        return self._city.signer.submission(
            key, journey.matter(), f"{self._city.import_id}/{key}", datetime.now(UTC), stated
        )

    async def _post(self, http: httpx.AsyncClient, journey: Journey) -> None:
        key, city = journey.row.key, self._city
        headers = {
            "Authorization": f"Bearer {city.token}",
            "Idempotency-Key": f"{city.import_id}/{key}",
            "Hotline-Import": city.import_id,
            "Hotline-Import-Time": rfc3339(journey.row.created_at),
        }
        body = MessageToDict(journey.matter(), preserving_proto_field_name=True)
        body["kind"], body["urgency"] = "complaint", "normal"
        answer = await _posted(http, "/v1/tickets", body, headers)
        if answer.status_code >= 400:
            raise ImportStalled(f"{key} was not taken: {answer.status_code} {answer.text[:300]}")

    async def _read(self, reader: Reader) -> int:
        records = await reader.fetch(1_000, 0.2)
        for record in records:
            self._take(to_fact(record, attributes(record.headers)))
        if records:
            self._tell(self.progress)
        done = {post for post in self._posts if post.done()}
        self._posts -= done
        for post in done:
            post.result()
        return len(records)

    def _take(self, fact: Fact) -> None:
        if fact.import_id != self._city.import_id:
            return
        is_new = fact.ticket not in self._by_ticket  # a relay may repeat itself
        if is_new and fact.type == "hotline.intake.v1.TicketReceived":
            key = TicketReceived.FromString(fact.data).external_id
            if key not in self._in_flight:
                raise ImportTaken(fact)
            journey = self._by_key[key]
            journey.ticket = fact.ticket
            self._by_ticket[fact.ticket] = journey
        found = self._by_ticket.get(fact.ticket)
        if found is None:
            return
        self._count(fact, found)
        for step in found.follow(fact):
            self._outbox.append(self._command(found, step))
        if found.done and found.row.key in self._in_flight:
            self._in_flight.discard(found.row.key)
            self.progress.done += 1

    def _command(self, journey: Journey, step: Step) -> Outgoing:
        self._commands += 1
        city = self._city
        command_id = f"{city.import_id}/{journey.row.key}/{self._commands}"
        stated = Import(city.import_id, step.at, step.acting_for)
        return city.signer.command(
            journey.ticket, step.message, command_id, datetime.now(UTC), stated
        )

    async def _flush(self) -> None:
        if self._outbox:
            records, self._outbox = self._outbox, []
            await self._city.bus.publish(records)

    # Counting

    def _count(self, fact: Fact, journey: Journey) -> None:
        progress, name = self.progress, fact.type.rpartition(".")[2]
        progress.facts[name] += 1
        progress.multiset[journey.row.key, name, rfc3339(fact.time)] += 1
        if name == "TicketAccepted":
            progress.accepted_at[fact.ticket] = fact.recorded_at
        elif name == "TicketCompleted":
            progress.completed.add(fact.ticket)
        if fact.source == "deadline":
            count_clock(progress, fact, name)

    # The end

    async def _close(self, http: httpx.AsyncClient, until: datetime) -> None:
        city = self._city
        headers = {
            "Authorization": f"Bearer {city.token}",
            "Idempotency-Key": f"{city.import_id}/frontier",
        }
        body = {"until": rfc3339(until), "final": True}
        answer = await _posted(http, f"/v1/imports/{city.import_id}/frontier", body, headers)
        if answer.status_code >= 400:
            raise ImportStalled(f"the frontier was not taken: {answer.text[:300]}")

    async def _settle(self, reader: Reader, until: datetime) -> None:
        """Until no clock that was due by `until` is open and the topic is quiet."""
        moved = time.monotonic()
        while True:
            if await self._read(reader):
                moved = time.monotonic()
            overdue = [k for k, due in self.progress.open_clocks.items() if due <= until]
            quiet = time.monotonic() - moved
            if not overdue and quiet > 0.5:
                return
            if quiet > STALL_S:
                raise ImportStalled(f"{len(overdue)} clocks were not settled, as {overdue[:3]}")

    def _who_waits(self) -> str:
        tickets = [self._by_key[key].ticket or f"row {key}" for key in sorted(self._in_flight)]
        words = f"{len(tickets)} tickets wait for a fact, as {tickets[:5]}"
        if self._by_ticket:
            return words
        name = self._city.import_id
        return f"{words}: if {name!r} was begun before and broken off, import under another name"


async def _posted(
    http: httpx.AsyncClient, path: str, body: Any, headers: Mapping[str, str]
) -> httpx.Response:
    """Again for as long as the service says that it cannot now."""
    while True:
        answer = await http.post(path, json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))


def plan(rows: Iterable[Row], until: datetime) -> list[Journey]:
    """The journeys of the rows that began by `until`."""
    return [Journey(row, until) for row in rows if row.created_at <= until]
