"""datasync over HTTP, on both stores: who sees what, by list, file and pull."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.datasync.proof import Received, proof_heads, verify_chain
from services.datasync.adapters import documents
from services.datasync.domain.webhook import EndpointState
from services.kernel.clock import ManualClock
from services.kernel.http import encode_cursor
from services.kernel.identity import Principal, Role
from services.kernel.security import undeclared_routes
from tests.integration.datasync.stores import Kept
from tests.integration.datasync.web import (
    OPERATOR,
    STAFF,
    Web,
    department,
    loops,
    problem,
    unit,
)
from tests.unit.datasync.tickets import (
    LEAD,
    START,
)


async def test_staff_read_the_whole_ticket_file(kept: Kept, web: Web) -> None:
    await kept.read(loops("A").facts)
    file = await web.json("/tickets/A", STAFF)
    documents.TicketDocument.model_validate(file)
    assert (file["header"]["state"], file["header"]["unit"]) == ("replied", "DOT")
    assert [line["text"]["en"] for line in file["timeline"]] == [
        "Matter received (complaint): Pothole",
        "Accepted, category DOT/Street Condition",
        "Dispatched to DOT as lead unit",
        "DOT replied, solved: yes. Filled.",
    ]
    assert file["timeline"][0]["time"] == "2011-03-01T09:00:00Z"


async def test_a_ticket_is_shown_as_it_was_then(kept: Kept, web: Web) -> None:
    await kept.read(loops("A").facts)
    then = (START + timedelta(minutes=1)).isoformat()
    assert (await web.json("/tickets/A", STAFF, at=then))["header"]["state"] == "accepted"
    before = (START - timedelta(minutes=1)).isoformat()
    gone = await web.get("/tickets/A", STAFF, at=before)
    assert problem(gone) == (404, "/problems/unknown-ticket")
    assert (await web.get("/tickets/A", STAFF, at="2011-03-01T09:00:00")).status_code == 400


@pytest.mark.parametrize("caller", [department("DOT"), unit("DOT"), department("OEM")])
async def test_who_is_given_the_feed_reads_the_file(
    kept: Kept, web: Web, caller: Principal
) -> None:
    await kept.read(loops("A").facts)
    assert len((await web.json("/tickets/A", caller))["timeline"]) == 4


@pytest.mark.parametrize("caller", [department("DPR"), unit("DPR"), department("NOBODY")])
async def test_a_ticket_that_is_not_shared_is_like_one_that_does_not_exist(
    kept: Kept, web: Web, caller: Principal
) -> None:
    await kept.read(loops("A").facts)
    hidden = await web.get("/tickets/A", caller)
    unknown = await web.get("/tickets/B", caller)
    assert (hidden.status_code, hidden.content) == (unknown.status_code, unknown.content)
    assert problem(hidden) == (404, "/problems/unknown-ticket")


async def test_a_narrow_rule_shows_its_part_of_the_file(kept: Kept, web: Web) -> None:
    await kept.read(loops("A").facts)
    file = await web.json("/tickets/A", department("PRESS"))
    documents.TicketDocument.model_validate(file)
    assert file["header"] is None
    assert [line["type"].rpartition(".")[2] for line in file["timeline"]] == ["TicketReplied"]
    assert (await web.json("/tickets", department("PRESS")))["tickets"] == []


async def test_a_list_shows_each_caller_its_own(kept: Kept, web: Web) -> None:
    await kept.read(loops("A", "B", "C").facts)

    async def listed(caller: Principal, **query: Any) -> list[str]:
        page = await web.json("/tickets", caller, **query)
        documents.TicketList.model_validate(page)
        return [row["ticket"] for row in page["tickets"]]

    assert await listed(STAFF) == await listed(department("OEM")) == ["C", "B", "A"]
    assert await listed(department("DOT")) == await listed(unit("DOT")) == ["C", "A"]
    assert await listed(department("NOBODY")) == []
    assert await listed(STAFF, unit="DPR", state="replied", category="DOT") == ["B"]
    assert await listed(unit("DOT"), unit="DPR") == []


async def test_a_list_goes_on_behind_its_cursor(kept: Kept, web: Web) -> None:
    await kept.read(loops("A", "B", "C").facts)
    first = await web.json("/tickets", STAFF, limit=2)
    rest = await web.json("/tickets", STAFF, limit=2, cursor=first["cursor"])
    assert [row["ticket"] for row in first["tickets"] + rest["tickets"]] == ["C", "B", "A"]
    assert rest["cursor"] is None


@pytest.mark.parametrize("cursor", ["!", "é", "AAAA", "MjAxMS0wMy0wMVQwOTowMDowMCBB"])
@pytest.mark.parametrize("path", ["/tickets", "/feeds/dot"])
async def test_a_cursor_that_is_none_of_ours_is_refused(web: Web, path: str, cursor: str) -> None:
    refused = await web.get(path, STAFF, cursor=cursor)
    assert problem(refused) == (400, "/problems/cursor-malformed")


async def test_a_text_that_no_store_takes_is_refused(web: Web) -> None:
    cursor = encode_cursor(["2011-03-16T09:00:00Z", "a\0"])
    assert problem(await web.get("/tickets", STAFF, cursor=cursor))[0] == 400
    assert problem(await web.get("/tickets", STAFF, unit="a\0"))[0] == 400


async def test_a_feed_is_pulled_page_by_page_and_proven(kept: Kept, web: Web) -> None:
    await kept.read(loops(*"ABCDEFGH").facts)
    entries = await web.pulled("dot")
    answer = await web.json("/feeds/dot/proof", department("DOT"))
    documents.ProofDocument.model_validate(answer)
    proof = verify_chain(map(Received.from_json, entries), proof_heads(answer))
    assert (proof.ok, proof.entries) == (True, 16)
    del entries[5]
    assert not verify_chain(map(Received.from_json, entries), proof_heads(answer)).ok


@pytest.mark.parametrize("path", ["/feeds/dot", "/feeds/dot/events", "/feeds/dot/proof"])
async def test_another_departments_feed_is_not_shown(web: Web, path: str) -> None:
    assert problem(await web.get(path, department("DPR"))) == (403, "/problems/not-yours")
    assert problem(await web.get(path, unit("DPR"))) == (403, "/problems/not-yours")


async def test_an_unknown_subscription_is_not_found(web: Web) -> None:
    found = await web.get("/feeds/nobody", STAFF)
    assert problem(found) == (404, "/problems/subscription-unknown")


async def test_a_way_that_was_not_agreed_is_not_served(web: Web) -> None:
    for path in ("/feeds/hpd", "/feeds/hpd/events"):
        assert problem(await web.get(path, department("HPD"))) == (403, "/problems/way-not-agreed")
    assert (await web.json("/feeds/hpd/proof", department("HPD")))["heads"] == []


async def test_a_department_sees_its_own_subscriptions_and_operators_all(web: Web) -> None:
    own = await web.json("/subscriptions", department("DOT"))
    documents.SubscriptionList.model_validate(own)
    assert own["version"] == "test/1"
    assert [s["id"] for s in own["subscriptions"]] == ["dot"]
    assert own["subscriptions"][0]["topic"] == "hotline.department.dot.v1"
    assert own["subscriptions"][0]["rules"][0]["id"] == LEAD.id
    assert len((await web.json("/subscriptions", OPERATOR))["subscriptions"]) == 5


async def test_every_route_declares_who_may_call_it(web: Web) -> None:
    assert undeclared_routes(web.app) == []
    citizen = Principal("citizen", frozenset({Role.CITIZEN}), ticket="A")
    for path in ("/tickets", "/tickets/A", "/feeds/dot", "/subscriptions"):
        assert problem(await web.get(path, citizen)) == (403, "/problems/role-missing")
    assert problem(await web.get("/tickets/A", OPERATOR)) == (403, "/problems/role-missing")


async def test_an_answer_waits_for_what_its_reader_wrote(kept: Kept, web: Web) -> None:
    await kept.read(loops("A").facts)
    web.client.headers["Hotline-After"] = "dispatch/3/17"
    await web.json("/tickets/A", STAFF)
    await web.json("/tickets", STAFF)
    assert web.waited == [{("dispatch", 3): 17}] * 2


async def test_an_operator_releases_a_stopped_endpoint(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    await kept.feeds.put_endpoint("dot", EndpointState(stopped_at=clock.now(), reason="gone"))
    web.caller = OPERATOR
    released = await web.client.post(
        "/v1/subscriptions/dot/release", headers={"Idempotency-Key": "r-1"}
    )
    assert (released.status_code, released.json()) == (200, {"tickets": 0})
    assert await kept.feeds.endpoint("dot") == EndpointState()
