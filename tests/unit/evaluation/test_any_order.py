"""Whatever comes in whatever order: one open entry at most, and repeats are quiet."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import event as seen
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.adapters.codec import CODEC
from services.evaluation.domain import commands as c
from services.evaluation.domain import reactions as r
from services.evaluation.domain.ticket import (
    Event,
    ScoreBooked,
    Scored,
    ScoreTakenBack,
    State,
    Unopened,
    VisitAttempted,
    VisitCompleted,
    VisitDue,
    VisitScheduled,
)
from services.evaluation.domain.views import figures, total, worklist
from services.kernel.decider import Rejection
from services.kernel.facts import Fact
from tests.unit.evaluation.specs import AT, DECIDER, FORMULA, NOW

UNITS = st.sampled_from(["transport", "transport", "market"])
CLOCKS = st.sampled_from(["resolve", "redo", "confirm", "promise"])
YES = st.sampled_from([True, True, False])
FOREIGN = st.one_of(
    st.builds(r.DeadlineMissed, CLOCKS, st.integers(1, 2), UNITS),
    st.builds(r.MissWithdrawn, CLOCKS, st.integers(1, 2), UNITS),
    st.builds(
        r.DisputeRuled, CLOCKS, st.integers(1, 2), UNITS, YES, st.just("why"), st.just("sue")
    ),
    st.builds(r.TicketArchived, UNITS),
    *[st.builds(
        r.TicketCompleted, st.just(AT), UNITS, st.just("traffic/road"), st.just("linquan"),
        st.just("city"), st.integers(1, 3),
    )] * 2,
)  # fmt: skip
COMMANDS = st.one_of(
    st.builds(c.RecordVisit, st.just(AT), YES, YES, YES, YES),
    st.builds(c.RecordVisitAttempt, st.just(AT), st.sampled_from(["no answer", "no answer", ""])),
)
STEPS = st.lists(st.one_of(FOREIGN, COMMANDS), min_size=10, max_size=40)


class World:
    """One ticket; `log` is everything that was decided."""

    def __init__(self) -> None:
        self.state: State = Unopened()
        self.log: list[Event] = []

    def take(self, step: Any) -> list[Event]:
        """Nothing but a rejection is ever raised; a reaction is not even rejected."""
        if isinstance(step, c.RecordVisit | c.RecordVisitAttempt):
            try:
                return self.decide(step)
            except Rejection:
                return []
        return [e for command in DECIDER.react(step, self.state, NOW) for e in self.decide(command)]

    def decide(self, command: c.Command) -> list[Event]:
        events = list(DECIDER.decide(command, self.state))
        self.log += events
        self.state = DECIDER.fold(events, self.state)
        return events


@settings(max_examples=50)
@given(STEPS)
def test_the_same_twice_adds_nothing(steps: list[Any]) -> None:
    world = World()
    for step in steps:
        world.take(step)
        if not (isinstance(step, c.RecordVisitAttempt) and isinstance(world.state, VisitDue)):
            assert world.take(step) == []


@settings(max_examples=50)
@given(STEPS)
def test_the_state_is_the_fold_over_what_is_read_back_from_the_wire(steps: list[Any]) -> None:
    world = World()
    for step in steps:
        world.take(step)
    read = []
    for n, decided in enumerate(world.log, start=1):
        new = CODEC.encode(decided, b"{}")
        fact = Fact("evaluation", 0, n, "T1", n, new.type, new.data, new.time, new.time)
        read.append(CODEC.decode(fact))
    assert read == world.log
    assert DECIDER.fold(read) == world.state


@settings(max_examples=80)
@given(STEPS)
def test_at_most_one_entry_is_open_and_it_tells_the_truth(steps: list[Any]) -> None:
    world = World()
    for step in steps:
        world.take(step)
        booked = [e for e in world.log if isinstance(e, ScoreBooked)]
        back = [e for e in world.log if isinstance(e, ScoreTakenBack)]
        assert len(booked) - len(back) == isinstance(world.state, Scored)
        assert [e.entry for e in booked] == list(range(1, len(booked) + 1))
        assert [e.entry for e in back] == list(range(1, len(back) + 1))
        _true_of_its_misses(world.state)
    _counted(world)
    seen(f"{type(world.state).__name__}, entry {world.state.entries}")


def _true_of_its_misses(state: State) -> None:
    if not isinstance(state, Scored):
        return
    entry = state.booked
    mine = {m.clock for m in state.misses - state.excused if m.unit == entry.unit}
    assert entry.on_time == (not mine & FORMULA.handling)
    assert entry.confirmed_on_time == (not mine & FORMULA.confirming)
    assert entry.promise_missed == bool(mine & FORMULA.promising)


def _counted(world: World) -> None:
    """The views over the facts show the open entry and the due visit, nothing else."""
    zone = ZoneInfo("Asia/Shanghai")
    rows = [row for e in world.log if (row := figures(e, zone))]
    sums: Counter[str] = Counter({row.unit: 0 for row in rows})
    for unit in sums:
        sums[unit] = total(row for row in rows if row.unit == unit).entries
    open_at = world.state.booked.unit if isinstance(world.state, Scored) else None
    assert +sums == (Counter([open_at]) if open_at else Counter())
    visit = None
    for event in world.log:
        visit = worklist(visit, event)
    assert (visit is not None) == isinstance(world.state, VisitDue)


@settings(max_examples=50)
@given(STEPS)
def test_a_round_is_visited_once_after_at_most_the_formulas_attempts(steps: list[Any]) -> None:
    world = World()
    for step in steps:
        world.take(step)
    rounds = [e.round for e in world.log if isinstance(e, VisitScheduled)]
    assert rounds == sorted(set(rounds))
    answered = Counter(e.round for e in world.log if isinstance(e, VisitCompleted))
    assert set(answered) <= set(rounds)
    assert set(answered.values()) <= {1}
    for round_ in rounds:
        tries = [
            e.attempt for e in world.log if isinstance(e, VisitAttempted) and e.round == round_
        ]
        assert tries == list(range(1, len(tries) + 1))
        assert len(tries) <= FORMULA.attempts
