"""Deadline by rules that an administrator may publish, which it keeps its clocks planned by."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.http import app
from services.deadline.adapters.replanning import keep_planned
from services.deadline.adapters.rules import InEffect, Rules
from services.deadline.domain.own_days import OwnDays
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from tests.integration.deadline.city import City
from tests.integration.deadline.web import Caller
from tests.support.loops import BUCKETS
from tests.unit.deadline.tickets import CITIES

ADMINISTRATOR = Principal("admin", frozenset({Role.ADMINISTRATOR}))


class Hall:
    """Deadline by rules that an administrator may publish."""

    def __init__(
        self, city: City, own: tuple[OwnDays, ...] = (), entries: MemoryRegistry | None = None
    ) -> None:
        self.city, self.caller, (policy, calendar) = city, Caller(), CITIES["sample"]
        self.codec = PolicyCodec(policy)
        self.rules = Rules("sample", policy, calendar, self.codec, own)
        self.on = "".join(f"{part.id}@{part.version}/" for part in own)
        self.calendar, self.keys, self.entries = calendar, 0, entries

    async def start(self) -> None:
        view = ClocksView(self.codec, self.city.clocks)
        first = always(*CITIES["sample"])
        self.in_effect: InEffect | None = None

        def rulebook(at: Any) -> Any:
            return first(at) if self.in_effect is None else self.in_effect(at)

        self.runtime = await self.city.loop.run(service(rulebook, self.codec, view))
        clock = self.runtime.clock
        self.entries = self.entries or MemoryRegistry(clock.now)  # a restart finds them again
        self.registry = Registry(self.entries, clock, self.rules.kinds())
        await self.registry.refresh()
        self.in_effect = InEffect(self.rules, self.registry)
        made = app(self.runtime, self.city.clocks, self.caller, self.in_effect.city, self.registry)
        transport = httpx.ASGITransport(made)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://deadline")
        work = keep_planned(self.runtime, self.city.clocks, self.in_effect)
        self.task = asyncio.create_task(work)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.client.aclose()

    async def publish(self, name: str, document: Any, who: Principal) -> httpx.Response:
        self.caller.who = who
        body = {"document": document, "source": "国办发明电〔2026〕9号"}
        self.keys += 1
        headers = {"Idempotency-Key": f"k{self.keys}"}
        return await self.client.post(f"/v1/registry/{name}", headers=headers, json=body)

    async def due(self, ticket: str, clock: str) -> Any:
        rows = await self.city.clocks.of_ticket(bucket_of(ticket, BUCKETS), ticket)
        return next((row.due_at for row in rows if row.clock == clock), None)
