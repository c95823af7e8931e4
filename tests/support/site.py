"""One service as its callers meet it: over HTTP and by Kafka, among facts of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.protobuf.message import Message

from hotline.dev.senders import DevSender as Sender
from hotline.dev.senders import make_senders, signer, unit_sender
from hotline.dev.stack import StackInfo
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Bus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of, replies_of, topic_of
from services.kernel.runtime import Runtime
from services.kernel.security import Security
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.tokens import DevTokens, dev_token
from services.kernel.topics import make_topics, replies_topic
from tests.support.loops import BUCKETS, Loop, memory_loop, real_loop
from tests.support.stack import new_namespace
from tests.support.topics import drop_topics
from tests.unit.datasync.tickets import Topic

SENDER = Sender("desk", "supervisor")


@dataclass
class Site:
    """Callers are roles, or `unit:<id>`; an answer waits for what was said or done before it."""

    loop: Loop
    runtime: Runtime
    app: FastAPI
    client: httpx.AsyncClient
    run_dir: Path
    bus: Bus
    topic: Topic = field(default_factory=Topic)
    seen: dict[str, str] = field(default_factory=dict)
    keys: Any = field(default_factory=lambda: count(1))

    async def say(self, ticket: str, *messages: Message, at: datetime | None = None) -> None:
        """Facts of other services, of now or of then, as their relays would send them."""
        facts = [self.topic.say(ticket, message, at or datetime.now(UTC)) for message in messages]
        name = topic_of(self.loop.namespace, TICKETS)
        await self.bus.publish([to_record(fact, name) for fact in facts])
        for fact in facts:
            self.seen[f"{fact.source}/{fact.bucket}"] = str(fact.position)

    async def post(
        self, path: str, body: Any, caller: str, *, key: str = "", if_match: str = ""
    ) -> httpx.Response:
        """A command on a ticket: `<ticket>/<verb>`."""
        headers = self._headers(caller) | {"Idempotency-Key": key or f"k{next(self.keys)}"}
        if if_match:
            headers["If-Match"] = if_match
        answer = await self.client.post(f"/v1/tickets/{path}", json=body, headers=headers)
        place, _, position = answer.headers.get("Hotline-Position", "").rpartition("/")
        if place:
            self.seen[place] = position
        return answer

    async def done(self, path: str, body: Any, caller: str) -> list[str]:
        """The facts that an allowed command brought."""
        answer = await self.post(path, body, caller)
        assert answer.status_code == 200, answer.text
        found: list[str] = answer.json()["facts"]
        return found

    async def get(self, path: str, caller: str, **query: Any) -> httpx.Response:
        return await self.client.get(f"/v1{path}", params=query, headers=self._headers(caller))

    async def lay_down(self, name: str, body: Any, caller: str) -> httpx.Response:
        """The next version of a registry."""
        headers = self._headers(caller) | {"Idempotency-Key": f"k{next(self.keys)}"}
        return await self.client.post(f"/v1/registry/{name}", json=body, headers=headers)

    async def publish(self, ticket: str, message: Message) -> str:
        """A supervisor's command by Kafka; its id."""
        keys = signer(self.run_dir, SENDER.name, self.loop.namespace, BUCKETS)
        command_id = f"k{next(self.keys)}"
        await self.bus.publish([keys.command(ticket, message, command_id, datetime.now(UTC))])
        return command_id

    async def send(self, ticket: str, message: Message) -> CommandAnswered:
        """A supervisor's command by Kafka, and what its sender is answered."""
        command_id = await self.publish(ticket, message)
        name = topic_of(self.loop.namespace, replies_of(SENDER.name))

        def answers(records: Any) -> list[CommandAnswered]:
            read = [CommandAnswered.FromString(r.value) for r in records]
            return [a for a in read if a.command_id == command_id]

        places = [(name, p) for p in range(await self.bus.partitions(name))]
        (answer,) = answers(await self.loop.read(places, lambda found: bool(answers(found))))
        return answer

    async def facts(self, ticket: str) -> list[Fact]:
        """What the service has recorded of a ticket."""
        loaded = await self.runtime.store.load([(bucket_of(ticket, BUCKETS), ticket)])
        return loaded.get(ticket, [])

    def _headers(self, caller: str) -> dict[str, str]:
        role, _, unit = caller.partition(":")
        name = unit_sender(unit) if unit else role
        token = dev_token(role, name, unit or None, run_dir=self.run_dir)
        after = ",".join(f"{place}/{position}" for place, position in self.seen.items())
        return {"Authorization": f"Bearer {token}", "Hotline-After": after}


@asynccontextmanager
async def site(
    loop: Loop,
    service: Service,
    app: Callable[[Runtime, Security], FastAPI],
    run_dir: Path,
) -> AsyncIterator[Site]:
    """One process' worth of the service, with one sender that is known by Kafka."""
    make_senders(run_dir, [SENDER])
    replies = replies_topic(SENDER.name)
    if loop.memory is not None:
        loop.memory.create(topic_of(loop.namespace, replies.name), replies.partitions)
    elif loop.info is not None:
        await make_topics(loop.info.bootstrap, loop.namespace, [replies])
    runtime = await loop.run(service, senders=Senders(run_dir / "senders.json"))
    made = app(runtime, Security(DevTokens(run_dir), None, imports=True))
    transport = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield Site(loop, runtime, made, client, run_dir, loop.bus())


@asynccontextmanager
async def loop_of(request: pytest.FixtureRequest) -> AsyncIterator[Loop]:
    """For a fixture of a whole module with the params `twin` and `real`."""
    name = new_namespace()
    if request.param == "twin":
        async with memory_loop(name) as twin:
            yield twin
    else:
        stack: StackInfo = request.getfixturevalue("stack")
        async with real_loop(stack, name) as real:
            yield real
        await drop_topics(stack.bootstrap, name)


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, what was wrong, and the rule."""
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    return answer.status_code, found["type"].removeprefix("/problems/"), found.get("rule", "")
