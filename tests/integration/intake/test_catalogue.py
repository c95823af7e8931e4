"""What the city lays down, as matters meet it: categories (R1, R4) and called numbers (R8, R9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.intake.v1 import events_pb2
from services.intake.adapters.registry import load
from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, pothole, problem
from tests.integration.intake.test_registries import shipped
from tests.support.loops import wait_until

SUBSIDY = "economy/enterprise/subsidy"
ADDED = [
    {"id": "lamps", "zh": "路灯", "en": "Lamps", "since": "2020-01-01", "requires": "place",
     "kind": "report", "limit_days": "7", "hint": "lamps-desk"},
    {"id": "lamps/old", "parent": "lamps", "zh": "旧灯", "en": "Old lamps", "since": "2020-01-01",
     "until": "2024-01-01", "moved_to": "lamps/street"},
    {"id": "lamps/street", "parent": "lamps", "zh": "街灯", "en": "Street lamps",
     "since": "2024-01-01", "kind": "help"},
]  # fmt: skip


async def received(hall: Hall, ticket: str) -> events_pb2.TicketReceived:
    facts = await hall.loop.facts(lambda found: any(f.ticket == ticket for f in found))
    return events_pb2.TicketReceived.FromString(next(f.data for f in facts if f.ticket == ticket))


async def test_r1_a_kind_that_is_left_out_is_the_categorys_by_http_and_kafka(hall: Hall) -> None:
    unsaid = {name: value for name, value in MATTER.items() if name != "kind"}
    told = await hall.post("tickets", unsaid | {"category": SUBSIDY})
    assert told.status_code == 201, told.text
    assert (await received(hall, told.json()["ticket"])).kind == events_pb2.KIND_HELP
    stated = await hall.submit(category=SUBSIDY, kind="report")
    assert (await received(hall, stated["ticket"])).kind == events_pb2.KIND_REPORT
    nameless = await hall.post("tickets", unsaid)
    assert problem(nameless) == (422, "/problems/no-kind", "R1")
    assert "kind is missing, and traffic/road has no default" in nameless.text
    by_kafka = pothole()
    by_kafka.ClearField("kind")
    await hall.send("channel", by_kafka, "c-1")
    by_kafka.category = SUBSIDY
    await hall.send("channel", by_kafka, "c-2")
    refused, made = sorted(await hall.replies("channel", 2), key=lambda told: told.command_id)
    assert refused.status == 422
    assert b"no-kind" in refused.body
    assert (await received(hall, made.ticket_id)).kind == events_pb2.KIND_HELP


async def categories(hall: Hall, on: str = "") -> dict[str, dict[str, Any]]:
    params = {"on": on} if on else {}
    headers = hall.headers(Role.UNIT)
    found = await hall.http.get("/v1/categories", params=params, headers=headers)
    assert found.status_code == 200
    return {node["id"]: node for node in found.json()}


async def test_r4_the_tree_is_shown_with_what_its_nodes_inherit_and_where_they_went(
    hall: Hall,
) -> None:
    document = await shipped(hall, "categories")
    document = {"version": "2", "categories": [*document["categories"], *ADDED]}
    soon = datetime.now(UTC) + timedelta(seconds=6)
    body = {"document": document, "source": "notice 9", "effective_at": soon.isoformat()}
    made = await hall.post("registry/categories", body, Role.ADMINISTRATOR)
    assert made.status_code == 201, made.text

    async def shown() -> bool:
        return "lamps/street" in await categories(hall)

    await wait_until(shown, timeout_s=15)
    nodes = await categories(hall)
    old, street = nodes["lamps/old"], nodes["lamps/street"]
    inherited = {"requires": ["place"], "limit_days": 7, "hint": "lamps-desk", "parent": "lamps"}
    assert {name: old[name] for name in inherited} == inherited
    assert old["kind"] == "report"
    assert (old["since"], old["until"], old["moved_to"]) == (
        "2020-01-01", "2024-01-01", "lamps/street",
    )  # fmt: skip
    assert {name: street[name] for name in inherited} == inherited
    assert (street["kind"], street["until"], street["moved_to"]) == ("help", None, "")
    assert street["name"] == {"zh": "街灯", "en": "Street lamps"}
    assert nodes[SUBSIDY]["kind"] == "help"
    then = await categories(hall, "2023-12-31")
    assert ("lamps/old" in then, "lamps/street" in then, SUBSIDY in then) == (True, False, False)
    assert "lamps/old" not in await categories(hall, "2024-01-01")
    gone = await hall.post("tickets", MATTER | {"category": "lamps/old"})
    assert problem(gone) == (422, "/problems/unknown-category", "R4")
    assert "now lamps/street" in gone.text


async def test_r9_a_call_to_every_number_of_the_register_is_recorded_with_its_mode(
    hall: Hall,
) -> None:
    """R8: the whole of Fuyang's sample."""
    lines = load("sample").catalogue.register.lines
    assert len(lines) == 20
    for line in lines:
        told = await hall.submit(
            channel="phone",
            called_number=line.number,
            transferred_by=line.number,
            transferred_at="2026-01-02T03:04:05Z",
            call={"waited_s": 3},
            title=f"Pothole before {line.number}",
        )
        assert told["facts"] == ["TicketReceived", "CallAnswered", "TicketAccepted"]
        fact = await received(hall, told["ticket"])
        assert (fact.called_number, fact.called_mode) == (line.number, line.mode.value)
        assert fact.transferred_by == line.number
        assert fact.transferred_at.ToJsonString() == "2026-01-02T03:04:05Z"
