"""Questions and answers of `hotline due` as JSON has them.

In: `id`, `clock`, `start`, `events`, `config`, `matter`, `promise`; out: the answer, or `id` and
`error`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from services.deadline.adapters.registry import load
from services.deadline.domain.calculator import ORDER, Act, Answer, Question, answer
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import clock_time
from services.deadline.domain.lengths import Length, length_from_data
from services.deadline.domain.policy import Policy
from services.kernel.decider import Value, replace

_LINE = {"id", "clock", "start", "start_fact", "events", "config", "matter", "promise"}
_CONFIG = {"close_of_business", "lengths"}
_FACT = {"type", "id"}  # what a proof names, which moves nothing
_PROMISE = ("start", "due_at")  # as it stands on record since the matter was accepted
_MATTER = {"kind", "urgency", "category", "level"}
_PROMISED = ("promise", "resolve")
_TYPES = frozenset(ORDER)
_UNITS = ("working_days", "calendar_days", "hours", "minutes", "working_hours")
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC)


class BadLine(ValueError):
    """The line cannot be understood; the message says what to write instead."""


class City(Value):
    """Policy and calendar by which lines are answered."""

    policy: Policy
    calendar: Calendar

    @classmethod
    def of(cls, name: str) -> City:
        """Raises ValueError for a city without a policy."""
        return cls(*load(name))


_EMPTY = orjson.dumps({"id": None, "error": "an empty line asks nothing"})
Cities = Callable[[datetime], City]  # by what is in effect at that instant


def answers(lines: Iterable[bytes], city: City) -> Iterator[bytes]:
    """One line of JSON for each, in their order; a bad one, as an empty one, spoils no other.

    Empty lines behind the last that is not are the end of the file.
    """
    empty = 0
    for line in lines:
        if not line.strip():
            empty += 1
            continue
        yield from [_EMPTY] * empty
        empty = 0
        yield orjson.dumps(_answered(line, city))


def _answered(line: bytes, city: City) -> dict[str, Any]:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {"id": None, "error": f"not JSON: {error}"}
    name = data.get("id") if isinstance(data, dict) else None
    try:
        return {"id": name, **to_json(city, *asked(data, city))}
    except (ValueError, OverflowError) as error:
        return {"id": name, "error": str(error)}


def asked(data: Any, city: City) -> tuple[Question, Answer]:
    """The question that a line puts, and its answer. Raises BadLine, ValueError."""
    question = question_from(data, city)
    return question, answer(question)


def question_from(data: Any, city: City) -> Question:
    """Raises BadLine, ValueError."""
    _require(data, _LINE, "the line")
    policy, clock = city.policy, _clock(data.get("clock"))
    if clock not in policy.rows:
        known = ", ".join(policy.rows)
        raise BadLine(f"clock: no clock is called {data.get('clock')!r}; there are {known}")
    config = data.get("config") or {}
    _require(config, _CONFIG, "config")
    lengths = _lengths(config.get("lengths") or {}, policy)
    matter = data.get("matter") or {}
    _require(matter, _MATTER, "matter")
    _require(data.get("start_fact") or {}, _FACT, "start_fact")
    chosen, row = _chosen(policy, lengths, matter), policy.rows[clock]
    promise = policy.rows.get("promise") if clock in _PROMISED else None
    said, events = data.get("promise") or {}, data.get("events")
    _require(said, _PROMISE, "promise")
    told = [instant(said.get(name), f"promise.{name}") for name in _PROMISE if said]
    if events is not None and not isinstance(events, list):
        raise BadLine("events must be a list")
    return Question(
        row=replace(row, acts=row.acts_of(matter)),
        length=chosen(clock),
        start=instant(data.get("start"), "start"),
        acts=[_act(n, event, policy) for n, event in enumerate(events or ())],
        calendar=_closing(city.calendar, config.get("close_of_business")),
        promise=chosen("promise") if promise else None,
        follows_law=promise is not None and promise.statutory,
        promised=told[-1] if told and promise else None,
    )


def to_json(city: City, question: Question, found: Answer) -> dict[str, Any]:
    """The answer under the names of its fields; instants in the city's own zone."""
    zone, due = question.calendar.zone, found.due
    data: dict[str, Any] = {
        "due_at": due.due_at and due.due_at.astimezone(zone).isoformat(),
        "last_day": due.last_day,
        "counted": due.counted,
        "skipped": [{"date": day, "reason": why} for day, why in due.skipped],
        "provisional": due.provisional,
        "extensions_granted": len(found.course.extensions),
        "rejected": [{"event": r.event, "rule": r.rule, "why": r.why} for r in found.rejected],
        "policy": city.policy.version,
        "calendar": f"{found.calendar.id}@{found.calendar.version}",
    }
    if found.promised_due_at is not None:
        data["promised_due_at"] = found.promised_due_at.astimezone(zone).isoformat()
    if found.late is not None:
        data["late"] = found.late
    return data


def _clock(name: Any) -> str:
    """`call-back` and `call back` are call_back."""
    return str(name or "").replace("-", "_").replace(" ", "_")


def _chosen(
    policy: Policy, lengths: Mapping[str, Length], matter: Mapping[str, Any]
) -> Callable[[str], Length]:
    """A length that the line brings also counts for the clock that follows that one."""

    def length(clock: str) -> Length:
        own = lengths.get(clock) or lengths.get(policy.rows[clock].follows)
        return own or policy.length(clock, matter)

    return length


def _lengths(data: Any, policy: Policy) -> dict[str, Length]:
    if isinstance(data, dict):
        data = {_clock(name): part for name, part in data.items()}
    _require(data, policy.rows.keys(), "config.lengths")
    return {clock: _length(part, f"config.lengths.{clock}") for clock, part in data.items()}


def _length(data: Any, where: str) -> Length:
    if not isinstance(data, dict):
        raise BadLine(f'{where} must be an object such as {{"working_days": 5}}')
    try:
        return length_from_data(data)
    except ValueError as error:
        raise BadLine(f"{where}: {error}") from None


@lru_cache(maxsize=256)
def _closing(calendar: Calendar, close: str | None) -> Calendar:
    if close is None:
        return calendar
    ends = None if close == "24:00" else clock_time(close, "config.close_of_business")
    return dataclasses.replace(calendar, close_of_business=ends)


def _act(index: int, data: Any, policy: Policy) -> Act:
    where = f"events[{index}]"
    if not isinstance(data, dict):
        raise BadLine(f"{where} must be an object")
    type_, clock = data.get("type", data.get("event")), _clock(data.get("clock"))
    if not isinstance(type_, str) or type_ not in _TYPES:
        raise BadLine(f"{where}.type: no event is called {type_!r}; there are {', '.join(ORDER)}")
    if clock and clock not in policy.rows:
        raise BadLine(f"{where}.clock: no clock is called {clock!r}")
    _require(data.get("fact") or {}, _FACT, f"{where}.fact")
    act = Act(
        index=index,
        at=instant(data.get("at"), f"{where}.at"),
        type=type_,
        clock=clock,
        event_id=_text(data.get("event_id"), f"{where}.event_id"),
        working_days=_whole(data.get("working_days"), f"{where}.working_days"),
        reason=_text(data.get("reason"), f"{where}.reason"),
        forced=_flag(data.get("forced"), f"{where}.forced"),
    )
    if type_ == "refiled":
        law = _length(data["limit"], f"{where}.limit") if data.get("limit") else None
        return replace(act, length=_length(data.get("length"), f"{where}.length"), limit=law)
    if type_ == "limit_set":
        return _limit(act, data, where)
    return _notice(act, data, where) if type_ == "calendar_changed" else act


def _limit(act: Act, data: Mapping[str, Any], where: str) -> Act:
    length = (
        data.get("length")
        or data.get("limit")
        or {unit: data[unit] for unit in _UNITS if unit in data}
    )
    basis = data.get("basis", "law")
    if basis not in ("law", "special"):
        raise BadLine(f"{where}.basis is law or special")
    return replace(
        act,
        length=_length(length, f"{where}.length"),
        special=basis == "special",
        statutory=basis == "law" and _flag(data.get("statutory"), f"{where}.statutory"),
        written_application=_flag(data.get("written_application"), f"{where}.written_application"),
        document=_text(data.get("document"), f"{where}.document"),
        working_days=None,
    )


def _notice(act: Act, data: Mapping[str, Any], where: str) -> Act:
    listed, year = data.get("days") or [], data.get("publishes_year")
    if not isinstance(listed, list):
        raise BadLine(f"{where}.days must be a list")
    days: dict[date, bool] = {}
    for n, part in enumerate(listed):
        here = f"{where}.days[{n}]"
        if not isinstance(part, dict) or not isinstance(part.get("working"), bool):
            raise BadLine(
                f'{here} must be an object such as {{"date": "2026-05-04", "working": true}}'
            )
        days[_date(part.get("date"), f"{here}.date")] = part["working"]
    if year is not None and (
        isinstance(year, bool) or not isinstance(year, int) or not 1900 <= year < 2500
    ):
        raise BadLine(f"{where}.publishes_year must be a year")
    return replace(act, days=days, publishes_year=year)


def _require(part: Any, known: Iterable[str], where: str) -> None:
    if not isinstance(part, dict):
        raise BadLine(f"{where} must be an object")
    if unknown := part.keys() - set(known):
        raise BadLine(
            f"{where}: unknown field {min(unknown)!r}; there are {', '.join(sorted(known))}"
        )


def instant(value: Any, where: str) -> datetime:
    """An instant with its offset, in UTC; 24:00 is the end of its day. Raises BadLine."""
    try:
        whole = isinstance(value, str) and "T24:00" in value  # ISO 8601: the end of that day
        read = datetime.fromisoformat(value.replace("T24:00", "T00:00") if whole else value)
        read += timedelta(days=whole)
    except (TypeError, ValueError, OverflowError):
        raise BadLine(f"{where} must be an instant such as 2026-02-13T16:00+08:00") from None
    if read.tzinfo is None:
        raise BadLine(f"{where} has no offset from UTC: write 2026-02-13T16:00+08:00")
    if not _FIRST <= read < _LAST:
        raise BadLine(f"{where} must lie between 1900 and 2500")
    return read.astimezone(UTC)


def _date(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadLine(f"{where} must be a date such as 2026-05-04") from None


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLine(f"{where} must be a text")
    return value.strip()


def _whole(value: Any, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**6:
        raise BadLine(f"{where} must be a whole number")
    return value


def _flag(value: Any, where: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise BadLine(f"{where} must be true or false")
    return bool(value)
