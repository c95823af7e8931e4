"""Urges, refusals, a supervision and a dispute of T001, over HTTP."""

from __future__ import annotations

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.kernel.identity import Principal
from tests.integration.deadline.city import HOUR, now
from tests.integration.deadline.web import CHIEF, STAFF, Web, unit
from tests.support.loops import wait_until
from tests.unit.deadline.tickets import dispatched


async def says(web: Web, status: int, who: Principal, verb: str, **body: object) -> None:
    answer = await web.post(who, verb, **body)
    assert answer.status_code == status, (verb, body, answer.text)


async def an_urge_is_answered_and_a_refusal_says_why(web: Web) -> None:
    """R22, R25."""
    await says(
        web, 200, unit("U2"), "request-extension", clock="contact", working_days=1, reason="x"
    )
    await says(web, 403, unit("U2"), "refuse-extension", clock="contact", reason="no")
    await says(web, 422, STAFF, "refuse-extension", clock="contact", reason=" ")
    await says(web, 200, STAFF, "refuse-extension", clock="contact", reason="not needed")
    await says(web, 403, unit("U2"), "urge", reason="winter")
    await says(web, 200, STAFF, "urge", reason="winter")
    await says(web, 403, unit("U1"), "answer-urge", answer="soon")
    await says(web, 200, unit("U2"), "answer-urge", answer="tomorrow")


async def a_joint_supervision_runs_its_course(web: Web) -> None:
    """R25: opened, issued, answered, returned once, raised, the bureau told, closed."""
    await says(web, 403, STAFF, "open-supervision", reason="overdue")
    await says(web, 200, CHIEF, "open-supervision", reason="overdue", units=["U1", "U2"])
    await says(web, 409, CHIEF, "open-supervision", reason="again")
    await says(web, 409, unit("U2"), "answer-supervision", feedback="too early")
    await says(web, 200, CHIEF, "issue-supervision", document="No. 1")
    await says(web, 403, unit("U3"), "answer-supervision", feedback="not mine")
    await says(web, 200, unit("U2"), "answer-supervision", feedback="begun")
    await says(web, 409, CHIEF, "close-supervision", conclusion="U1 is silent")
    await says(web, 200, unit("U1"), "answer-supervision", feedback="handed over")
    await says(web, 200, CHIEF, "return-supervision", reason="until when?")
    for name in ("U1", "U2"):
        await says(web, 200, unit(name), "answer-supervision", feedback="until Friday")
    await says(web, 409, CHIEF, "return-supervision", reason="twice")
    await says(web, 200, CHIEF, "raise-supervision", level="city", reason="grave")
    await says(web, 403, STAFF, "notify-bureau", reason="grave")
    await says(web, 200, CHIEF, "notify-bureau", reason="grave")
    await says(web, 200, CHIEF, "close-supervision", conclusion="mended")
    await says(web, 409, CHIEF, "close-supervision", conclusion="none is open")


async def a_dispute_is_ruled_on(web: Web) -> None:
    """R27: of a miss that the unit really has."""
    await says(web, 409, unit("U2"), "dispute-miss", clock="confirm", reason="power cut")
    confirmed = dispatch.DispatchConfirmed(unit="U2")
    await web.city.say("T001", dispatched("U2", 3), now() - 3 * HOUR)
    await web.city.say("T001", confirmed, now())

    async def is_missed() -> bool:
        rows = (await web.get(STAFF, "/v1/tickets/T001/clocks")).json()
        return any(r["missed"] and r["run"] == 3 for r in rows)

    await wait_until(is_missed, what="the miss of the third run")
    await says(web, 403, unit("U3"), "dispute-miss", clock="confirm", reason="power cut")
    await says(web, 200, unit("U2"), "dispute-miss", clock="confirm", reason="power cut", run=3)
    await says(web, 403, STAFF, "rule-dispute", clock="confirm", excused=True, reason="grid")
    await says(web, 409, CHIEF, "rule-dispute", clock="confirm", excused=True, reason="x", run=1)
    await says(web, 200, CHIEF, "rule-dispute", clock="confirm", excused=True, reason="grid")
