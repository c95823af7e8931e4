"""given/when/then for evaluation: a history of facts, a command, and what it adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.evaluation.domain.commands import Command, RecordVisit
from services.evaluation.domain.formula import Formula
from services.evaluation.domain.reactions import decider
from services.evaluation.domain.ticket import (
    Event,
    MissCleared,
    MissNoted,
    ScoreBooked,
    ScoreTakenBack,
    VisitAttempted,
    VisitCompleted,
    VisitScheduled,
)
from services.kernel.decider import Rejection
from tests.unit.specs import Specs

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
NOW = AT + timedelta(hours=1)
FORMULA = Formula(
    id="test", version="1", attempts=3, handling=frozenset({"resolve", "redo"}),
    confirming=frozenset({"confirm"}),
    weights={
        "on_time": 15, "confirmed_on_time": 5, "contacted": 10, "solved": 40, "satisfied": 30
    },
)  # fmt: skip
DECIDER = decider(FORMULA)
SPECS = Specs(DECIDER, NOW)
fold, decided, quiet_again, reacted = (
    SPECS.fold, SPECS.decided, SPECS.quiet_again, SPECS.reacted
)  # fmt: skip


def refused(rejection: type[Rejection], command: Command, *history: Event) -> None:
    """The command is against a rule, and it names which."""
    told = SPECS.rejection(rejection, command, *history)
    assert told.rule == "R29"


def scheduled(round_: int = 1, *, at: datetime = AT, unit: str = "transport") -> VisitScheduled:
    return VisitScheduled(at, unit, round_, "traffic/road", "yingzhou", "city", AT)


def attempted(attempt: int, round_: int = 1, *, at: datetime = AT) -> VisitAttempted:
    return VisitAttempted(at, round_, attempt, "no answer")


def visited(
    *, solved: bool = True, satisfied: bool = True, round_: int = 1, at: datetime = AT,
    unit: str = "transport",
) -> VisitCompleted:  # fmt: skip
    return VisitCompleted(
        at, unit, round_, True, solved, satisfied, generated=False, exhausted=False
    )


def exhausted(round_: int = 1, *, at: datetime = AT) -> VisitCompleted:
    return VisitCompleted(
        at, "transport", round_, False, False, False, generated=False, exhausted=True
    )


def booked(
    entry: int = 1, *, at: datetime = AT, visited_at: datetime | None = None, **differs: Any
) -> ScoreBooked:
    """Contacted, solved, satisfied and in time, but for what `differs`."""
    values: dict[str, Any] = {
        "unit": "transport", "category": "traffic/road", "area": "yingzhou", "level": "city",
        "contacted": True, "solved": True, "satisfied": True, "on_time": True,
        "confirmed_on_time": True, "visited": True, "formula": "test/1",
    }  # fmt: skip
    return ScoreBooked(at, entry, **{**values, **differs}, visited_at=visited_at or at)


def taken_back(entry: ScoreBooked, reason: str, at: datetime = NOW) -> ScoreTakenBack:
    values = {name: getattr(entry, name) for name in ScoreBooked.__struct_fields__}
    return ScoreTakenBack(**{**values, "at": at}, reason=reason)


def missed(clock: str = "resolve", unit: str = "transport", run: int = 1) -> MissNoted:
    return MissNoted(AT, clock, run, unit)


def cleared(clock: str = "resolve", unit: str = "transport", run: int = 1) -> MissCleared:
    return MissCleared(AT, clock, run, unit)


def ask(
    *, contacted: bool = True, solved: bool = True, satisfied: bool = True, generated: bool = False
) -> RecordVisit:
    return RecordVisit(NOW, contacted, solved, satisfied, generated)


SCORED = (scheduled(), visited(), booked())
UNSOLVED = (scheduled(), visited(solved=False, satisfied=False))
EXHAUSTED = (
    scheduled(), attempted(1), attempted(2), attempted(3), exhausted(),
    booked(contacted=False, solved=False, satisfied=False, visited=False),
)  # fmt: skip
