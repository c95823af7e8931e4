"""Intake as one process has it, on the real broker and store, called over HTTP and by Kafka."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
from google.protobuf.message import Message

from hotline.client.commands import Import, SealTo
from hotline.dev.senders import DevSender, make_senders, signer
from hotline.dev.stack import StackInfo
from hotline.intake.v1 import commands_pb2, events_pb2
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.intake.adapters.books import Books, CityRegistry, kinds_of
from services.intake.adapters.boxes import KINDS, Boxes, BoxVault
from services.intake.adapters.desk import Desk
from services.intake.adapters.http import app
from services.intake.adapters.recent import RecentMatters
from services.intake.adapters.registry import load
from services.intake.adapters.tallies import Tallies
from services.intake.adapters.vault import OpenedField, PostgresVault
from services.intake.service import service
from services.kernel.clock import DatabaseClock
from services.kernel.migrate import migrate
from services.kernel.names import replies_of, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.runtime import Runtime
from services.kernel.security import Role, Security
from services.kernel.senders import Senders
from services.kernel.store_pg import PostgresStore
from services.kernel.tokens import DevTokens, dev_token
from services.kernel.topics import make_topics, replies_topic
from tests.integration.intake.vaults import (
    CALLS,
    HASHES,
    INDEX_KEY,
    MASTERS,
    RECENT,
    TABLES,
    opened_fields,
)
from tests.support.loops import BUCKETS, Loop, real_loop
from tests.support.stores import KERNEL

SENDERS = (
    DevSender("channel", "channel"),
    DevSender("12366", "channel"),
    DevSender("110", "channel"),
    DevSender("staff", "staff"),
    DevSender("importer", "importer"),
)
CONTACT = "13800138000"
MATTER = {
    "channel": "web",
    "kind": "complaint",
    "category": "traffic/road",
    "area": "yingzhou",
    "title": "Pothole",
    "description": "Deep, before number 7.",
    "contact": CONTACT,
    "address": "Renmin Road 7",
}


@dataclass
class Hall:
    """`run_dir` holds the development keys; `vault` is that of the process, `opened` its
    records of opened fields."""

    loop: Loop
    run_dir: Path
    runtime: Runtime
    vault: PostgresVault
    opened: Callable[[], Awaitable[list[OpenedField]]]
    http: httpx.AsyncClient
    desk: Desk
    keys: list[str] = field(default_factory=list)

    def headers(self, role: Role, key: str = "", **more: str) -> dict[str, str]:
        """Those of a caller in that role; without a key every call is a new one."""
        self.keys.append(key or f"key-{len(self.keys)}")
        token = dev_token(role, role.value, run_dir=self.run_dir)
        extra = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": self.keys[-1], **extra}

    async def post(
        self, path: str, body: Any, role: Role = Role.CHANNEL, *, key: str = "", **more: Any
    ) -> httpx.Response:
        headers = self.headers(role, key, **more)
        return await self.http.post(f"/v1/{path}", json=body, headers=headers)

    async def submit(self, **changes: Any) -> dict[str, Any]:
        """A matter that is taken; what its sender learns."""
        answer = await self.post("tickets", MATTER | changes)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def state(self, ticket: str, code: str, **more: str) -> httpx.Response:
        headers = self.headers(Role.CHANNEL, **{"Hotline-Code": code, **more})
        return await self.http.get(f"/v1/tickets/{ticket}/state", headers=headers)

    async def send(
        self,
        sender: str,
        message: Message,
        command_id: str,
        stated: Import | None = None,
        sealed_to: SealTo | None = None,
    ) -> None:
        """A signed record of the submissions topic."""
        signed = signer(self.run_dir, sender, self.loop.namespace, BUCKETS)
        now = datetime.now(UTC)
        record = signed.submission("w-1", message, command_id, now, stated, sealed_to)
        await self.loop.bus().publish([record])

    async def key(self, role: Role = Role.CHANNEL) -> SealTo:
        """The key of the week, as a channel asks for it."""
        answer = await self.http.get("/v1/submissions/key", headers=self.headers(role))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return SealTo(told["id"], base64.b64decode(told["public_key"]))

    async def command(self, sender: str, ticket: str, message: Message, command_id: str) -> None:
        """A signed record of the commands topic."""
        signed = signer(self.run_dir, sender, self.loop.namespace, BUCKETS)
        now = datetime.now(UTC)
        await self.loop.bus().publish([signed.command(ticket, message, command_id, now)])

    async def replies(self, sender: str, count: int) -> list[CommandAnswered]:
        """The first answers on the sender's own topic."""
        topic = topic_of(self.loop.namespace, replies_of(sender))
        places = [(topic, partition) for partition in range(6)]
        records = await self.loop.read(places, lambda found: len(found) >= count)
        return [CommandAnswered.FromString(r.value or b"") for r in records]


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and rule of a refusal of ours."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    return answer.status_code, told["type"], told.get("rule", "")


@asynccontextmanager
async def open_hall(stack: StackInfo, namespace: str, run_dir: Path) -> AsyncIterator[Hall]:
    """One process of intake with its senders' topics."""
    make_senders(run_dir, SENDERS)
    await make_topics(stack.bootstrap, namespace, [replies_topic(s.name) for s in SENDERS])
    async with real_loop(stack, namespace) as loop:
        await migrate(
            stack.dsn, "intake", namespace, [*KERNEL, *TABLES, *RECENT, *CALLS, HASHES], BUCKETS
        )
        pool = await connect(stack.dsn, schema_of(namespace, "intake"))
        loop.resources.push_async_callback(pool.close)
        city = load("sample")
        store = PostgresStore(pool, "intake", namespace)
        vault = PostgresVault(store, MASTERS, INDEX_KEY, city.country_code)
        boxes = Boxes()
        boxes.take(await BoxVault(store, MASTERS).refreshed(datetime.now(UTC)))
        assert city.same is not None
        recent = RecentMatters(store, city.same)
        entries = PostgresRegistry(pool, "intake", namespace)
        clock = DatabaseClock(store.database_clock)
        await clock.follow()
        registry = CityRegistry(entries, clock, {**KINDS, **kinds_of(city)})
        books = Books(city, registry)
        desk, tallies = Desk(vault, books, recent, boxes), Tallies(store, books)
        senders = Senders(run_dir / "senders.json")
        runtime = await loop.run(service(desk, recent, (tallies,)), senders=senders)
        cast(PostgresStore, runtime.store).seals = boxes
        security = Security(DevTokens(run_dir), None, imports=True)
        made = app(runtime, desk, security, registry, tallies)
        transport = httpx.ASGITransport(made, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
            yield Hall(loop, run_dir, runtime, vault, lambda: opened_fields(store), http, desk)


def pothole(contact: str = "") -> commands_pb2.SubmitMatter:
    """A matter by SMS."""
    return commands_pb2.SubmitMatter(
        channel="sms",
        kind=events_pb2.KIND_COMPLAINT,
        urgency=events_pb2.URGENCY_NORMAL,
        category="traffic/road",
        area="yingzhou",
        title="Pothole",
        contact=contact,
    )
