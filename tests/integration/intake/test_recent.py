"""R16 on the real store: the same matter of the same citizen, found by a keyed hash."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2
from services.kernel.cloudevents import to_record
from services.kernel.names import TICKETS, topic_of
from services.kernel.queries import named
from services.kernel.security import Role
from tests.integration.intake.hall import Hall
from tests.support.loops import wait_until
from tests.unit.datasync.tickets import Topic

OTHER = "13900139000"


async def dispatched(hall: Hall, ticket: str, message: Message, topic: Topic | None = None) -> None:
    """A fact of dispatch; one topic counts what it says of the ticket."""
    fact = (topic or Topic()).say(ticket, message, datetime.now(UTC))
    await hall.loop.bus().publish([to_record(fact, topic_of(hall.loop.namespace, TICKETS))])


async def progress(hall: Hall, ticket: str, wanted: str) -> None:
    """Until the view has it."""

    async def is_there() -> bool:
        query = "select progress from recent where ticket = $1"
        store: Any = hall.runtime.store
        return bool(await store.pool.fetchval(query, ticket) == wanted)

    await wait_until(is_there)


async def handled(hall: Hall, **changes: Any) -> dict[str, Any]:
    told = await hall.submit(**changes)
    await progress(hall, told["ticket"], "being_handled")
    await dispatched(hall, told["ticket"], dispatch.TicketCompleted(unit="transport"))
    await progress(hall, told["ticket"], "handled")
    return told


async def test_r16_a_handled_matter_that_comes_again_is_linked_and_told_so(hall: Hall) -> None:
    """R16: trial-measures, 6."""
    first = await handled(hall, title="人民路路面破损")
    again = await hall.submit(title="人民路的路面破损", contact="+86 138-0013-8000")
    assert (again["state"], again["link"]["ticket"]) == ("linked", first["ticket"])
    assert (again["link"]["rule"], again["link"]["number"]) == ("R16", 6)
    facts = await hall.loop.facts(lambda found: any(f.ticket == again["ticket"] for f in found))
    data = next(f.data for f in facts if f.ticket == again["ticket"])
    received = events_pb2.TicketReceived.FromString(data)
    assert list(received.repeats_handled) == [first["ticket"]]
    assert b"138" not in data.replace(received.contact, b"")


async def test_r16_a_corrected_category_is_compared_under_the_right_one(hall: Hall) -> None:
    first = await handled(hall, title="人民路路面破损")
    corrected = {"category": "market/food", "reason": "It is about the stall."}
    verb = f"tickets/{first['ticket']}/correct-category"
    assert (await hall.post(verb, corrected, Role.STAFF)).status_code == 200

    async def is_refiled() -> bool:
        store: Any = hall.runtime.store
        query = "select category from recent where ticket = $1"
        return bool(await store.pool.fetchval(query, first["ticket"]) == "market/food")

    await wait_until(is_refiled)
    again = await hall.submit(title="人民路的路面破损", category="market/food")
    assert (again["state"], again["link"]["ticket"]) == ("linked", first["ticket"])
    assert (await hall.submit(title="人民路的路面破损"))["state"] == "accepted"


async def test_r16_new_circumstances_another_citizen_and_another_matter_are_accepted(
    hall: Hall,
) -> None:
    """R16."""
    first = await handled(hall)
    stated = await hall.submit(new_circumstance=True)
    other = await hall.submit(contact=OTHER)
    elsewhere = await hall.submit(area="yingdong")
    different = await hall.submit(title="A bridge is closed")
    nobody = await hall.submit(contact="")
    for told in (stated, other, elsewhere, different, nobody):
        assert told["state"] == "accepted"
    facts = await hall.loop.facts(lambda found: any(f.ticket == other["ticket"] for f in found))
    data = next(f.data for f in facts if f.ticket == other["ticket"])
    assert first["ticket"] in events_pb2.TicketReceived.FromString(data).related


async def test_r16_a_matter_that_is_being_handled_is_not_linked_under_s4(hall: Hall) -> None:
    """R16: trial-measures, handled only; the ticket says what it was compared with."""
    first = await hall.submit()
    await progress(hall, first["ticket"], "being_handled")
    again = await hall.submit()
    assert again["state"] == "accepted"
    facts = await hall.loop.facts(lambda found: any(f.ticket == again["ticket"] for f in found))
    data = next(f.data for f in facts if f.ticket == again["ticket"])
    received = events_pb2.TicketReceived.FromString(data)
    assert list(received.repeats_being_handled) == [first["ticket"]]


async def test_r16_a_withdrawn_matter_may_come_again(hall: Hall) -> None:
    first = await hall.submit()
    body = {"reason": "settled", "code": first["code"]}
    await hall.post(f"tickets/{first['ticket']}/withdraw", body)
    await progress(hall, first["ticket"], "not_handled")
    assert (await hall.submit())["state"] == "accepted"


async def test_r16_anothers_near_matter_over_an_areas_border_is_offered_as_related(
    hall: Hall,
) -> None:
    """However many came since in the same area: what is near is asked for by itself."""
    here = {"latitude": 32.9, "longitude": 115.8}
    first = await hall.submit(contact=OTHER, area="yingdong", **here)
    far = await hall.submit(contact=OTHER, area="yingdong", latitude=32.92, longitude=115.8)
    unplaced = await hall.submit(contact=OTHER, area="yingdong")
    for told in (first, far, unplaced):
        await progress(hall, told["ticket"], "being_handled")
    new = await hall.submit(area="yingzhou", latitude=32.901, longitude=115.8005)
    assert new["state"] == "accepted"
    facts = await hall.loop.facts(lambda found: any(f.ticket == new["ticket"] for f in found))
    data = next(f.data for f in facts if f.ticket == new["ticket"])
    received = events_pb2.TicketReceived.FromString(data)
    assert list(received.related) == [first["ticket"]]


async def test_r16_near_matters_are_read_by_field_however_many_there_are(hall: Hall) -> None:
    """The plan, over many matters: each by its own index, and no more rows than are asked for,
    though the citizen is a sensor with many matters of another category."""
    store: Any = hall.runtime.store
    for category, person in (("traffic/road", "n % 1000"), ("market/food", "1")):
        await store.pool.execute(
            f"insert into recent select 0, '{category}' || n, 'p' || {person}, '{category}', "
            "'yingdong', 'Old', 32.9, 115.8, 'being_handled', now() - n * interval '1 second', "
            "7 + n % 2 from generate_series(1, 20000) n"
        )
    await store.pool.execute("analyze recent")
    file = resources.files("services.intake") / "adapters" / "queries.sql"
    query = named(file, store.schema, store.vault)["recent_matters"]
    since = datetime.now(UTC) - timedelta(days=180)
    matter = [0], ["p1"], ["traffic/road"], [since], ["yingdong"]
    cell = [0], ["traffic/road"], [7], [since]
    rows = await store.pool.fetch(f"explain analyze {query}", *matter, *cell, 5)
    plan = "\n".join(row[0] for row in rows)
    scans = re.findall(r"Scan Backward using (\w+) on recent .*actual.*rows=(\d+)", plan)
    indexes = ("recent_of_person_category", "recent_of_place", "recent_of_cell")
    assert [(index, int(read)) for index, read in scans] == [(index, 5) for index in indexes]
    assert "Filter" not in plan
