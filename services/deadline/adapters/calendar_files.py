"""Days off and make-up days that somebody publishes, read from YAML, CSV or iCalendar.

`with_days` lays them over a calendar and gives the next one, which names the notice (R27, R28).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml

from services.deadline.adapters import ical
from services.deadline.domain.calendar import Calendar, next_version
from services.deadline.domain.calendar_data import dated, own_to_data, to_data
from services.deadline.domain.own_days import OwnDays
from services.kernel import yaml_file

Days = Mapping[date, tuple[bool, str]]  # is it worked, and why
_WORDS = {"true": True, "1": True, "yes": True, "班": True, "false": False, "0": False, "no": False,
          "休": False}  # fmt: skip


def read(path: Path) -> Days:
    """By the file's ending: .yaml, .yml, .csv, .ics. Raises ValueError, OSError."""
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return _yaml(path)
        case ".csv":
            return _csv(path)
        case ".ics":
            return ical.days(_text(path))
    raise ValueError(f"{path.name}: days are read from .yaml, .csv and .ics files")


def with_days(calendar: Calendar, days: Days, notice: str, publishes: int | None) -> Calendar:
    """The calendar under the notice; a reason that a day brings beats the notice's number."""
    changed = calendar.with_notice(
        {d: worked for d, (worked, _) in days.items()}, publishes, notice
    )
    off, make_up = dict(changed.days_off), dict(changed.make_up)
    for day, (worked, reason) in days.items():
        if reason:
            (make_up if worked else off)[day] = reason
    years = {day.year for day in days} | ({publishes} if publishes else set())
    notices = _noticed(calendar.notices, years, notice)
    return replace(changed, days_off=off, make_up=make_up, notices=notices)


def own_with_days(own: OwnDays, days: Days, notice: str, publishes: int | None) -> OwnDays:
    """As `with_days`, of a city's own part. Raises ValueError where a year is published."""
    if publishes:
        raise ValueError(f"{own.id} extends {own.extends}: publish the year there")
    off, make_up = dict(own.days_off), dict(own.make_up)
    for day, (worked, reason) in days.items():
        (off if worked else make_up).pop(day, None)
        (make_up if worked else off)[day] = reason or f"通知 notice {notice}".rstrip()
    notices = _noticed(own.notices, {day.year for day in days}, notice)
    version = next_version(own.version)
    return replace(own, version=version, days_off=off, make_up=make_up, notices=notices)


def _noticed(
    known: Mapping[int, tuple[str, ...]], years: Iterable[int], notice: str
) -> dict[int, tuple[str, ...]]:
    named = dict(known)
    for year in years:
        before = named.get(year, ())
        if notice and notice not in before:
            named[year] = (*before, notice)
    return {year: names for year, names in named.items() if names}


def written(calendar: Calendar | OwnDays) -> str:
    """As a file of the registry has it."""
    data = own_to_data(calendar) if isinstance(calendar, OwnDays) else to_data(calendar)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def _yaml(path: Path) -> Days:
    content = yaml_file.read(path, path.name)
    if not isinstance(content, dict) or not content.keys() & {"days_off", "make_up"}:
        raise ValueError(f"{path.name} has neither days_off nor make_up")
    days: dict[date, tuple[bool, str]] = {}
    for name, worked in (("days_off", False), ("make_up", True)):
        table = content.get(name) or {}
        if not isinstance(table, dict):
            raise ValueError(f"{path.name}: {name} must be a table")
        days.update({day: (worked, why) for day, why in dated(path.name, table).items()})
    return days


def _csv(path: Path) -> Days:
    """A header `date,working,reason`; working is true or false, or 班 or 休."""
    rows = csv.DictReader(_text(path).splitlines())
    if not {"date", "working"} <= set(rows.fieldnames or ()):
        raise ValueError(f"{path.name}: line 1 must be date,working,reason")
    days: dict[date, tuple[bool, str]] = {}
    for number, row in enumerate(rows, 2):
        word = (row["working"] or "").strip().lower()
        try:
            day = date.fromisoformat((row["date"] or "").strip())
        except ValueError:
            raise ValueError(f"{path.name}: line {number}: {row['date']!r} is no date") from None
        if word not in _WORDS or day in days:
            what = (
                "stands there twice"
                if day in days
                else f"{row['working']!r} is neither true nor false"
            )
            raise ValueError(f"{path.name}: line {number}: {what}")
        days[day] = (_WORDS[word], (row.get("reason") or "").strip())
    return days


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: not UTF-8 at byte {error.start}") from None
