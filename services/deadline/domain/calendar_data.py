"""A calendar as YAML and JSON carry it: read strictly, written so that a proof can enclose it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta

from services.deadline.domain.calendar import WEEKDAYS, Calendar, Shift
from services.deadline.domain.own_days import OwnDays


def from_data(data: Mapping[str, object]) -> Calendar:
    """Read the plain form that the YAML files have; `to_data` writes it.

    Keys of `days_off` and `make_up` are one date, a range `first/last`, or several of both with
    commas. Raises ValueError with the sentence to show to whoever edits the file.
    """
    where = f"calendar {data.get('id', '?')}"
    unknown = data.keys() - _FIELDS
    if unknown:
        raise ValueError(f"{where}: unknown field {sorted(unknown)[0]}")
    return Calendar(
        id=_text(where, data, "id"),
        version=_text(where, data, "version"),
        time_zone=_text(where, data, "time_zone"),
        published_from=_year(where, data, "published_from", 1),
        published_through=_year(where, data, "published_through"),
        weekend=_weekend(where, _table(where, data, "weekend")),
        days_off=dated(where, _table(where, data, "days_off")),
        make_up=dated(where, _table(where, data, "make_up")),
        notices=_notices(where, _table(where, data, "notices")),
        close_of_business=_close(where, data),
        shifts=shifts(data.get("shifts", ()), f"{where}: shifts"),
    )


def own_from_data(data: Mapping[str, object]) -> OwnDays:
    """As `from_data`, of a calendar that `extends` another one."""
    where = f"calendar {data.get('id', '?')}"
    if below := sorted(data.keys() & _BELOW):
        raise ValueError(f"{where}: {below[0]} is said by the calendar that it extends")
    if unknown := data.keys() - _OWN_FIELDS:
        raise ValueError(f"{where}: unknown field {sorted(unknown)[0]}")
    version = _text(where, data, "version")
    if "/" in version:
        raise ValueError(f"{where}: version has a /, which parts it from what it lies on")
    return OwnDays(
        id=_text(where, data, "id"),
        version=version,
        extends=_text(where, data, "extends"),
        days_off=dated(where, _table(where, data, "days_off")),
        make_up=dated(where, _table(where, data, "make_up")),
        notices=_notices(where, _table(where, data, "notices")),
        time_zone=_text(where, data, "time_zone") if "time_zone" in data else "",
        close_of_business=_close(where, data),
        shifts=shifts(data.get("shifts", ()), f"{where}: shifts"),
    )


def to_data(calendar: Calendar) -> dict[str, object]:
    """The whole calendar as JSON can carry it, one entry per date: what a proof encloses."""
    return {
        "id": calendar.id,
        "version": calendar.version,
        "time_zone": calendar.time_zone,
        "published_from": calendar.published_from,
        "published_through": calendar.published_through,
        "weekend": {WEEKDAYS[number]: why for number, why in sorted(calendar.weekend.items())},
        **_days_data(calendar),
    }


def own_to_data(own: OwnDays) -> dict[str, object]:
    """As its file has it, one entry per date."""
    head = {"id": own.id, "version": own.version, "extends": own.extends}
    zone = {"time_zone": own.time_zone} if own.time_zone else {}
    return {**head, **zone, **_days_data(own)}


def _days_data(days: Calendar | OwnDays) -> dict[str, object]:
    data: dict[str, object] = {
        "days_off": {str(day): why for day, why in sorted(days.days_off.items())},
        "make_up": {str(day): why for day, why in sorted(days.make_up.items())},
        "notices": {str(year): list(names) for year, names in sorted(days.notices.items())},
    }
    if days.close_of_business is not None:
        data["close_of_business"] = days.close_of_business.isoformat("minutes")
    if days.shifts:
        data["shifts"] = ["-".join(t.isoformat("minutes") for t in s) for s in days.shifts]
    return data


def shifts(value: object, where: str) -> tuple[Shift, ...]:
    """Read `["09:00-12:00", "13:30-17:30"]`. Raises ValueError."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{where} must be a list such as ['09:00-12:00', '13:30-17:30']")
    pairs = [str(part).partition("-") for part in value]
    return tuple((clock_time(begin, where), clock_time(end, where)) for begin, _, end in pairs)


_BELOW = frozenset({"published_from", "published_through", "weekend"})
_EITHER = frozenset(
    {
        "id",
        "version",
        "time_zone",
        "days_off",
        "make_up",
        "notices",
        "close_of_business",
        "shifts",
    }
)
_FIELDS, _OWN_FIELDS = _EITHER | _BELOW, _EITHER | {"extends"}


def _close(where: str, data: Mapping[str, object]) -> time | None:
    close = data.get("close_of_business")
    return None if close is None else clock_time(close, f"{where}: close_of_business")


def _text(where: str, data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {name} must be a text")
    return value


def _year(where: str, data: Mapping[str, object], name: str, default: int | None = None) -> int:
    value = data.get(name, default)
    if not isinstance(value, int) or not 0 < value < 9998:
        raise ValueError(f"{where}: {name} must be a year")
    return value


def _table(where: str, data: Mapping[str, object], name: str) -> Mapping[object, object]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: {name} must be a table")
    return value


def _weekend(where: str, table: Mapping[object, object]) -> dict[int, str]:
    try:
        return {WEEKDAYS.index(str(name).lower()): str(why) for name, why in table.items()}
    except ValueError:
        raise ValueError(f"{where}: weekend names weekdays, such as saturday") from None


def dated(where: str, table: Mapping[object, object]) -> dict[date, str]:
    """Reasons by date, of keys as `from_data` describes them. Raises ValueError."""
    dated: dict[date, str] = {}
    for key, reason in table.items():
        for day in _dates(where, key):
            if day in dated:
                raise ValueError(f"{where}: {day} is listed twice")
            dated[day] = str(reason)
    return dated


def _dates(where: str, key: object) -> Iterator[date]:
    """The dates that `2026-02-14, 2026-02-15/2026-02-23` stands for."""
    for part in str(key).split(","):
        first, _, last = part.strip().partition("/")
        try:
            begin = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else begin
        except ValueError:
            raise ValueError(f"{where}: {part.strip()!r} is not a date") from None
        if not 0 <= (end - begin).days <= 366:
            raise ValueError(f"{where}: {part.strip()!r} is not a range of days")
        for offset in range((end - begin).days + 1):
            yield begin + timedelta(days=offset)


def _notices(where: str, table: Mapping[object, object]) -> dict[int, tuple[str, ...]]:
    notices: dict[int, tuple[str, ...]] = {}
    for year, names in table.items():
        if not str(year).isdigit() or not isinstance(names, Sequence) or isinstance(names, str):
            raise ValueError(f"{where}: notices maps years to lists of notices")
        notices[int(str(year))] = tuple(str(name) for name in names)
    return notices


def clock_time(value: object, where: str) -> time:
    """A time of day such as '17:30'. Raises ValueError that begins with `where`."""
    sentence = f"{where} must be a quoted time, such as '17:30'"
    if not isinstance(value, str):  # YAML reads a bare 17:30 as the number 1050
        raise ValueError(sentence)
    try:
        read = time.fromisoformat(value)
    except ValueError:
        raise ValueError(sentence) from None
    if read.tzinfo is not None or read == time.min:
        raise ValueError(sentence)
    return read
