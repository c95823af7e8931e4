"""Whatever is sent in whatever order: rules hold, repeats are quiet, and facts give the state."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import event as seen
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.adapters.codec import CODEC
from services.dispatch.domain import commands as c
from services.dispatch.domain import reactions as r
from services.dispatch.domain.events import (
    DispatchConfirmed,
    Event,
    RedoOrdered,
    ReplyApproved,
    ReturnGranted,
    ReturnRequested,
    ReturnWindowEnded,
    TicketCompleted,
    TicketDispatched,
    TicketReplied,
)
from services.dispatch.domain.ticket import (
    Phase,
    Ticket,
)
from services.kernel.decider import Rejection, replace
from services.kernel.facts import Fact
from tests.unit.dispatch.specs import AT, DECIDER, NOW

UNITS = st.sampled_from(["transport", "market", "health"])
ANY_UNIT = st.sampled_from(["transport", "market", "health", "nobody", ""])
ABOUT = st.sampled_from(["", "transport", "market", "health", "unnamed"])
CATEGORIES = st.sampled_from(["traffic/road", "market/food", "parks/tree"])
REASONS = st.sampled_from(["it is so", "it is so", ""])
at = st.just(AT)
BOTH = st.booleans()

FOREIGN = st.one_of(
    st.builds(r.TicketAccepted, at, CATEGORIES, st.just("yingzhou"), ABOUT),
    st.builds(r.TicketWithdrawn, at),
    st.builds(r.VisitCompleted, at, st.integers(1, 3), BOTH, BOTH, st.just(False)),
    st.builds(r.VisitCompleted, at, st.integers(1, 3), BOTH, BOTH, BOTH),
    st.builds(r.ReturnWindowClosed, at, UNITS),
)
# Mostly what its unit sends: a random sender gets nowhere. `HANDLER` stands for that unit.
HANDLER = "handler"
SENDERS = st.sampled_from([HANDLER] * 4 + ["transport", "health"])
COMMANDS = st.one_of(
    st.builds(c.DispatchTicket, at, ANY_UNIT, st.lists(UNITS, max_size=2).map(tuple)),
    st.builds(c.ConfirmDispatch, at, SENDERS),
    st.builds(c.RecordContact, at, SENDERS),
    st.builds(c.NoteProgress, at, SENDERS, REASONS),
    st.builds(c.RequestReturn, at, SENDERS, REASONS, ANY_UNIT),
    st.builds(c.GrantReturn, at, ANY_UNIT),
    st.builds(c.RefuseReturn, at, REASONS),
    st.builds(c.ReplyTicket, at, SENDERS, BOTH, BOTH, BOTH, BOTH, REASONS),
    st.builds(c.SendBackReply, at, REASONS),
    st.builds(c.OrderRedo, at, REASONS),
    st.builds(c.ArchiveTicket, at, REASONS),
)
# What people would do next; random commands alone hardly reach a second round.
MOVES: dict[Phase, list[c.Command]] = {
    Phase.QUEUED: [c.DispatchTicket(AT, "transport"), c.DispatchTicket(AT, "health")],
    Phase.RETURN_ASKED: [c.GrantReturn(AT, "market"), c.RefuseReturn(AT, "it is yours")],
    Phase.REPLIED: [c.ApproveReply(AT), c.SendBackReply(AT, "no photo")],
    Phase.COMPLETED: [c.OrderRedo(AT, "not solved"), c.OrderRedoByRule(AT)],
}
AT_UNIT: list[c.Command] = [
    c.ReplyTicket(AT, HANDLER, True, True, True, False, "Not yet."),
    c.RequestReturn(AT, HANDLER, "not ours", "market"),
]
Step = c.Command | r.Foreign | int
MOVE = st.integers(0, 1)
KINDS = st.sampled_from([COMMANDS] * 3 + [MOVE] * 4 + [FOREIGN])
STEPS = st.lists(KINDS.flatmap(lambda kind: kind), min_size=15, max_size=40)


class World:
    """One ticket; `log` is everything that was decided."""

    def __init__(self) -> None:
        self.state, self.log = Ticket(), list[Event]()

    def take(self, step: Step) -> list[Event]:
        """Nothing but a rejection is ever raised; a reaction is not even rejected."""
        if isinstance(step, int):
            moves = MOVES.get(self.state.phase, AT_UNIT)
            return self.take(moves[step])
        if not isinstance(step, r.Foreign):
            try:
                return self.decide(step)
            except Rejection:
                return []
        now = NOW + timedelta(minutes=len(self.log))
        return [e for command in DECIDER.react(step, self.state, now) for e in self.decide(command)]

    def decide(self, command: c.Command) -> list[Event]:
        if getattr(command, "unit", "") == HANDLER:
            command = replace(command, unit=self.state.unit)
        events = list(DECIDER.decide(command, self.state))
        self.log += events
        self.state = DECIDER.fold(events, self.state)
        return events


def accepted(category: str, about: str) -> World:
    world = World()
    world.take(r.TicketAccepted(AT, category, "yingzhou", about))
    return world


@settings(max_examples=60)
@given(CATEGORIES, ABOUT, STEPS)
def test_the_same_twice_adds_nothing(category: str, about: str, steps: list[Step]) -> None:
    world = accepted(category, about)
    for step in steps:
        world.take(step)
        if not isinstance(step, c.NoteProgress | int):
            assert world.take(step) == []


@settings(max_examples=60)
@given(CATEGORIES, ABOUT, STEPS)
def test_the_state_is_the_fold_over_what_is_read_back_from_the_wire(
    category: str, about: str, steps: list[Step]
) -> None:
    world = accepted(category, about)
    for step in steps:
        world.take(step)
    read = []
    for n, decided in enumerate(world.log, start=1):
        new = CODEC.encode(decided, b"{}")
        fact = Fact("dispatch", 0, n, "T1", n, new.type, new.data, new.time, new.time)
        read.append(CODEC.decode(fact))
    assert read == world.log
    assert DECIDER.fold(read) == world.state


@settings(max_examples=100)
@given(CATEGORIES, ABOUT, STEPS)
def test_what_must_hold_of_every_history(category: str, about: str, steps: list[Step]) -> None:
    world = accepted(category, about)
    for step in steps:
        before, events = world.state, world.take(step)
        _holds(world.state)
        if before.phase is Phase.ARCHIVED:
            assert all(isinstance(e, ReturnWindowEnded) for e in events)
    _numbers(world.log)
    _order(world.log)
    seen(f"{world.state.redos} redos, {world.state.returns} returns")


def _holds(state: Ticket) -> None:
    assert (state.redos <= 2, state.returns <= 2) == (True, True)
    if state.phase in (Phase.UNKNOWN, Phase.QUEUED):
        assert state.unit == ""
    if state.phase not in (Phase.UNKNOWN, Phase.QUEUED, Phase.ARCHIVED):
        assert state.unit
    assert (state.reply is not None) or state.phase is not Phase.REPLIED
    if state.unit:
        assert state.about_unit not in (state.unit, *state.co_handlers)
        assert state.unit not in state.co_handlers


def _numbers(log: list[Event]) -> None:
    """Rounds, returns and redos are counted from 1 without a gap."""
    for kind, name in (
        (TicketDispatched, "round"),
        (TicketCompleted, "round"),
        (ReturnRequested, "number"),
        (RedoOrdered, "number"),
    ):
        found = [getattr(e, name) for e in log if isinstance(e, kind)]
        assert found == list(range(1, len(found) + 1))


def _order(log: list[Event]) -> None:
    """A granted return goes on at once, an approval completes, who replies has confirmed."""
    for n, event in enumerate(log):
        match event:
            case ReturnGranted():
                sent = log[n + 1]
                assert isinstance(sent, TicketDispatched)
                assert (sent.unit, sent.forced) == (event.next_unit, event.number == 2)
            case ReplyApproved():
                assert isinstance(log[n + 1], TicketCompleted)
            case TicketReplied():
                since = max(k for k in range(n) if isinstance(log[k], TicketDispatched))
                settled = (DispatchConfirmed, ReturnRequested)
                assert any(isinstance(e, settled) for e in log[since:n])
