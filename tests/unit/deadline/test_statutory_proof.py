"""The proof of a clock under the law of its category, also of a corrected one (R23, R27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.proof import differences
from services.deadline.adapters.proof_page import page
from services.deadline.domain.clock import Phase
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import (
    DeadlineMissed,
    LimitSet,
)
from services.kernel.decider import Rejection
from tests.unit.deadline.test_refiling import proof
from tests.unit.deadline.test_statutory_refiled import MONDAY, Held, to
from tests.unit.deadline.tickets import cn, dispatched


def test_r27_the_proof_names_the_law_and_the_correction() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    made = proof(ticket)
    assert differences(made) == []
    assert datetime.fromisoformat(made["due_at"]) == ticket.due() == cn(3, 14)
    assert made["events"] == [
        {
            "type": "limit_set",
            "at": MONDAY.isoformat(),
            "length": {"working_days": 3},
            "basis": "law",
            "statutory": True,
        },
        {
            "type": "refiled",
            "at": cn(3, 11, 10).isoformat(),
            "length": {"calendar_days": 7},
            "limit": {"working_days": 4},
        },
    ]


def test_r27_the_page_says_it_in_both_languages() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    ticket.do(SetLimit(cn(3, 11, 11), "ann", "resolve", hours=90, document="条例"))
    ticket.say(to(0), cn(3, 11, 12))
    words = page(proof(ticket))
    law = "事项分类的法定期限 statutory limit of the category"
    for sentence in (
        f"10:00+08:00  {law} (3 个工作日 3 working days)",
        "更正事项分类 category corrected (7 个自然日 7 calendar days, "
        f"{law} 4 个工作日 4 working days)",
        "12:00+08:00  更正事项分类 category corrected (7 个自然日 7 calendar days)",
        "另有规定期限 limit of law or special circumstances (90 小时 90 hours, "
        "法律法规规定 by law, 文件 document 条例)",
    ):
        assert sentence in words


@pytest.mark.parametrize(
    ("clock", "field", "value", "differing"),
    [
        ("resolve", "statutory", False, "due_at"),
        ("promise", "length", {"working_days": 2}, "promised_due_at"),
        ("resolve", "basis", "special", "rejected"),
    ],
)
def test_r27_a_law_that_is_changed_in_a_proof_is_named(
    clock: str, field: str, value: Any, differing: str
) -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    changed = proof(ticket, clock)
    changed["events"][0][field] = value
    assert differing in differences(changed)


def test_r27_the_promise_is_proven_under_the_law_of_its_start() -> None:
    ticket = Held(3)
    ticket.say(to(0), cn(3, 11, 10))
    made = proof(ticket, "promise")
    assert differences(made) == []
    assert made["due_at"] == made["promised_due_at"] == "2026-03-13T00:00:00+08:00"


SHAPES: list[Message] = [to(0), to(2), to(4), to(0, "housing/leak"), to(9, "housing/leak")]
SAID: list[Message] = [
    *SHAPES,
    dispatch.TicketReplied(unit="U1"),
    dispatch.ReplySentBack(unit="U1"),
    dispatched("U2", 2),
    dispatch.ReturnGranted(unit="U1"),
]
ACTS: list[Any] = [
    lambda at: RequestExtension(at, "U1", "resolve", 2, "r"),
    lambda at: GrantExtension(at, "ann", "resolve"),
    lambda at: PauseClocks(at, "force_majeure"),
    lambda at: ResumeClocks(at),
    lambda at: SetLimit(at, "ann", "resolve", working_days=4),
    lambda at: SetLimit(
        at, "ann", "resolve", working_days=9, special=True, written_application=True, document="d"
    ),
]


@settings(max_examples=200)
@given(
    st.sampled_from([0, 1, 3, 9]),
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([*ACTS, *SAID])), max_size=9),
)
def test_r27_whatever_happens_the_proof_says_what_the_service_keeps(
    days: int, steps: list[Any]
) -> None:
    ticket, now = Held(days), cn(3, 9, 11)
    for hours, act in steps:
        now += timedelta(hours=hours)
        ticket.fire(now)
        try:
            found = ticket.say(act, now) if act in SAID else ticket.do(act(now))
        except Rejection:
            continue
        if act in SHAPES:
            assert not any(isinstance(e, DeadlineMissed | LimitSet) for e in found)
    kept, made = ticket.clock("resolve"), proof(ticket)
    assert differences(made) == []
    if kept.stopped_at is not None:
        given_back = any(e["type"] == "return_granted" for e in made["events"])
        assert ("late" in made) is (kept.missed or not given_back)
        assert made.get("late", False) == kept.missed
    if kept.phase is Phase.RUNNING:
        assert datetime.fromisoformat(made["due_at"]) == kept.due_at
    state = ticket.state
    ticket.reload()
    assert ticket.state == state
