"""iCalendar (RFC 5545): the feed of due instants, and days that others publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from services.deadline.adapters.proof_page import CLOCKS
from services.deadline.domain.views import ClockView

MEDIA_TYPE = "text/calendar"
_LINE_BYTES = 75
_WORKED = ("补班", "上班", "(班)", "（班）", "make-up", "working day")


def feed(name: str, rows: Sequence[ClockView], now: datetime) -> str:
    """One event per running clock, at the instant from which on it is late."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hotline//deadline//EN"]
    lines.append(f"X-WR-CALNAME:{_text(name)}")
    for row in rows:
        if row.due_at is not None:
            lines += _event(row, row.due_at, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(row: ClockView, due_at: datetime, now: datetime) -> list[str]:
    zh, en = CLOCKS.get(row.clock, (row.clock, row.clock))
    late = "已逾期 overdue: " if due_at <= now else ""
    return [
        "BEGIN:VEVENT",
        f"UID:{row.ticket}/{row.clock}/{row.run}@hotline",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(due_at)}",
        f"DTEND:{_stamp(due_at)}",
        f"SUMMARY:{_text(f'{late}{zh} {en} {row.ticket}')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for mark in ("\\", ";", ","):
        value = value.replace(mark, f"\\{mark}")
    return value.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """At most 75 bytes a line, no character cut in two."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LINE_BYTES:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part


def days(text: str) -> dict[date, tuple[bool, str]]:
    """Whole days of a published calendar: (is worked, its name).

    A day is off unless its name, or its categories, say that it is worked 补班. Events with a time
    of day are left out. Raises ValueError with the line that cannot be read.
    """
    found: dict[date, tuple[bool, str]] = {}
    event: dict[str, str] | None = None
    for number, line in enumerate(_unfolded(text), 1):
        name, _, value = line.partition(":")
        key = name.partition(";")[0].upper()
        if line.upper() == "BEGIN:VEVENT":
            event = {}
        elif line.upper() == "END:VEVENT":
            if event is None:
                raise ValueError(f"line {number}: an event ends that did not begin")
            found.update(_whole_days(event, number))
            event = None
        elif event is not None:
            event[key] = value
    if event is not None:
        raise ValueError("the last event does not end")
    return found


def _unfolded(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += line[1:]
        elif line.strip():
            lines.append(line.strip())
    if not lines or lines[0].upper() != "BEGIN:VCALENDAR":
        raise ValueError("line 1: an iCalendar file begins with BEGIN:VCALENDAR")
    return lines


def _whole_days(event: dict[str, str], number: int) -> dict[date, tuple[bool, str]]:
    first, last = event.get("DTSTART", ""), event.get("DTEND", "")
    if len(first) != 8:  # a time of day: no whole day
        return {}
    try:
        begin = date.fromisoformat(first)
        end = date.fromisoformat(last) if len(last) == 8 else begin + timedelta(days=1)
    except ValueError:
        raise ValueError(f"line {number}: {first} to {last} are no dates") from None
    if not 0 < (end - begin).days <= 366:
        raise ValueError(f"line {number}: {first} to {last} are no range of days")
    name = event.get("SUMMARY", "").replace("\\,", ",").replace("\\;", ";").strip()
    said = f"{name} {event.get('CATEGORIES', '')}".lower()
    worked = any(word in said for word in _WORKED)
    return {begin + timedelta(days=n): (worked, name) for n in range((end - begin).days)}
