"""One ticket's clocks (stage 5): the state that the facts give."""

from __future__ import annotations

from datetime import datetime

from services.deadline.domain.care_events import BureauNotified, Caring, SupervisionOpened
from services.deadline.domain.clock import Clock, moved, started
from services.deadline.domain.events import (
    ClockReplanned,
    ClockStarted,
    Event,
    MatterChanged,
    MatterWithdrawn,
    Moving,
    ReturnWindowClosed,
)
from services.deadline.domain.filing import Filing
from services.deadline.domain.supervision import Care, cared
from services.kernel.decider import Value, field, replace


class Clocks(Value):
    """A ticket's clocks by name, and what its later clocks need to know of the matter.

    `earlier_runs` ended, in time or not: what is heard of late may still prove the contrary.
    Since it was `refiled` (last at `corrected_at`) the matter is what intake corrected it to.
    `withdrawal` is when the citizen withdrew it, and the id of the fact that says so.
    """

    by_name: dict[str, Clock] = field(default_factory=dict)
    stated_due_at: datetime | None = None
    kind: str = ""
    urgency: str = ""
    category: str = ""
    statutory_days: int = 0
    refiled: bool = False
    corrected_at: datetime | None = None
    earlier_filings: tuple[Filing, ...] = ()
    earlier_runs: tuple[Clock, ...] = ()
    withdrawal: tuple[datetime, str] | None = None
    care: Care = field(default_factory=Care)

    @property
    def filings(self) -> tuple[Filing, ...]:
        """Each in its order; the last one is that of now."""
        now = Filing(self.kind, self.urgency, self.category, self.statutory_days)
        return (*self.earlier_filings, now)

    def is_filed_elsewhere_after(self, at: datetime | None) -> bool:
        return at is not None and self.corrected_at is not None and at < self.corrected_at


def evolve(state: Clocks, event: Event) -> Clocks:
    """The state after the event; every event is taken, none is judged."""
    if isinstance(event, ClockStarted):
        return _with_start(state, state.by_name.get(event.clock), event)
    if isinstance(event, Moving):
        return _with_move(state, event)
    if isinstance(event, MatterChanged):
        return _refiled(state, event)
    if isinstance(event, MatterWithdrawn):
        return replace(state, withdrawal=(event.withdrawn_at, event.end_event))
    return _cared(state, event)


def _with_move(state: Clocks, event: Moving) -> Clocks:
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    last = state.by_name.get(name)
    if last is not None and last.run != event.run:
        key = name, event.run
        runs = (moved(c, event) if (c.name, c.run) == key else c for c in state.earlier_runs)
        return replace(state, earlier_runs=tuple(runs))
    clock = moved(last, event)
    if isinstance(event, ClockReplanned) and state.is_filed_elsewhere_after(event.corrected_at):
        clock = replace(clock, filed_before=(event.length, event.limit_days))
    return replace(state, by_name={**state.by_name, name: clock})


def _refiled(state: Clocks, event: MatterChanged) -> Clocks:
    before = {
        n: replace(c, filed_before=(c.length, c.limit_days)) for n, c in state.by_name.items()
    }
    fields = ("kind", "urgency", "category", "statutory_days", "corrected_at")
    changes = {name: getattr(event, name) for name in fields}
    *earlier, now = state.filings
    filings = (*earlier, replace(now, until=event.corrected_at or event.at))
    return replace(state, refiled=True, by_name=before, earlier_filings=filings, **changes)


def _cared(state: Clocks, event: Caring) -> Clocks:
    state = replace(state, care=cared(state.care, event))
    if not isinstance(event, SupervisionOpened | BureauNotified) or not event.clock:
        return state
    clock = state.by_name.get(event.clock)
    if clock is None or clock.run != event.run:
        return state
    next_at = event.next_at if isinstance(event, SupervisionOpened) else None
    clock = replace(clock, rung=clock.rung + 1, climbs_at=next_at)
    return replace(state, by_name={**state.by_name, event.clock: clock})


def _with_start(state: Clocks, last: Clock | None, event: ClockStarted) -> Clocks:
    """Once corrected, the matter is what intake says, whatever was known when a clock started."""
    clock = started(last, event)
    if state.is_filed_elsewhere_after(event.started_at):
        clock = replace(clock, filed_before=(event.length, event.limit_days))
    words: dict[str, object] = {}
    if not state.refiled:
        words = {
            "kind": event.kind or state.kind,
            "urgency": event.urgency or state.urgency,
            "category": event.category or state.category,
            "statutory_days": event.statutory_days or state.statutory_days,
        }
    return replace(
        state,
        by_name={**state.by_name, event.clock: clock},
        stated_due_at=event.stated_due_at or state.stated_due_at,
        earlier_runs=(*state.earlier_runs, *([last] if last else [])),
        **words,
    )
