"""A whole city as processes, with people at work in it, for whoever wants to break it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from hotline.cli.cities import units
from hotline.cli.place import Place
from hotline.cli.verify import verify
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.probes import http_ok
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import Services, services
from hotline.dev.stack import StackInfo
from hotline.dev.supervisor import Supervisor
from hotline.history.nyc import read_rows
from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.intake.v1.events_pb2 import TicketReceived
from hotline.programs import SERVICES
from hotline.sim.actors import People, Seen
from hotline.sim.city import City, signers
from hotline.sim.loops import Loops
from hotline.sim.matters import matters
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_fact
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, schema_of, topic_of
from services.kernel.scanning import scan
from services.kernel.tokens import dev_token

CITY, BUCKETS = "nyc", 24
LONG = os.environ.get("DRILLS") == "long"
ONCE = (
    "TicketReceived",
    "TicketAccepted",
    "TicketDispatched",
    "TicketCompleted",
    "TicketArchived",
    "VisitScheduled",
    "VisitCompleted",
    "ScoreBooked",
    "DispatchConfirmed",
    "ReplyApproved",
)
# Not functions of the topic: locks, counters of the running process and the like.
PRIVATE = {"inbox", "bucket", "server"}


@dataclass
class DrillCity:
    """Five services, a bus of the test's own, and loops that people close as fast as they can."""

    running: Services
    place: Place
    run_dir: Path
    bus: KafkaBus
    loops: Loops = field(default_factory=Loops)
    sent: int = 0

    def __post_init__(self) -> None:
        self._senders = signers(self.run_dir, units(CITY), self.place.namespace, BUCKETS)
        self._matters: Iterator[SubmitMatter] = matters(read_rows(), os.urandom(4).hex())
        self._wanted, self._wake = 0, asyncio.Event()

    @asynccontextmanager
    async def load(self, in_flight: int, *, drain_s: float = 60.0) -> AsyncIterator[None]:
        """So many loops are under way during the block; at its end every one of them closes."""
        people = People(pace=0.0, content=True)
        namespace = self.place.namespace
        city = City(self.bus, self._senders, namespace, BUCKETS, people, self._see)
        self._wanted = in_flight
        working = [asyncio.create_task(city.run()), asyncio.create_task(self._submit(city))]
        try:
            await city.ready.wait()
            yield
            self._wanted = -1_000_000
            await self._drained(working, drain_s)
        except AssertionError as error:
            error.add_note(f"{self.loops.open} loops are open: {self.loops.missing()}")
            error.add_note(_last_lines(self.run_dir))
            raise
        finally:
            for task in working:
                task.cancel()
            for task in working:
                with suppress(asyncio.CancelledError):
                    await task

    def _see(self, fact: Seen) -> None:
        if self.loops.see(fact, time.perf_counter()):
            self._wanted += 1
            self._wake.set()

    async def _submit(self, city: City) -> None:
        await city.ready.wait()
        while True:
            count, self._wanted = max(self._wanted, 0), min(self._wanted, 0)
            for _ in range(count):
                matter, channel = next(self._matters), self._senders["channel"]
                self.loops.begin(matter.external_id, time.perf_counter())
                self.sent += 1
                key = matter.external_id
                await self.bus.publish([channel.submission(key, matter, key, datetime.now(UTC))])
            self._wake.clear()
            await self._wake.wait()

    async def _drained(self, working: Sequence[asyncio.Task[None]], drain_s: float) -> None:
        give_up = time.monotonic() + drain_s
        while self.loops.open:
            for task in working:
                if task.done():
                    task.result()
            assert time.monotonic() < give_up, "not every loop closed"
            await asyncio.sleep(0.1)

    # What was promised

    async def facts(self) -> list[Fact]:
        """As everybody applied them: each position of a source and bucket once."""
        topic = topic_of(self.place.namespace, TICKETS)
        due: Counter[tuple[str, int]] = Counter()
        found = []
        async for records in scan(self.bus, topic, dict.fromkeys(range(BUCKETS), 0)):
            for record in records:
                fact = to_fact(record, dict(record.headers))
                if fact.position == due[fact.source, fact.bucket] + 1:
                    due[fact.source, fact.bucket] += 1
                    found.append(fact)
        return found

    async def sound(self) -> None:
        """Nothing is lost and nothing twice, in ledgers, topic and feeds."""
        held = await self.quiet()
        facts = await self.facts()
        assert len(facts) == held, f"{len(facts)} facts on the topic, {held} in the ledgers"
        kinds = Counter((f.ticket, f.type.rpartition(".")[2]) for f in facts)
        twice = [key for key, count in kinds.items() if count > 1 and key[1] in ONCE]
        assert twice == []
        named = [TicketReceived.FromString(f.data).external_id for f in facts if _is_new(f)]
        by_kafka = [external_id for external_id in named if external_id]
        assert len(by_kafka) == len(set(by_kafka)) == self.sent
        found = await asyncio.to_thread(verify, self.place, SERVICES, processes=1)
        assert [f"{r.service} {what}" for r in found.reports for what in r.findings] == []

    async def quiet(self, timeout_s: float = 20.0) -> int:
        """Every service has applied all that the ledgers hold; how many facts these are. Read at
        one moment: the commit that applies the last fact may append the next."""
        give_up = time.monotonic() + timeout_s
        topic = topic_of(self.place.namespace, TICKETS)
        schemas = {name: schema_of(self.place.namespace, name) for name in SERVICES}
        held = " + ".join(f"(select count(*) from {s}.event)" for s in schemas.values())
        applied = ", ".join(
            f"(select coalesce(sum(value::bigint - 1), 0)::bigint from {schema}.inbox, "
            f"jsonb_each_text(expected) where topic = $1) as {name}"
            for name, schema in schemas.items()
        )
        store = await asyncpg.connect(self.place.dsn, timeout=10.0)
        try:
            while True:
                counts = dict(await store.fetchrow(f"select {held} as held, {applied}", topic))
                if len(set(counts.values())) == 1:
                    return int(counts["held"])
                assert time.monotonic() < give_up, f"held and applied: {counts}"
                await asyncio.sleep(0.1)
        finally:
            await store.close()

    async def digest(self, service: str) -> dict[str, str]:
        """Of every table of the service's schema that is a function of the topic."""
        schema = schema_of(self.place.namespace, service)
        connection = await asyncpg.connect(self.place.dsn, timeout=10.0)
        try:
            tables = await connection.fetch(
                "select tablename from pg_tables where schemaname = $1", schema
            )
            found = {}
            for (table,) in tables:
                if table not in PRIVATE:
                    rows = await connection.fetch(f"select t::text from {schema}.{table} t")
                    lines = "\n".join(sorted(row[0] for row in rows))
                    digest = hashlib.sha256(lines.encode()).hexdigest()[:16]
                    found[table] = f"{len(rows)} {digest}"
            return found
        finally:
            await connection.close()

    # Over HTTP

    def client(self, service: str, role: str = "channel", **whose: Any) -> httpx.AsyncClient:
        """A caller of the role, who opens a connection for each request."""
        token = dev_token(role, whose.pop("name", role), run_dir=self.run_dir, **whose)
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        url = self.running.urls[service]
        return httpx.AsyncClient(base_url=url, timeout=10.0, headers=headers)


@asynccontextmanager
async def drill_city(
    stack: StackInfo, namespace: str, run_dir: Path, *, only: Sequence[str] = SERVICES
) -> AsyncIterator[DrillCity]:
    """All of them run; what happens to them is the test's business."""
    make_senders(run_dir, city_senders(units(CITY)))
    env = {"HOTLINE_LOG": "warning"}
    async with services(
        stack, namespace, run_dir=run_dir, city=CITY, only=only, env=env, say=_quiet
    ) as running:
        bus = KafkaBus(stack.bootstrap, "drill", lambda: datetime.now(UTC))
        try:
            place = Place(stack.bootstrap, stack.dsn, namespace, CITY, BUCKETS)
            yield DrillCity(running, place, run_dir, bus)
        finally:
            await bus.close()


@dataclass(frozen=True, slots=True)
class OneMore:
    """One more process of a service: where it answers, and its log."""

    url: str
    log: Path


@asynccontextmanager
async def one_more(
    city: DrillCity, name: str, folder: Path, instance: str = "1"
) -> AsyncIterator[OneMore]:
    """A member of its own in the service's group, ready; ended by SIGTERM, as by a roll."""
    port = free_port()
    url = f"http://{LOCALHOST}:{port}"
    program = city.running.program(name)
    env = {**program.env, "HOTLINE_HTTP_PORT": str(port), "HOTLINE_INSTANCE": instance}
    called = f"{name}-{instance}"
    process = Supervisor(folder / called)
    try:
        ready = http_ok(f"{url}/readyz")
        await process.start(replace(program, name=called, env=env, needs=(), ready=ready))
        yield OneMore(url, folder / called / "logs" / f"{called}.log")
    finally:
        await process.stop(5.0)


def _last_lines(folder: Path) -> str:
    """What every process under the folder said last."""
    tails = {log: log.read_text("utf-8").splitlines()[-5:] for log in sorted(folder.rglob("*.log"))}
    return "\n".join(f"{log.stem}: {line}" for log, lines in tails.items() for line in lines)


def _is_new(fact: Fact) -> bool:
    return fact.type.endswith("TicketReceived")


def _quiet(_: str) -> None:
    """Nobody waits for progress."""
