"""Deadline's own facts as they stand on the topic: dense positions, real protobuf bodies."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from services.deadline.adapters.codec import PolicyCodec
from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    MissWithdrawn,
    ReturnWindowClosed,
)
from services.kernel.facts import Fact
from services.kernel.names import bucket_of
from tests.unit.deadline.tickets import CITIES, cn

BUCKETS = 4
CODEC = PolicyCodec(CITIES["sample"][0])
NINE = cn(3, 9, 9)
DAY = timedelta(days=1)
TICKETS = ["T1", "T2", "T3"]


class Log:
    """Facts of deadline in the order in which they were recorded."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._counts: Counter[Any] = Counter()

    def say(self, ticket: str, *events: Event) -> Log:
        for event in events:
            bucket = bucket_of(ticket, BUCKETS)
            self._counts[bucket] += 1
            self._counts[ticket] += 1
            position, version = self._counts[bucket], self._counts[ticket]
            new = CODEC.encode(event, b"{}")
            fact = Fact(
                "deadline", bucket, position, ticket, version, new.type, new.data, new.time,
                new.time,
            )  # fmt: skip
            self.facts.append(fact)
        return self


def started(clock: str = "confirm", run: int = 1, unit: str = "U1", days: int = 1) -> ClockStarted:
    """Due that many days after nine."""
    return ClockStarted(
        NINE, clock, run, unit, NINE + (run - 1) * DAY, NINE + days * DAY, False, "p@1", "cn@1",
        "dispatch/T1/1", "length", None,
    )  # fmt: skip


def events_of(clock: str, run: int, unit: str, days: int) -> list[Event]:
    """Whatever may happen to one run; a view takes it in any order."""
    due = NINE + days * DAY
    return [
        started(clock, run, unit, days),
        ClockPaused(NINE, clock, run, "under_review", NINE),
        ClockResumed(NINE, clock, run, NINE, due + DAY, False),
        ClockStopped(NINE, clock, run, unit, NINE, True),
        DeadlineMissed(due, clock, run, unit, due),
        MissWithdrawn(NINE, clock, run, unit, due, NINE),
        ReturnWindowClosed(due, run, unit, due),
    ]


EVENTS = st.builds(
    events_of,
    st.sampled_from(["confirm", "return"]),
    st.integers(1, 2),
    st.sampled_from(["U1", "U2"]),
    st.integers(1, 3),
).flatmap(st.sampled_from)
SAYINGS = st.lists(st.tuples(st.sampled_from(TICKETS), EVENTS), max_size=30)
