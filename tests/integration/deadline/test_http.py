"""Clocks over HTTP (R22, R23, R25, R26, R27, R35), on the real broker and store and on twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from services.deadline.adapters.proof import differences
from services.kernel.names import bucket_of
from services.kernel.security import undeclared_routes
from tests.integration.deadline.city import HOUR, City, now
from tests.integration.deadline.supervised import (
    a_dispute_is_ruled_on,
    a_joint_supervision_runs_its_course,
    an_urge_is_answered_and_a_refusal_says_why,
)
from tests.integration.deadline.web import CITIZEN, STAFF, Web, unit
from tests.support.loops import BUCKETS, memory_loop, real_loop


@pytest.fixture(params=["twin", "real"])
async def web(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Web]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            made = Web(await City.of(twin))
            await made.start()
            yield made
            await made.client.aclose()
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            made = Web(await City.of(real))
            await made.start()
            yield made
            await made.client.aclose()


async def test_clocks_over_http(web: Web) -> None:
    """One process for all of it, as a start is dear."""
    await staff_read_every_run(web)
    await a_unit_reads_its_own_runs_only(web)
    await what_is_due_comes_in_order_and_within_the_hours(web)
    await a_unit_is_told_its_own_due_clocks_only(web)
    await people_see_lists_hours_and_a_feed(web)
    await an_extension_is_asked_seen_with_its_proof_and_granted(web)
    await a_pause_and_a_limit_move_the_rows(web)
    await special_circumstances_are_applied_for_in_writing_with_their_document(web)
    await who_may_not_read_is_refused(web)
    await a_position_that_was_not_applied_is_waited_for_and_then_refused(web)
    await an_urge_is_answered_and_a_refusal_says_why(web)
    await a_joint_supervision_runs_its_course(web)
    await a_dispute_is_ruled_on(web)


async def staff_read_every_run(web: Web) -> None:
    answer = await web.get(STAFF, "/v1/tickets/T001/clocks")
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    states = {(r["clock"], r["run"], r["unit"]): r["state"] for r in rows}
    assert states["confirm", 1, "U1"] == states["return", 1, "U1"] == "stopped"
    assert states["confirm", 2, "U2"] == states["return", 2, "U2"] == "running"
    confirm = next(r for r in rows if (r["clock"], r["run"]) == ("confirm", 2))
    due_at = web.returned_at + 2 * HOUR
    assert confirm == {
        "ticket": "T001",
        "clock": "confirm",
        "run": 2,
        "unit": "U2",
        "state": "running",
        "started_at": web.returned_at.isoformat().replace("+00:00", "Z"),
        "due_at": due_at.isoformat().replace("+00:00", "Z"),
        "missed": False,
    }


async def a_unit_reads_its_own_runs_only(web: Web) -> None:
    rows = (await web.get(unit("U2"), "/v1/tickets/T001/clocks")).json()
    assert {(r["unit"], r["run"]) for r in rows} == {("U2", 2)}
    other = await web.get(unit("U3"), "/v1/tickets/T001/clocks")
    unknown = await web.get(unit("U3"), "/v1/tickets/T009/clocks")
    assert other.status_code == unknown.status_code == 404
    assert other.json()["type"] == unknown.json()["type"]


async def what_is_due_comes_in_order_and_within_the_hours(web: Web) -> None:
    rows = (await web.get(STAFF, "/v1/due?within_h=500")).json()
    assert [r["clock"] for r in rows] == ["confirm", "return", "contact", "resolve"]
    assert (await web.get(STAFF, "/v1/due?within_h=500&limit=2")).json() == rows[:2]
    soon = (await web.get(STAFF, "/v1/due?within_h=2")).json()
    assert "confirm" in [r["clock"] for r in soon]
    assert "resolve" not in [r["clock"] for r in soon]
    assert (await web.get(STAFF, "/v1/due?within_h=500&unit=U1")).json() == []


async def a_unit_is_told_its_own_due_clocks_only(web: Web) -> None:
    mine = (await web.get(unit("U2"), "/v1/due?within_h=500")).json()
    assert len(mine) == 4
    assert (await web.get(unit("U1"), "/v1/due?within_h=500")).json() == []
    assert (await web.get(unit("U1"), "/v1/due?unit=U2")).status_code == 403


async def people_see_lists_hours_and_a_feed(web: Web) -> None:
    lists = (await web.get(unit("U2"), "/v1/due/lists")).json()
    assert lists.keys() == {"overdue", "today", "this_week", "extensions"}
    assert lists.pop("extensions") == 0
    mine = [r["clock"] for part in lists.values() for r in part]
    assert "confirm" in mine
    assert set(mine) <= {"confirm", "return", "contact", "resolve"}
    assert (await web.get(STAFF, "/v1/due/lists?desk=true")).json()["overdue"] == []
    hours = (await web.get(STAFF, "/v1/due/hours")).json()
    assert sum(hour["clocks"] for hour in hours) == 4
    assert [hour["hour"] for hour in hours] == sorted(hour["hour"] for hour in hours)
    feed = await web.get(unit("U2"), "/v1/due/calendar.ics")
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert feed.text.count("BEGIN:VEVENT") == 4
    for path in ("lists", "hours", "calendar.ics"):
        assert (await web.get(unit("U1"), f"/v1/due/{path}?unit=U2")).status_code == 403
        assert (await web.get(unit("U1"), f"/v1/due/{path}?desk=true")).status_code == 403
        assert (await web.get(CITIZEN, f"/v1/due/{path}")).status_code == 403


async def an_extension_is_asked_seen_with_its_proof_and_granted(web: Web) -> None:
    ask = {"clock": "resolve", "working_days": 2, "reason": "road works"}
    assert (await web.post(STAFF, "request-extension", **ask)).status_code == 403
    assert (await web.post(unit("U1"), "request-extension", **ask)).status_code == 403
    long = await web.post(unit("U2"), "request-extension", **{**ask, "working_days": 6})
    assert (long.status_code, long.json()["rule"]) == (422, "R22")
    asked = await web.post(unit("U2"), "request-extension", **ask, document="Letter 5")
    assert asked.status_code == 200
    await the_desk_sees_what_waits(web, asked.headers["Hotline-Position"])
    proof = "/v1/tickets/T001/clocks/resolve/proof"
    before = (await web.get(STAFF, proof)).json()
    assert [e["type"] for e in before["events"]] == ["extension_asked"]
    assert (await web.post(unit("U2"), "grant-extension", clock="resolve")).status_code == 403
    granted = await web.post(STAFF, "grant-extension", clock="resolve")
    after = {"Hotline-After": granted.headers["Hotline-Position"]}
    assert (await web.get(STAFF, "/v1/due/extensions", **after)).json() == []
    rows = (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).json()
    moved = next(r for r in rows if (r["clock"], r["run"]) == ("resolve", 2))
    proven = (await web.get(unit("U2"), proof)).json()
    assert datetime.fromisoformat(proven["due_at"]) == datetime.fromisoformat(moved["due_at"])
    assert proven["due_at"] > before["due_at"]
    assert differences(proven) == []
    assert "同意延期 extension granted" in (await web.get(STAFF, f"{proof}.txt")).text
    lost = (await web.get(unit("U1"), proof)).json()  # of the run that it had
    assert lost["start"] < proven["start"]
    assert (await web.get(STAFF, f"{proof}?run=1")).json() == lost
    assert (await web.get(unit("U1"), f"{proof}?run=2")).status_code == 404
    assert (await web.get(unit("U3"), proof)).status_code == 404
    assert (await web.get(STAFF, "/v1/tickets/T001/clocks/redo/proof")).status_code == 404


async def the_desk_sees_what_waits(web: Web, position: str) -> None:
    """R22: with reason, document and due instant, and the proof beside it."""
    after = {"Hotline-After": position}
    [found] = (await web.get(STAFF, "/v1/due/extensions", **after)).json()
    rows = (await web.get(STAFF, "/v1/tickets/T001/clocks")).json()
    due = next(r["due_at"] for r in rows if (r["clock"], r["run"]) == ("resolve", 2))
    asked_at = datetime.fromisoformat(found.pop("asked_at"))
    assert now() - asked_at < HOUR
    assert found == {
        "ticket": "T001",
        "clock": "resolve",
        "run": 2,
        "unit": "U2",
        "working_days": 2,
        "reason": "road works",
        "document": "Letter 5",
        "due_at": due,
        "alarmed": False,
        "proof": "/v1/tickets/T001/clocks/resolve/proof",
    }
    proven = (await web.get(STAFF, found["proof"])).json()
    assert datetime.fromisoformat(proven["due_at"]) == datetime.fromisoformat(due)
    assert proven["events"][-1]["document"] == "Letter 5"
    assert (await web.get(STAFF, "/v1/due/lists")).json()["extensions"] == 1
    assert (await web.get(unit("U2"), "/v1/due/lists")).json()["extensions"] == 0
    for who in (unit("U2"), unit("U1"), CITIZEN):
        assert (await web.get(who, "/v1/due/extensions")).status_code == 403
        assert (await web.get(who, "/v1/calendar/moved")).status_code == 403
    assert (await web.get(STAFF, "/v1/due/extensions?limit=0")).status_code == 400


async def a_pause_and_a_limit_move_the_rows(web: Web) -> None:
    bad = await web.post(STAFF, "pause-clocks", reason="lunch")
    assert (bad.status_code, bad.json()["rule"]) == (409, "R26")
    paused = await web.post(STAFF, "pause-clocks", reason="force_majeure", clock="contact")
    assert paused.status_code == 200
    resumed = await web.post(STAFF, "resume-clocks")
    limit = await web.post(STAFF, "set-limit", clock="resolve", working_days=1, document="law")
    assert (resumed.status_code, limit.status_code) == (200, 200)
    assert (await web.post(STAFF, "set-limit", clock="resolve")).status_code == 422
    after = {"Hotline-After": limit.headers["Hotline-Position"]}
    rows = (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).json()
    due = {r["clock"]: r["due_at"] for r in rows if r["run"] == 2}
    assert due["resolve"] == due["return"]  # both of one working day


async def special_circumstances_are_applied_for_in_writing_with_their_document(web: Web) -> None:
    """R23: a longer limit stands in place of the law's; refused, nothing moves."""
    proof = "/v1/tickets/T001/clocks/resolve/proof"
    before = (await web.get(STAFF, proof)).json()
    longer = {"clock": "resolve", "working_days": 20, "special": True}
    document = "市府办〔2026〕3号"
    applied = {"written_application": True, "document": document}
    assert (await web.post(unit("U2"), "set-limit", **longer, **applied)).status_code == 403
    for lacking in (
        {},
        {"written_application": True},
        {"document": document},
        {**applied, "document": "  "},
        {**applied, "written_application": False},
    ):
        refused = await web.post(STAFF, "set-limit", **longer, **lacking)
        problem = refused.json()
        assert (refused.status_code, problem["rule"]) == (422, "R23"), lacking
        assert problem["type"].endswith("limit-without-application")
    shorter = {**longer, "working_days": 1, **applied}
    refused = await web.post(STAFF, "set-limit", **shorter)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R23")
    assert (await web.get(STAFF, proof)).json() == before
    done = await web.post(STAFF, "set-limit", **longer, **applied)
    assert (done.status_code, done.json()["facts"]) == (200, ["LimitSet"])
    again = await web.post(STAFF, "set-limit", **longer, **applied)
    assert (again.status_code, again.json()["facts"]) == (200, [])
    after = {"Hotline-After": done.headers["Hotline-Position"]}
    rows = (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).json()
    moved = next(r for r in rows if (r["clock"], r["run"]) == ("resolve", 2))
    proven = (await web.get(unit("U2"), proof)).json()
    assert datetime.fromisoformat(proven["due_at"]) == datetime.fromisoformat(moved["due_at"])
    assert proven["due_at"] > before["due_at"]
    told = {"basis": "special", "length": {"working_days": 20}, **applied}
    assert {name: proven["events"][-1][name] for name in told} == told
    assert differences(proven) == []
    words = (await web.get(STAFF, f"{proof}.txt")).text
    assert "特殊情况 special circumstances" in words
    assert document in words


async def who_may_not_read_is_refused(web: Web) -> None:
    for path in ("/v1/tickets/T001/clocks", "/v1/due"):
        assert (await web.get(CITIZEN, path)).status_code == 403
    assert undeclared_routes(web.app) == []
    assert (await web.get(STAFF, "/v1/due?within_h=-1")).status_code == 400
    assert (await web.get(STAFF, "/v1/due?unit=%00")).status_code == 400


async def a_position_that_was_not_applied_is_waited_for_and_then_refused(web: Web) -> None:
    bucket = bucket_of("T001", BUCKETS)
    after = {"Hotline-After": f"dispatch/{bucket}/4"}
    assert (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).status_code == 200
    after = {"Hotline-After": f"dispatch/{bucket}/5"}
    assert (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).status_code == 503
