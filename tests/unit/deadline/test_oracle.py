"""The calculator against a clerk who lives through the days, one after the other (R21, R22, R26).

The clerk knows no arithmetic: he notes what comes, and each evening he counts the day if the clock
runs. What the calculator finds by looking back must be what he finds by living forward.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.deadline.questions import answered
from tests.unit.deadline.shipped import CN
from tests.unit.deadline.test_calculator_properties import instant, line, lives

TYPES = ("paused", "resumed", "extension_asked", "extension_granted", "extension_refused")
LENGTH = 5


class Clerk:
    """A resolve clock of five working days that ends at 24:00, or at close of business."""

    def __init__(self, start: str, events: list[Any], close: str) -> None:
        self.day = datetime.fromisoformat(start).astimezone(CN.zone).date()
        self.start, self.close = start, close
        self.notes = sorted(events, key=lambda e: e["at"])
        self.paused, self.asked, self.granted = False, list[int](), list[int]()
        self.counted: list[str] = []

    def due(self) -> str | None:
        for _ in range(400):
            self.day += timedelta(days=1)
            evening = self._evening()
            while self.notes and self.notes[0]["at"] < evening:
                self._note(self.notes.pop(0))
            if CN.is_working(self.day) and not self.paused:
                self.counted.append(str(self.day))
                if len(self.counted) == LENGTH + sum(self.granted):
                    return evening
            if self.paused and not self.notes:
                return None
        raise AssertionError("no end in sight")

    def _evening(self) -> str:
        if self.close:
            return f"{self.day}T{self.close}:00+08:00"
        return f"{self.day + timedelta(days=1)}T00:00:00+08:00"

    def _note(self, event: Any) -> None:
        days = event.get("working_days", 0)
        match event["type"]:
            case "paused":
                self.paused = self.paused or event["reason"] != "lunch"
            case "resumed":
                self.paused = False
            case "extension_asked" if event["at"] >= self.start and event["reason"]:
                if 1 <= days <= LENGTH and len(self.granted) < 2:
                    self.asked.append(days)
            case "extension_granted" if fitting := [n for n in self.asked if 1 <= days <= n]:
                if len(self.granted) < 2:
                    self.asked.remove(min(fitting))
                    self.granted.append(days)
            case "extension_refused":
                self.asked = self.asked[1:]


@settings(max_examples=400)
@given(
    st.integers(0, 24 * 60),
    lives(types=TYPES, unique=True),
    st.sampled_from(["", "17:30"]),
)
def test_a_clerk_who_lives_through_the_days_finds_the_same(
    start: int, events: list[Any], close: str
) -> None:
    clerk = Clerk(instant(start), events, close)
    due = clerk.due()
    config = {"close_of_business": close} if close else {}
    found = answered({**line("resolve", start, events), "config": config})
    assert (found["due_at"], found["counted"]) == (due, clerk.counted)
    assert found["extensions_granted"] == len(clerk.granted)
    assert date.fromisoformat(found["counted"][-1]) if due else found["last_day"] is None
