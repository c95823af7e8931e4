"""What the citizen's code opens: the state of the ticket, and its withdrawal."""

from __future__ import annotations

import orjson

from hotline.intake.v1 import commands_pb2
from services.kernel.security import Role
from tests.integration.intake.hall import Hall, problem


async def test_who_has_number_and_code_sees_the_state_and_withdraws(hall: Hall) -> None:
    told = await hall.submit()
    ticket, code = told["ticket"], told["code"]
    verb, body = f"tickets/{ticket}/withdraw", {"reason": "settled", "code": code}
    found = await hall.state(ticket, code)
    assert (found.status_code, found.json()) == (200, {"ticket": ticket, "state": "accepted"})
    unknown = await hall.state("20260316-0000099-1", code)
    for wrong in ("", code.lower(), "22222222"):
        hidden = await hall.state(ticket, wrong)
        assert (hidden.status_code, hidden.content) == (404, unknown.content)
    missing = await hall.post("tickets/20260316-0000099-1/withdraw", body)
    assert problem(missing)[:2] == (404, "/problems/unknown-ticket")
    for role in (Role.CHANNEL, Role.STAFF, Role.SUPERVISOR):
        hidden = await hall.post(verb, body | {"code": "22222222"}, role)
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    without = await hall.post(verb, {"reason": "settled"})
    assert problem(without)[:2] == (422, "/problems/body-invalid")
    stale = await hall.post(verb, body, If_Match='"1"')
    assert problem(stale)[:2] == (412, "/problems/version-mismatch")
    done = await hall.post(verb, body, If_Match='"2"')
    assert (done.status_code, done.headers["etag"]) == (200, '"3"')
    position = done.headers["hotline-position"]
    found = await hall.state(ticket, code, **{"Hotline-After": position})
    assert found.json()["state"] == "withdrawn"
    again = await hall.post(verb, body)
    assert (again.status_code, again.json()["facts"]) == (200, [])


async def test_a_signed_withdrawal_needs_the_code_too(hall: Hall) -> None:
    told = await hall.submit()
    for command_id, code in (("w-1", ""), ("w-2", "22222222"), ("w-3", told["code"])):
        message = commands_pb2.WithdrawTicket(reason="settled", code=code)
        await hall.command("channel", told["ticket"], message, command_id)
    answers = {a.command_id: a for a in await hall.replies("channel", 3)}
    assert {name: a.status for name, a in answers.items()} == {"w-1": 404, "w-2": 404, "w-3": 200}
    assert orjson.loads(answers["w-1"].body)["type"] == "/problems/unknown-ticket"
    assert answers["w-2"].body == answers["w-1"].body
    assert orjson.loads(answers["w-3"].body)["facts"] == ["TicketWithdrawn"]


async def test_r25_who_has_number_and_code_urges_so_often_a_day(hall: Hall) -> None:
    told = await hall.submit()
    ticket, code = told["ticket"], told["code"]
    verb, body = f"tickets/{ticket}/urge-matter", {"reason": "still dark", "code": code}
    missing = await hall.post("tickets/20260316-0000099-1/urge-matter", body)
    for role in (Role.CHANNEL, Role.STAFF, Role.SUPERVISOR):
        hidden = await hall.post(verb, body | {"code": "22222222"}, role)
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    for role in (Role.UNIT, Role.CITIZEN, Role.ANALYST, Role.ADMINISTRATOR):
        assert (await hall.post(verb, body, role)).status_code == 403
    assert problem(await hall.post(verb, {"reason": "still dark"}))[0] == 422
    done = await hall.post(verb, body)
    assert (done.status_code, done.json()["facts"]) == (200, ["MatterUrged"])
    for role in (Role.CHANNEL, Role.STAFF):
        again = await hall.post(verb, body, role)
        assert (again.status_code, again.json()["rule"]) == (409, "R25")


async def test_r25_a_signed_urge_needs_the_code_too(hall: Hall) -> None:
    told = await hall.submit()
    sent = [("u-1", ""), ("u-2", "22222222"), ("u-3", told["code"]), ("u-4", told["code"])]
    for command_id, code in sent:
        message = commands_pb2.UrgeMatter(reason="still dark", code=code)
        await hall.command("channel", told["ticket"], message, command_id)
    answers = {a.command_id: a for a in await hall.replies("channel", 4)}
    statuses = {name: a.status for name, a in answers.items()}
    assert statuses == {"u-1": 404, "u-2": 404, "u-3": 200, "u-4": 409}
    assert answers["u-2"].body == answers["u-1"].body
    assert orjson.loads(answers["u-3"].body)["facts"] == ["MatterUrged"]


async def test_a_state_is_the_ledgers_whatever_this_process_remembers(hall: Hall) -> None:
    told = await hall.submit()
    states = hall.runtime.states
    assert states is not None
    states.evict([told["ticket"]])
    states.keep(told["ticket"], *states.unknown)  # as before another process recorded it
    assert (await hall.state(told["ticket"], told["code"])).json()["state"] == "accepted"
