"""Facts in plain words, where these depend on what the fact holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hotline.deadline.v1 import events_pb2 as deadline
from services.datasync.domain.wording import words
from tests.unit.datasync.test_ticket_file import stamp
from tests.unit.datasync.tickets import Topic

DUE = datetime(2011, 3, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "zh", "en"),
    [
        (
            {"due_at": stamp(DUE)},
            "办理时限重新计算（日历 us@2），截止 2011-03-08 05:00",
            "The handling clock was planned again (calendar us@2), due 2011-03-08 05:00",
        ),
        (
            {"due_at": stamp(DUE), "old_due_at": stamp(DUE)},
            "办理时限重新计算（日历 us@2），截止时间不变",
            "The handling clock was planned again (calendar us@2), due as before",
        ),
        (
            {"due_at": stamp(DUE), "length": "calendar_days=15"},
            "办理时限按更正后的事项分类计算，截止 2011-03-08 05:00",
            "The handling clock goes by the right category, due 2011-03-08 05:00",
        ),
        (
            {"length": "calendar_days=15"},
            "办理时限按更正后的事项分类计算",
            "The handling clock goes by the right category",
        ),
    ],
)
def test_a_clock_that_is_planned_again_says_why_and_what_came_of_it(
    changed: dict[str, Any], zh: str, en: str
) -> None:
    stated = {"old_due_at": stamp(DUE - timedelta(days=1)), **changed}
    message = deadline.ClockReplanned(clock="resolve", run=1, calendar="us@2", **stated)
    topic = Topic()
    topic.say("T1", message)
    [fact] = topic.of("T1")
    assert (words(fact, UTC).zh, words(fact, UTC).en) == (zh, en)


@pytest.mark.parametrize(
    ("unit", "zh", "en"),
    [
        (
            "NYPD",
            "第 1 次催办（NYPD）（诉求人催办：是）：Still loud",
            "Urged (NYPD), no. 1 (by the citizen: yes): Still loud",
        ),
        (
            "",
            "第 1 次催办（诉求人催办：是）：Still loud",
            "Urged, no. 1 (by the citizen: yes): Still loud",
        ),
    ],
)
def test_r25_an_urge_names_the_unit_that_it_reaches(unit: str, zh: str, en: str) -> None:
    topic = Topic()
    topic.say(
        "T1", deadline.TicketUrged(unit=unit, number=1, from_citizen=True, reason="Still loud")
    )
    [fact] = topic.of("T1")
    assert words(fact, UTC).zh == zh
    assert words(fact, UTC).en == en
