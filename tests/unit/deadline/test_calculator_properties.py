"""What holds for any life of a clock (R21 to R28): order, repeats, splits, and its own proof."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadline.adapters.due_lines import City
from services.deadline.adapters.proof import differences, prove
from services.deadline.domain.course import PAUSE_REASONS
from tests.unit.deadline.questions import TRIAL, answered

CITIES = st.sampled_from([TRIAL, City.of("shandong"), City.of("beijing"), City.of("nyc")])
CLOCKS = st.sampled_from(sorted(TRIAL.policy.rows))
FROM = datetime.fromisoformat("2026-01-01T00:00+08:00")
HOURS = st.integers(0, 24 * 60)
DAYS = st.integers(0, 90).map(lambda n: str(date(2026, 1, 1) + timedelta(days=n)))
LENGTHS = st.one_of(
    st.fixed_dictionaries({"working_days": st.integers(1, 9)}),
    st.fixed_dictionaries({"calendar_days": st.integers(1, 15)}),
    st.fixed_dictionaries({"hours": st.integers(1, 99)}),
)
FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "paused": st.fixed_dictionaries({"reason": st.sampled_from([*PAUSE_REASONS, "lunch"])}),
    "extension_asked": st.fixed_dictionaries(
        {"working_days": st.integers(0, 7), "reason": st.sampled_from(["", "road works"])}
    ),
    "extension_granted": st.fixed_dictionaries({"working_days": st.integers(0, 7)}),
    "limit_set": st.fixed_dictionaries(
        {
            "length": LENGTHS,
            "basis": st.sampled_from(["law", "special"]),
            "written_application": st.booleans(),
            "document": st.sampled_from(["", "doc 1"]),
        }
    ),
    "calendar_changed": st.fixed_dictionaries(
        {
            "days": st.lists(
                st.fixed_dictionaries({"date": DAYS, "working": st.booleans()}), max_size=3
            ),
            "publishes_year": st.sampled_from([None, 2027]),
        }
    ),
    "redispatched": st.fixed_dictionaries({"forced": st.booleans()}),
}
PLAIN = (
    "resumed", "extension_refused", "return_asked", "return_granted", "return_refused",
    "confirmed", "contacted", "completed", "progress_noted", "urged",
)  # fmt: skip
ALL = (*FIELDS, *PLAIN)


def instant(hours: int) -> str:
    return (FROM + timedelta(hours=hours)).isoformat()


@st.composite
def lives(draw: st.DrawFn, types: tuple[str, ...] = ALL, unique: bool = False) -> list[Any]:
    """Events of the city's hours; `unique`: no two at one instant."""
    events = []
    hours = draw(st.lists(HOURS, max_size=10, unique=unique))
    for hour in hours:
        type_ = draw(st.sampled_from(types))
        fields = draw(FIELDS[type_]) if type_ in FIELDS else {}
        events.append({"type": type_, "at": instant(hour), **fields})
    return events


def line(clock: str, hours: int, events: list[Any]) -> dict[str, Any]:
    return {"id": 7, "clock": clock, "start": instant(hours), "events": events}


def told(found: dict[str, Any], events: list[Any]) -> dict[str, Any]:
    """The answer with its rejected events themselves in place of their numbers."""
    rejected = [(events[r["event"]], r["rule"], r["why"]) for r in found["rejected"]]
    return {**found, "rejected": sorted(rejected, key=str)}


@settings(max_examples=300)
@given(CITIES, CLOCKS, HOURS, lives(unique=True), st.data())
def test_r27_the_order_in_which_events_are_given_changes_nothing(
    city: City, clock: str, start: int, events: list[Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))
    one = answered(line(clock, start, events), city)
    assert told(answered(line(clock, start, shuffled), city), shuffled) == told(one, events)


@given(CLOCKS, HOURS, lives(types=("paused", "resumed", "extension_refused")), st.data())
def test_r26_pauses_of_one_instant_may_come_in_any_order(
    clock: str, start: int, events: list[Any], data: st.DataObject
) -> None:
    same = [{**e, "reason": "force_majeure"} if e["type"] == "paused" else e for e in events]
    shuffled = data.draw(st.permutations(same))
    assert answered(line(clock, start, shuffled)) == answered(line(clock, start, same))


@given(CITIES, CLOCKS, HOURS, lives(), st.data())
def test_a_repeated_event_changes_nothing(
    city: City, clock: str, start: int, events: list[Any], data: st.DataObject
) -> None:
    """The calculator: two with one id are one."""
    named = [{**event, "event_id": f"e{n}"} for n, event in enumerate(events)]
    again = data.draw(st.lists(st.sampled_from(named), max_size=4)) if named else []
    one = answered(line(clock, start, named), city)
    assert answered(line(clock, start, named + again), city) == one


@settings(max_examples=300)
@given(CITIES, CLOCKS, HOURS, lives())
def test_r27_every_instant_round_trips_through_its_proof(
    city: City, clock: str, start: int, events: list[Any]
) -> None:
    proof = orjson.loads(orjson.dumps(prove(line(clock, start, events), city)))
    assert differences(proof) == []
    told = answered(line(clock, start, events), city)
    assert {name: proof[name] for name in told if name != "id"} == {
        name: value for name, value in told.items() if name != "id"
    }


@given(CITIES, CLOCKS, HOURS, lives())
def test_r22_at_most_two_extensions_and_none_of_a_promise_or_return(
    city: City, clock: str, start: int, events: list[Any]
) -> None:
    granted = answered(line(clock, start, events), city)["extensions_granted"]
    assert granted <= (2 if clock in ("contact", "resolve", "redo") else 0)


@given(HOURS, lives())
def test_r24_a_promise_is_moved_by_nothing(start: int, events: list[Any]) -> None:
    later = [e for e in events if e["at"] >= instant(start)]
    told = answered(line("promise", start, later))
    assert (
        told["due_at"] == told["promised_due_at"] == answered(line("promise", start, []))["due_at"]
    )


@given(CLOCKS, HOURS, lives(types=("calendar_changed", "progress_noted"), unique=True))
def test_r27_a_notice_never_makes_a_clock_overdue_in_retrospect(
    clock: str, start: int, events: list[Any]
) -> None:
    ordered = sorted(events, key=lambda e: e["at"])
    for n, event in enumerate(ordered):
        before = answered(line(clock, start, ordered[:n]))["due_at"]
        after = answered(line(clock, start, ordered[: n + 1]))["due_at"]
        assert after == before or after > event["at"] or event["at"] < instant(start)
