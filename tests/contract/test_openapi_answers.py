"""Real answers of the services, on the twins, fit what the OpenAPI documents tell of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from starlette.requests import Request

from hotline.contracts.openapi import written
from services.deadline.adapters import http as deadline_http
from services.deadline.adapters.due_lines import City
from services.deadline.domain.views import ClockView
from services.evaluation.adapters import http as evaluation_http
from services.evaluation.adapters.registry import load as load_formula
from services.evaluation.domain.formula import always
from services.evaluation.domain.views import FiguresRow, VisitRow
from services.intake.adapters import http as intake_http
from services.intake.adapters import vault_memory
from services.intake.adapters.books import Books
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import load as load_city
from services.intake.service import service as intake_service
from services.kernel.http import MOST_BODY_BYTES
from services.kernel.identity import Principal, Role
from services.kernel.personal import MasterKeys
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.security import Security
from services.kernel.tokens import unauthenticated
from tests.support.directories import Office
from tests.support.documents import resolved
from tests.support.loops import memory_loop

AT = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
MATTER = {
    "channel": "web",
    "kind": "complaint",
    "category": "traffic/road",
    "area": "linquan",
    "title": "A hole in the road",
}
UNCOUNTED: Any = None  # what is counted, only the real store knows
NOTE: dict[str, Any] = {"note": "On the way."}


class Callers(Security):
    """The token is the caller's role, or a unit's id after `unit:`."""

    def __init__(self) -> None:
        super().__init__(None, None)

    async def principal(self, request: Request) -> Principal:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise unauthenticated("Send a token.")
        name, _, unit = token.partition(":")
        return Principal(token, frozenset({Role(name)}), unit or None)


class Client:
    """Sends, and compares every answer with the document."""

    def __init__(self, service: str, app: FastAPI) -> None:
        self._document = written(service)
        transport = httpx.ASGITransport(app)
        self._http = httpx.AsyncClient(transport=transport, base_url=f"http://{service}")
        self._key = 0

    async def send(
        self, method: str, route: str, caller: str, ticket: str = "", **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {caller}"} if caller else {}
        if method == "POST":
            self._key += 1
            headers["Idempotency-Key"] = f"k{self._key}"
        headers |= more.pop("headers", {})
        path = route.replace("{ticket}", ticket)
        answer = await self._http.request(method, path, headers=headers, **more)
        self._compare(self._document["paths"][route][method.lower()], answer)
        return answer

    def _compare(self, operation: dict[str, Any], answer: httpx.Response) -> None:
        told = operation["responses"][str(answer.status_code)]
        told = resolved(self._document, told["$ref"]) if "$ref" in told else told
        media = answer.headers["content-type"].partition(";")[0]
        schema = {**self._document, **told["content"][media]["schema"]}
        checked = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [e.message for e in checked.iter_errors(answer.json())] == []
        ours = {"ETag", "Hotline-Position", "Retry-After", "WWW-Authenticate"}
        assert {h for h in ours if h in answer.headers} <= told.get("headers", {}).keys()


@pytest.fixture
async def clients() -> AsyncIterator[dict[str, Client]]:
    """Intake and dispatch of one city."""
    async with memory_loop("answers") as loop:
        vault = vault_memory.MemoryVault(
            vault_memory.Rows(), MasterKeys([bytes(32)]), bytes(32), "86"
        )
        desk, security = Desk(vault, Books(load_city("sample"))), Callers()
        intake = await loop.run(intake_service(desk))
        registry = Registry(MemoryRegistry(intake.clock.now), intake.clock, {})
        taking = intake_http.app(intake, desk, security, registry, UNCOUNTED)
        office = Office.of("sample")
        dispatch = await loop.run(office.service)
        yield {
            "intake": Client("intake", taking),
            "dispatch": Client("dispatch", office.app(dispatch, security)),
        }


async def test_a_matter_taken_in_is_answered_as_told(clients: dict[str, Client]) -> None:
    intake, post = clients["intake"], "/v1/tickets"
    accepted = await intake.send("POST", post, "channel", json=MATTER)
    assert (accepted.status_code, accepted.json()["state"]) == (201, "accepted")
    assert accepted.headers["ETag"] == '"2"'
    refused = await intake.send("POST", post, "staff", json={**MATTER, "facts": {"organ": "court"}})
    assert refused.json()["refusal"]["rule"] == "R12"
    urgent = {"emergency_line": "119", "emergency_ongoing": True}
    diverted = await intake.send("POST", post, "channel", json={**MATTER, "facts": urgent})
    assert diverted.json()["diversion"]["line"] == "119"
    ticket, code = accepted.json()["ticket"], accepted.json()["code"]
    state, mine = "/v1/tickets/{ticket}/state", {"Hotline-Code": code}
    found = await intake.send("GET", state, "channel", ticket, headers=mine)
    assert found.json() == {"ticket": ticket, "state": "accepted"}
    assert (await intake.send("GET", state, "channel", ticket)).status_code == 404
    withdraw, mended = "/v1/tickets/{ticket}/withdraw", {"reason": "Mended.", "code": ""}
    assert (await intake.send("POST", withdraw, "channel", ticket, json=mended)).status_code == 404
    mended["code"] = code
    withdrawn = await intake.send("POST", withdraw, "channel", ticket, json=mended)
    assert withdrawn.json()["facts"] == ["TicketWithdrawn"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"caller": ""}, 401),
        ({"caller": "unit:linquan"}, 403),
        ({"content": b"{"}, 400),
        ({"headers": {"Idempotency-Key": "not one"}}, 400),
        ({"headers": {"Hotline-Import": "nyc"}}, 403),
        ({"content": b" " * (MOST_BODY_BYTES + 1)}, 413),
        ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {**MATTER, "kind": "praise"}}, 422),
        ({"json": {**MATTER, "category": "nothing"}}, 422),
    ],
)
async def test_what_is_wrong_with_a_matter_is_told_as_a_problem(
    clients: dict[str, Client], more: dict[str, Any], status: int
) -> None:
    sent = {"caller": "channel", **({} if "content" in more else {"json": MATTER}), **more}
    if "content" in sent:
        sent["headers"] = {"Content-Type": "application/json", **sent.get("headers", {})}
    answer = await clients["intake"].send("POST", "/v1/tickets", **sent)
    assert answer.status_code == status


async def test_commands_of_a_unit_are_answered_as_told(clients: dict[str, Client]) -> None:
    matter = await clients["intake"].send("POST", "/v1/tickets", "channel", json=MATTER)
    ticket, written_at = matter.json()["ticket"], matter.headers["Hotline-Position"]
    seen = {"Hotline-After": written_at}
    dispatch, confirm = clients["dispatch"], "/v1/tickets/{ticket}/confirm"
    unit, note = "unit:linquan", "/v1/tickets/{ticket}/note"
    done = await dispatch.send("POST", confirm, unit, ticket, json={}, headers=seen)
    assert done.json() == {"ticket": ticket, "version": 2, "facts": ["DispatchConfirmed"]}
    quiet = await dispatch.send("POST", confirm, unit, ticket, json={})
    assert (quiet.json()["facts"], "Hotline-Position" in quiet.headers) == ([], False)

    async def status(route: str, caller: str, of: str, **more: Any) -> int:
        return (await dispatch.send("POST", route, caller, of, **more)).status_code

    assert await status(note, "unit:funan", ticket, json=NOTE) == 403
    assert await status(note, unit, "20261102000099-9", json=NOTE) == 404
    approve = "/v1/tickets/{ticket}/approve"
    assert await status(approve, "staff", ticket, json={}) == 409
    assert await status(note, unit, ticket, json=NOTE, headers={"If-Match": '"1"'}) == 412
    again = {"Idempotency-Key": "same"}
    assert await status(note, unit, ticket, json=NOTE, headers=again) == 200
    assert await status(note, unit, ticket, json={"note": "Other."}, headers=again) == 422
    assert await status(note, unit, ticket, json=NOTE, headers={"Hotline-After": "?"}) == 400


class Rows:
    """Rows of the views, as the store would give them."""

    async def of_ticket(self, bucket: int, ticket: str) -> list[ClockView]:
        rows = [ClockView(ticket, "resolve", 1, "linquan", "paused", AT, None)]
        return rows if ticket == "T-1" else []

    async def due(self, unit: str, before: datetime, limit: int) -> list[ClockView]:
        return [ClockView("T-1", "confirm", 1, "linquan", "running", AT, AT, True)]

    async def of_unit(self, unit: str, period: str, **_: object) -> list[FiguresRow]:
        return [FiguresRow("linquan", "2026-11", 2, 1, 1, 0, 1, 2, 2), FiguresRow("u", "2026-10")]

    async def due_visits(self, limit: int) -> list[tuple[str, VisitRow]]:
        return [("T-1", VisitRow("linquan", 1, "traffic", "linquan", "county", AT, 2))]


async def test_the_clocks_are_answered_as_told() -> None:
    async with memory_loop("clocks") as loop:
        runtime = await loop.run(Office.of("sample").service)
        rows: Any = Rows()
        registry = Registry(MemoryRegistry(runtime.clock.now), runtime.clock, {})
        city = City.of("sample")
        app = deadline_http.app(runtime, rows, Callers(), lambda _: city, registry)
        client = Client("deadline", app)
        clocks = "/v1/tickets/{ticket}/clocks"
        [clock] = (await client.send("GET", clocks, "unit:linquan", "T-1")).json()
        assert (clock["started_at"], clock["due_at"]) == ("2026-11-02T08:15:00Z", None)
        assert (await client.send("GET", clocks, "unit:funan", "T-1")).status_code == 404
        assert (await client.send("GET", clocks, "channel", "T-1")).status_code == 403
        [due] = (await client.send("GET", "/v1/due", "staff")).json()
        assert due["missed"]
        assert (
            await client.send("GET", "/v1/due", "staff", params={"limit": 0})
        ).status_code == 400


async def test_figures_and_visits_are_answered_as_told() -> None:
    async with memory_loop("figures") as loop:
        runtime = await loop.run(Office.of("sample").service)
        rows: Any = Rows()
        shipped = load_formula("sample")
        registry = Registry(MemoryRegistry(runtime.clock.now), runtime.clock, {})
        app = evaluation_http.app(
            runtime, always(shipped.formula), shipped.zone, rows, Callers(), registry
        )
        client = Client("evaluation", app)
        one, none = (await client.send("GET", "/v1/figures", "staff")).json()["figures"]
        assert (one["rates"]["solved"], none["rates"]["score"]) == (0.0, None)
        [visit] = (await client.send("GET", "/v1/visits", "staff")).json()
        assert (visit["ticket"], visit["attempts"]) == ("T-1", 2)
