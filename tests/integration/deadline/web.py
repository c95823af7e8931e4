"""Deadline's application over one ticket, and who calls it."""

from __future__ import annotations

from datetime import timedelta

import httpx
from starlette.requests import Request

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.due_lines import City as Rules
from services.deadline.adapters.http import app
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from services.kernel.security import Security
from tests.integration.deadline.city import HOUR, City, now, published
from tests.support.loops import BUCKETS, wait_until
from tests.unit.deadline.tickets import dispatched

STAFF = Principal("clerk", frozenset({Role.STAFF}))
CHIEF = Principal("sue", frozenset({Role.SUPERVISOR}))
SAMPLE = Rules.of("sample")
CITIZEN = Principal("citizen", frozenset({Role.CITIZEN}), ticket="T001")


def unit(name: str) -> Principal:
    return Principal(name.lower(), frozenset({Role.UNIT}), unit=name)


class Caller(Security):
    """Proves that the caller is whoever the test says."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.who = STAFF

    async def principal(self, request: Request) -> Principal:
        return self.who


class Web:
    """Deadline's application over a ticket that U1 returned and U2 has now."""

    def __init__(self, city: City) -> None:
        self.city, self.caller, self.keys = city, Caller(), 0
        self.returned_at = now() - timedelta(minutes=30)

    async def serve(self) -> None:
        self.runtime = runtime = await self.city.run()
        cities, registry = (lambda _: SAMPLE), published(runtime)
        self.app = app(runtime, self.city.clocks, self.caller, cities, registry)
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://deadline")

    async def start(self) -> None:
        await self.serve()
        city, returned = self.city, self.returned_at
        await city.say("T001", dispatched("U1"), returned - HOUR)
        await city.say("T001", dispatch.ReturnRequested(unit="U1", number=1), returned)
        await city.say("T001", dispatch.ReturnGranted(unit="U1"), returned)
        await city.say("T001", dispatched("U2", 2), returned)
        await wait_until(self._has_rows, what="the rows of the second unit")

    async def _has_rows(self) -> bool:
        rows = await self.city.clocks.of_ticket(bucket_of("T001", BUCKETS), "T001")
        return len(rows) == 8

    async def post(self, who: Principal, verb: str, **body: object) -> httpx.Response:
        """A command on T001, under a key of its own."""
        self.caller.who = who
        self.keys += 1
        headers = {"Idempotency-Key": f"k{self.keys}"}
        return await self.client.post(f"/v1/tickets/T001/{verb}", headers=headers, json=body)

    async def get(self, who: Principal, path: str, **headers: str) -> httpx.Response:
        self.caller.who = who
        return await self.client.get(path, headers=headers)
