"""Whatever fails and in whichever order, every ticket gets all its entries in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.datasync.domain.feed import Entry
from services.datasync.domain.flight import Flight
from services.datasync.domain.webhook import EndpointState, Post, Verdict, Waiting
from tests.unit.datasync.test_flight import NOW, entries

BATCH = 3


@dataclass
class Sent:
    """A message on its way; a retry's entries are read some time after it was started."""

    post: Post
    held: list[Entry]
    read_to: int | None


@dataclass
class World:
    """An endpoint that answers as it is told, and a store that keeps what it is given."""

    flight: Flight
    feed: list[Entry]
    taken: int = 0
    cursor: int = 0
    rows: dict[str, Waiting] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    received: dict[str, list[int]] = field(default_factory=dict)
    now: datetime = NOW

    def take(self, count: int) -> None:
        taken = self.feed[self.taken : self.taken + count]
        self.taken += len(taken)
        self.flight.queue(taken)

    def launch(self) -> None:
        post = self.flight.next(self.now, BATCH)
        if post is not None:
            self.sent.append(Sent(post, list(post.entries), None))

    def read(self) -> None:
        """What the retries in flight find in the feed."""
        for sent in self.sent:
            w = sent.post.retry
            if w is not None and sent.read_to is None:
                behind = self.feed[w.from_sequence - 1 : self.taken]
                sent.held = [e for e in behind if e.fact.ticket == w.ticket][:BATCH]
                sent.read_to = self.taken

    def answer(self, index: int, outcome: Verdict) -> None:
        if self.sent:
            self.read()
            sent = self.sent.pop(index % len(self.sent))
            self.come_back(sent, outcome)

    def come_back(self, sent: Sent, outcome: Verdict) -> None:
        if not sent.held:
            assert sent.read_to is not None
            self.flight.nothing_left(sent.post, sent.read_to, self.taken)
            return
        if outcome is Verdict.DELIVERED:
            for e in sent.held:
                self.received.setdefault(e.fact.ticket, []).append(e.sequence)
        pause = timedelta(seconds=1)
        self.flight.settle(sent.post, sent.held, outcome, "why", self.now, pause)

    def keep(self) -> None:
        rows = self.flight.unsaved_rows()
        self.rows.update({w.ticket: w for w in rows})
        self.flight.saved(rows)
        for bucket, ticket in self.flight.unsaved_drops():
            self.rows.pop(ticket, None)
            self.flight.dropped(bucket, ticket)
        moved = self.flight.moved_cursors({0: self.taken})
        self.cursor = moved.get(0, self.cursor)
        self.flight.cursors_saved(moved)

    def restart(self) -> None:
        """A new owner knows only what was kept; old messages may still be answered."""
        self.taken = self.cursor
        self.flight.own({0: self.cursor}, list(self.rows.values()), self.flight.endpoint)


OUTCOMES = st.sampled_from([Verdict.DELIVERED, Verdict.FAILED, Verdict.FAILED, Verdict.PAUSED])
NAMES = ["take", "launch", "read", "answer", "keep", "later", "try", "try", "try", "restart"]
STEPS = st.tuples(st.sampled_from(NAMES), st.integers(1, 12), OUTCOMES)


@settings(max_examples=300)
@given(st.lists(st.sampled_from("ABCD"), max_size=25), st.lists(STEPS, min_size=10, max_size=60))
def test_every_ticket_gets_all_its_entries_whatever_fails(
    tickets: list[str], steps: list[tuple[str, int, Verdict]]
) -> None:
    many = tuple(10.0 for _ in range(100))
    world = World(Flight("dot", many, 1e6, 1e6), entries(*tickets))
    world.flight.own({0: 0}, [], EndpointState())
    for name, number, outcome in steps:
        step(world, name, number, outcome)
        at_once = [t for sent in world.sent for t in sent.post.tickets]
        assert len(at_once) == len(set(at_once))
    finish(world)
    for ticket in set(tickets):
        due = [n for n, t in enumerate(tickets, start=1) if t == ticket]
        assert list(dict.fromkeys(world.received[ticket])) == due
    assert (world.cursor, world.rows) == (len(tickets), {})


def step(world: World, name: str, number: int, outcome: Verdict) -> None:
    match name:
        case "take":
            world.take(number)
        case "launch":
            world.launch()
        case "read":
            world.read()
        case "answer":
            world.answer(number, outcome)
        case "keep":
            world.keep()
        case "later":
            world.now += timedelta(seconds=number)
        case "try":
            world.take(1)
            world.launch()
            world.answer(0, outcome)
        case "restart":
            world.restart()


def finish(world: World) -> None:
    """From here everything is answered well."""
    for _ in range(400):
        world.take(5)
        world.launch()
        world.answer(0, Verdict.DELIVERED)
        world.keep()
        world.now += timedelta(seconds=60)
