"""To and fro between 12345 and other lines, over HTTP and by Kafka (R9, R11)."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from hotline.intake.v1 import commands_pb2, events_pb2
from services.kernel.security import Role
from services.kernel.tokens import dev_token
from tests.integration.intake.hall import MATTER, Hall, pothole, problem
from tests.integration.intake.test_decided_again import said

REASON = {"reason": "It is about the city's own fee."}


async def post_as(hall: Hall, name: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """By a channel's own key."""
    token = dev_token(Role.CHANNEL, name, run_dir=hall.run_dir)
    headers = hall.headers(Role.CHANNEL) | {"Authorization": f"Bearer {token}"}
    return await hall.http.post(f"/v1/{path}", json=body, headers=headers)


async def test_r9_a_sub_centre_hands_back_over_http_under_the_same_number(hall: Hall) -> None:
    told = await hall.submit(facts={"sub_centre": "tax"})
    assert told["state"] == "transferred"
    verb = f"tickets/{told['ticket']}/return-transfer"
    for role in (Role.STAFF, Role.UNIT):
        assert (await hall.post(verb, REASON, role)).status_code == 403
    other = await post_as(hall, "12315", verb, REASON)
    assert problem(other) == (409, "/problems/not-transferred", "R9")
    back = await post_as(hall, "12366", verb, REASON)
    assert back.json()["facts"] == ["TransferReturned", "TicketAccepted"]
    again = await post_as(hall, "12366", verb, REASON)
    assert (again.status_code, again.json()["facts"]) == (200, [])
    facts = await said(
        hall, told["ticket"],
        "TicketReceived", "TicketTransferred", "TransferReturned", "TicketAccepted",
    )  # fmt: skip
    returned = events_pb2.TransferReturned.FromString(facts[2].data)
    assert (returned.line, returned.reason) == ("12366", REASON["reason"])
    assert (await hall.state(told["ticket"], told["code"])).json()["state"] == "accepted"


async def test_r9_the_lines_own_channel_alone_hands_back_by_kafka(hall: Hall) -> None:
    told = await hall.submit(facts={"sub_centre": "tax"})
    message = commands_pb2.ReturnTransfer(reason="mine")
    await hall.command("channel", told["ticket"], message, "r-1")
    [refused] = await hall.replies("channel", 1)
    assert (refused.status, b"not-transferred" in refused.body) == (409, True)
    await hall.command("12366", told["ticket"], message, "r-2")
    [done] = await hall.replies("12366", 1)
    facts = ["TransferReturned", "TicketAccepted"]
    assert (done.status, orjson.loads(done.body)["facts"]) == (200, facts)


async def test_r11_what_110_hands_over_gets_its_receipt_at_once(hall: Hall) -> None:
    handed = {"channel": "police", "handed_over_by": "110", "handover_reference": "P-7"}
    made = await post_as(hall, "110", "tickets", MATTER | handed)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["facts"] == ["TicketReceived", "HandoverAcknowledged", "TicketAccepted"]
    assert told["handover"]["line"] == "110"
    facts = await said(
        hall, told["ticket"], "TicketReceived", "HandoverAcknowledged", "TicketAccepted"
    )
    taken = events_pb2.HandoverAcknowledged.FromString(facts[1].data)
    assert (taken.receipt, taken.reference) == (told["handover"]["receipt"], "P-7")
    state = (await hall.state(told["ticket"], told["code"])).json()
    assert state["handover"] == told["handover"]


async def test_r11_110_hands_over_by_kafka_and_nobody_else_for_it(hall: Hall) -> None:
    """R11: by its own channel, as over HTTP."""
    matter = pothole()
    matter.channel, matter.handed_over_by, matter.handover_reference = "police", "110", "P-7"
    await hall.send("110", matter, "h-1")
    (made,) = await hall.replies("110", 1)
    told = orjson.loads(made.body)
    assert (made.status, told["handover"]["line"]) == (201, "110")
    facts = await said(
        hall, made.ticket_id, "TicketReceived", "HandoverAcknowledged", "TicketAccepted"
    )
    received = events_pb2.TicketReceived.FromString(facts[0].data)
    taken = events_pb2.HandoverAcknowledged.FromString(facts[1].data)
    assert received.transferred_by == "110"
    assert (taken.receipt, taken.reference) == (told["handover"]["receipt"], "P-7")
    matter.channel = "web"
    await hall.send("channel", matter, "h-2")
    (refused,) = await hall.replies("channel", 1)
    assert (refused.status, b"not-the-lines-own" in refused.body) == (403, True)


async def test_r11_a_hostile_or_unknown_line_is_answered_clearly(hall: Hall) -> None:
    wanted = {
        ("police", "110", "12315"): (422, "/problems/not-an-emergency-line", "R11"),
        ("web", "anybody", "110"): (403, "/problems/not-the-lines-own", "R11"),
        ("police", "110", "119"): (403, "/problems/not-the-lines-own", "R11"),
        ("police", "anybody", "110"): (403, "/problems/not-the-channels-caller", "R3"),
    }
    for (channel, name, line), expected in wanted.items():
        body = MATTER | {"channel": channel, "handed_over_by": line}
        assert problem(await post_as(hall, name, "tickets", body)) == expected
