"""A calendar takes effect over more tickets than a page while the service works on (R27)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.replanning import PAGE
from services.deadline.domain.calendar_data import to_data
from services.kernel.codec import to_datetime
from services.kernel.facts import Append, Fact, Outcome
from services.kernel.names import bucket_of
from services.kernel.store import Store
from tests.integration.deadline.city import City, body, in_bucket_of, now, said, week_off
from tests.integration.deadline.hall import ADMINISTRATOR, Hall
from tests.integration.deadline.web import STAFF
from tests.support.loops import BUCKETS, Loop, wait_until
from tests.unit.deadline.tickets import dispatched

BUCKET = bucket_of("P", BUCKETS)
EACH = 4  # clocks of a ticket with a unit: confirm, return, contact, resolve
WAIT_S, YEAR = 60.0, timedelta(days=365)
Run = tuple[str, str, int]  # ticket, clock, run


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice takes effect, and is looked for, sooner than where replicas have to hear of it."""
    monkeypatch.setattr("services.kernel.registry.LEAD_S", 0.5)
    monkeypatch.setattr("services.deadline.adapters.replanning.LOOK_S", 0.1)


class Gate:
    """The store of what plans again: one of its pages, decided already, waits at the gate."""

    def __init__(self, store: Store, page: int) -> None:
        self._store, self._page, self._pages = store, page, 0
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        self._pages += 1
        if self._pages == self._page:
            self.reached.set()
            await self.opened.wait()
        return await self._store.append(batch)


@dataclass
class Ledger:
    """What deadline has recorded in the bucket, in order."""

    facts: list[Fact]

    @classmethod
    async def of(cls, hall: Hall) -> Ledger:
        return cls(await hall.runtime.store.page(BUCKET, 1, 100_000))

    def says(self) -> Counter[str]:
        return Counter(map(said, self.facts))

    def positions(self, what: str) -> list[int]:
        """Of each fact of that name, of one clock of one ticket where it says them."""
        return [f.position for f in self.facts if said(f).endswith(what)]

    def moved(self) -> dict[Run, tuple[datetime, datetime]]:
        """Those of `moves` whose due instant is another one: of some the warning alone moves."""
        return {key: (old, due) for key, (old, due) in self.moves().items() if old != due}

    def moves(self) -> dict[Run, tuple[datetime, datetime]]:
        """When each was due and is due, of all that was planned again: once each."""
        found: dict[Run, tuple[datetime, datetime]] = {}
        for fact in self.facts:
            if fact.type.endswith("ClockReplanned"):
                made = body(fact)
                key = fact.ticket, made.clock, made.run
                assert key not in found, f"{key} was moved twice"
                found[key] = to_datetime(made.old_due_at), to_datetime(made.due_at)
        return found


async def open_clocks(hall: Hall, tickets: Sequence[str]) -> None:
    """Each of these is with U1, and the view shows its clocks."""
    at = now()
    await hall.city.publish(*(hall.city.made(t, dispatched("U1"), at) for t in tickets))

    async def started() -> bool:
        hours = await hall.city.clocks.by_hour("U1", at, at + YEAR)
        return sum(clocks for _, clocks in hours) == EACH * len(tickets)

    await wait_until(started, WAIT_S, "every clock")


async def noticed(hall: Hall) -> None:
    document = to_data(hall.calendar.with_notice(week_off(), notice="国办发明电〔2026〕9号"))
    made = await hall.publish("calendar/cn", document, ADMINISTRATOR)
    assert made.status_code == 201, made.text


async def planned(hall: Hall) -> Ledger:
    """The ledger, once every bucket was planned by the notice and the view tells all of it."""

    async def done() -> bool:
        return await hall.city.clocks.planned_by() == dict.fromkeys(range(BUCKETS), 1)

    await wait_until(done, WAIT_S, "every bucket")
    ledger = await Ledger.of(hall)
    hall.caller.who = ADMINISTRATOR

    async def told() -> bool:
        found = (await hall.client.get("/v1/calendar/moved?limit=1")).json()
        return bool(found["moved"] == len(ledger.moved()))

    await wait_until(told, WAIT_S, "the count of what moved")
    return ledger


async def are_told(hall: Hall, ledger: Ledger) -> None:
    """R27: of those that moved at most a thousand are listed, each as it was moved."""
    moves = ledger.moved()
    found = (await hall.client.get("/v1/calendar/moved")).json()
    listed = {
        (c["ticket"], c["clock"], c["run"]): (
            datetime.fromisoformat(c["old_due_at"]),
            datetime.fromisoformat(c["due_at"]),
        )
        for c in found["clocks"]
    }
    assert (found["moved"], len(found["clocks"])) == (len(moves), min(len(moves), 1_000))
    assert len(listed) == len(found["clocks"])
    assert listed.items() <= moves.items()
    rows = {
        (row.ticket, row.clock, row.run): row.due_at
        for row in await hall.city.clocks.due(None, now() + YEAR, 100_000)
    }
    assert {key: rows[key] for key in moves} == {key: due for key, (_, due) in moves.items()}


async def test_r27_while_pages_of_open_clocks_are_planned_again_facts_and_commands_go_on(
    loop: Loop,
) -> None:
    tickets, hall = sorted(in_bucket_of("P", 2 * PAGE + 200)), Hall(await City.of(loop))
    returned, new = tickets[PAGE + 1], in_bucket_of("P", len(tickets) + 1)[-1]
    await hall.start()
    gate = Gate(hall.runtime.store, page=2)
    hall.runtime.store = gate
    try:
        await open_clocks(hall, tickets)
        await noticed(hall)
        await asyncio.wait_for(gate.reached.wait(), WAIT_S)
        await works_on(hall, tickets, returned, new)
        gate.opened.set()
        ledger = await planned(hall)
        await are_told(hall, ledger)
    finally:
        await hall.stop()
    moved = {ticket for ticket, clock, _ in ledger.moves() if clock == "resolve"}
    assert moved == set(tickets) - {returned}
    says = ledger.says()
    clocks = "confirm", "return", "contact", "resolve"
    assert all(says[f"{t} {c} ClockStarted"] == 1 for t in (*tickets, new) for c in clocks)
    assert f"{new} resolve ClockReplanned" not in says  # the calendar had changed before it began
    moves = ledger.positions("ClockReplanned")
    whats = [f"{ticket} return TicketUrged" for ticket in urged(tickets)]
    whats += [f"{returned} resolve ClockStopped", f"{new} resolve ClockStarted"]
    meanwhile = [position for what in whats for position in ledger.positions(what)]
    assert len(meanwhile) == 5
    assert all(moves[0] < position < moves[-1] for position in meanwhile)


def urged(tickets: Sequence[str]) -> list[str]:
    """One that was moved, one that waits at the gate, one of the page after it."""
    return [tickets[0], tickets[PAGE], tickets[2 * PAGE]]


async def works_on(hall: Hall, tickets: Sequence[str], returned: str, new: str) -> None:
    """Commands and facts about tickets of each page, and one that nobody knew, while a page
    waits: all are answered and recorded before this returns."""
    hall.caller.who = STAFF
    for ticket in urged(tickets):
        path, headers = f"/v1/tickets/{ticket}/urge", {"Idempotency-Key": f"urge-{ticket}"}
        answer = await hall.client.post(path, headers=headers, json={"reason": "winter"})
        assert answer.status_code == 200, answer.text
    await hall.city.say(returned, dispatch.ReturnRequested(unit="U1", number=1), now())
    await hall.city.say(returned, dispatch.ReturnGranted(unit="U1"), now())
    await hall.city.say(new, dispatched("U2"), now())

    async def recorded() -> bool:
        says = (await Ledger.of(hall)).says()
        return {f"{new} resolve ClockStarted", f"{returned} resolve ClockStopped"} <= says.keys()

    await wait_until(recorded, WAIT_S, "what is said meanwhile")


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_r27_a_restart_while_pages_are_planned_again_goes_on_and_moves_each_clock_once(
    loop: Loop, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.deadline.adapters.replanning.PAGE", 10)
    tickets, city = sorted(in_bucket_of("P", 25)), await City.of(loop)
    old = Hall(city)
    await old.start()
    gate = Gate(old.runtime.store, page)
    old.runtime.store = gate
    try:
        await open_clocks(old, tickets)
        await noticed(old)
        await asyncio.wait_for(gate.reached.wait(), WAIT_S)
        before = (await Ledger.of(old)).moves()
        assert {t for t, _, _ in before} == set(tickets[: 10 * (page - 1)])
        assert BUCKET not in await city.clocks.planned_by()
    finally:
        await old.stop()
        await old.runtime.stop()
    hall = Hall(city, entries=old.entries)
    await hall.start()
    try:
        ledger = await planned(hall)
        await are_told(hall, ledger)
    finally:
        await hall.stop()
    assert before.items() <= ledger.moves().items()
    assert {t for t, c, _ in ledger.moves() if c == "resolve"} == set(tickets)
