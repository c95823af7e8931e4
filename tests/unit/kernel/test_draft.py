"""Which facts of a batch the watermark binds: live ones, from the earliest on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kernel.decider import Decider
from services.kernel.draft import Draft
from tests.support.desks import ClockStarted, DeadlineMissed, Expire, Start, echo

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
EARLIER = NINE - timedelta(hours=1)


def decide(command: Start | Expire, state: None) -> Sequence[ClockStarted | DeadlineMissed]:
    """A late start finds its due instant passed."""
    assert isinstance(command, Start)
    missed = DeadlineMissed(command.due_at, command.clock, command.due_at)
    started = ClockStarted(command.at, command.clock, command.due_at)
    return [missed, started] if command.due_at < command.at else [started]


DECIDER: Decider[None, Any, Any] = Decider(
    None, decide, lambda state, event: state, lambda event, state, at: []
)


@pytest.mark.parametrize(
    ("command", "live", "live_from"),
    [
        (Start(NINE, "c", NINE), True, NINE),
        (Start(NINE, "c", EARLIER), True, NINE),  # the due instant is a timer's
        (Start(NINE, "c", NINE), False, None),
    ],
)
def test_a_live_fact_is_one_that_its_command_dates(
    command: Start, live: bool, live_from: datetime | None
) -> None:
    draft = Draft(0, "T1", None, 0)
    draft.decide(command, DECIDER, echo().codec, {}, live=live)
    assert draft.live_from == live_from


def test_the_earliest_live_fact_counts() -> None:
    draft = Draft(0, "T1", None, 0)
    for at in (NINE, EARLIER, NINE):
        draft.decide(Start(at, "c", NINE), DECIDER, echo().codec, {}, live=True)
    assert draft.live_from == EARLIER
