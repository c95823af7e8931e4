"""The ticket file: the one view of a whole ticket over all services, a fold over its facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from services.datasync.domain.facts import Fact
from services.datasync.domain.views import Summary, summarise
from services.datasync.domain.wording import words
from services.kernel.decider import Value, replace


class Line(Value):
    """One fact of the timeline."""

    event_id: str
    type: str
    stage: str
    time: datetime
    actor: str
    zh: str
    en: str


class Clock(Value):
    """One run of a clock. `state` is running, paused, stopped or closed (a window's end).

    `due_at` is exclusive; it is None while a pause is open (R26). `missed` counts as long as
    the miss is not withdrawn.
    """

    clock: str
    run: int
    unit: str
    state: str
    started_at: datetime | None
    due_at: datetime | None
    stopped_at: datetime | None = None
    missed: bool = False
    provisional: bool = False


class Score(Value):
    """The last score entry; `taken_back` says that it counts no more."""

    entry: int
    unit: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    taken_back: bool = False


class TicketFile(Value):
    """Header and timeline. `summary` is None where the facts hold no TicketReceived. `related` are
    other tickets on the same matter, which may be merged with it (R16)."""

    ticket: str
    summary: Summary | None
    clocks: tuple[Clock, ...]
    score: Score | None
    timeline: tuple[Line, ...]
    related: tuple[str, ...] = ()

    @property
    def open_clocks(self) -> tuple[Clock, ...]:
        """Those that still run or pause, the earliest due first."""
        running = [c for c in self.clocks if c.state in ("running", "paused")]
        return tuple(sorted(running, key=lambda c: c.due_at or datetime.max.replace(tzinfo=UTC)))


def ticket_file(facts: Iterable[Fact], *, zone: tzinfo = UTC) -> TicketFile:
    """The file of one ticket from all its facts in the order of the topic.

    `zone` is for the instants inside the sentences only.
    """
    ticket, row, score = "", None, None
    clocks: dict[tuple[str, int], Clock] = {}
    timeline: list[Line] = []
    related: tuple[str, ...] = ()
    for fact in facts:
        ticket = fact.ticket
        if fact.type == "hotline.intake.v1.TicketReceived":
            related = tuple(fact.data.get("related", ()))
        row = summarise(row, fact)
        score = _scored(score, fact)
        _clocked(clocks, fact)
        timeline.append(_line(fact, zone))
    return TicketFile(ticket, row, tuple(clocks.values()), score, tuple(timeline), related)


def as_of(facts: Sequence[Fact], at: datetime) -> list[Fact]:
    """The facts that had happened by then."""
    return [fact for fact in facts if fact.time <= at]


def _line(fact: Fact, zone: tzinfo) -> Line:
    said = words(fact, zone)
    return Line(fact.event_id, fact.type, fact.stage, fact.time, said.actor, said.zh, said.en)


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


_OF_CLOCKS = {
    "ClockStarted", "ClockPaused", "ClockResumed", "ClockStopped", "DeadlineMissed",
    "MissWithdrawn", "ReturnWindowClosed", "ExtensionGranted", "LimitSet", "ClockReplanned",
}  # fmt: skip


def _clocked(clocks: dict[tuple[str, int], Clock], fact: Fact) -> None:
    package, _, name = fact.type.rpartition(".")
    if package != "hotline.deadline.v1" or name not in _OF_CLOCKS:
        return
    get = fact.data.get
    key = ("return" if name == "ReturnWindowClosed" else get("clock", ""), get("run", 0))
    known = clocks.get(key)
    if known is None:
        known = Clock(*key, get("unit", ""), "running", None, None)
    clocks[key] = _moved(known, name, fact)


def _moved(clock: Clock, name: str, fact: Fact) -> Clock:
    get = fact.data.get
    due_at, stopped_at = _instant(get("due_at")), _instant(get("stopped_at"))
    match name:
        case "ClockStarted" | "ClockResumed":
            return replace(
                clock,
                state="running",
                started_at=_instant(get("started_at")) or clock.started_at,
                due_at=due_at,
                provisional=bool(get("provisional")),
            )
        case "ClockPaused":
            return replace(clock, state="paused", due_at=None)
        case "ExtensionGranted" | "LimitSet" | "ClockReplanned":
            if due_at is None:
                return clock
            return replace(clock, due_at=due_at, provisional=bool(get("provisional")))
        case "ClockStopped":
            return replace(clock, state="stopped", stopped_at=stopped_at)
        case "DeadlineMissed":
            return replace(clock, missed=True, due_at=due_at)
        case "MissWithdrawn":
            state = "stopped" if stopped_at else clock.state
            return replace(clock, state=state, missed=False, due_at=due_at, stopped_at=stopped_at)
        case "ReturnWindowClosed":
            return replace(clock, state="closed", due_at=due_at)
    return clock


def _scored(score: Score | None, fact: Fact) -> Score | None:
    get = fact.data.get
    if fact.type == "hotline.evaluation.v1.ScoreBooked":
        return Score(
            entry=get("entry", 0),
            unit=get("unit", ""),
            contacted=bool(get("contacted")),
            solved=bool(get("solved")),
            satisfied=bool(get("satisfied")),
            on_time=bool(get("on_time")),
            confirmed_on_time=bool(get("confirmed_on_time")),
        )
    if fact.type == "hotline.evaluation.v1.ScoreTakenBack" and score is not None:
        taken = get("entry", 0) == score.entry
        return replace(score, taken_back=True) if taken else score
    return score
