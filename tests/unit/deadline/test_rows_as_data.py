"""Clocks as policy: lengths by kind and level, and a wholly new clock, on live tickets."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import orjson
import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.lives import line_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import page
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.reactions import decider
from tests.unit.deadline.test_rules import FROM, Office
from tests.unit.deadline.tickets import Ticket, accepted, cn

NINE = cn(3, 9, 10)


def ticket_under(content: Any) -> Ticket:
    made = Ticket()
    made.policy = parse(content, "p")
    made.codec = PolicyCodec(made.policy)
    made.decider = decider(made.policy, made.calendar)
    return made


def by_matter(*entries: tuple[dict[str, Any], int]) -> Any:
    content = deepcopy(document("sample"))
    content["clocks"]["resolve"]["by_matter"] = [
        {"when": when, "length": {"working_days": days}} for when, days in entries
    ]
    return content


def dispatched_at(level: str) -> Any:
    return dispatch.TicketDispatched(unit="U1", round=1, level=level)


@pytest.mark.parametrize(
    ("kind", "level", "length"),
    [
        ("CONSULTATION", "LEVEL_CITY", "working_days=1"),
        ("CONSULTATION", "LEVEL_COUNTY", "working_days=1"),  # the first entry that fits
        ("COMPLAINT", "LEVEL_COUNTY", "working_days=3"),
        ("COMPLAINT", "LEVEL_CITY", "working_days=5"),
        ("HELP", "LEVEL_TOWNSHIP", "working_days=7"),
        ("REPORT", "LEVEL_TOWNSHIP", "working_days=5"),
    ],
)
def test_a_length_is_chosen_by_kind_and_by_level_of_the_unit(
    kind: str, level: str, length: str
) -> None:
    ticket = ticket_under(
        by_matter(
            ({"kind": "consultation"}, 1),
            ({"level": "county"}, 3),
            ({"kind": ["help", "suggestion"], "level": "township"}, 7),
        )
    )
    ticket.say(accepted(kind), NINE)
    ticket.say(dispatched_at(LEVELS[level]), NINE)
    assert ticket.clock("resolve").length == length


LEVELS = {"LEVEL_CITY": "city", "LEVEL_COUNTY": "county", "LEVEL_TOWNSHIP": "township"}
SITE_VISIT = {
    "length": {"working_days": 2},
    "starts": [{"type": "hotline.dispatch.v1.CitizenContacted"}],
    "ends": [{"type": "hotline.dispatch.v1.ProgressNoted"}],
    "acts": ["progress_noted"],
}


async def test_a_wholly_new_clock_is_a_row_that_is_published_and_starts_live() -> None:
    office, content = Office(), deepcopy(document("sample"))
    content["version"] = "2026-03-11"
    content["clocks"]["site_visit"] = SITE_VISIT
    await office.publish("policy/trial-measures", content)
    desk = office.desk()
    desk.codec = office.rules._codec
    desk.policy = office.in_effect(FROM)[0]
    desk.say(dispatch.CitizenContacted(unit="U1"), FROM - timedelta(hours=1))
    assert "site_visit" not in desk.state.by_name  # not in effect yet
    desk.say(dispatch.CitizenContacted(unit="U1"), cn(3, 11, 10))
    assert desk.clock("site_visit").due_at == cn(3, 14)
    for _ in range(3):
        desk.fire(cn(3, 14))
    warned = [w.mark for w in desk.warnings() if w.clock == "site_visit"]
    assert warned == ["50%", "80%", "2h"]
    assert ("site_visit", 1) in desk.misses()
    desk.say(dispatch.ProgressNoted(unit="U1"), cn(3, 13, 10), reached=cn(3, 14, 9))
    assert ("site_visit", 1) not in desk.misses()
    line, unit = line_of("site_visit", desk.events, office.in_effect.city(cn(3, 14)))
    assert line is not None
    proof = orjson.loads(orjson.dumps(prove(line, office.in_effect.city(cn(3, 14)))))
    assert (unit, proof["late"], differences(proof)) == ("U1", False, [])
    assert page(proof).startswith("site_visit\n")
