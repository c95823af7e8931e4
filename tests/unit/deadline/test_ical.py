"""Due lists as a calendar feed; calendars as data: days published as iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.deadline.adapters.ical import days, feed
from services.deadline.domain.views import ClockView
from tests.unit.deadline.tickets import cn

NOW = cn(3, 9, 10)


def row(ticket: str = "T-1", hours: int | None = 2) -> ClockView:
    due = None if hours is None else NOW + timedelta(hours=hours)
    return ClockView(ticket, "confirm", 1, "U1", "running", NOW, due)


def test_r21_a_feed_has_one_event_per_due_clock_at_the_instant_it_is_late() -> None:
    text = feed("U1, 承办", [row(), row("T-2", None), row("T-3", -1)], NOW)
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == 2
    assert "DTSTART:20260309T040000Z\r\n" in text
    assert "UID:T-1/confirm/1@hotline\r\n" in text
    assert "SUMMARY:签收 confirm T-1\r\n" in text
    assert "SUMMARY:已逾期 overdue: 签收 confirm T-3\r\n" in text
    assert "X-WR-CALNAME:U1\\, 承办\r\n" in text


def test_no_line_of_a_feed_is_longer_than_75_bytes_and_none_is_lost() -> None:
    long = "工单" * 60
    text = feed(long, [row(long)], NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert f"SUMMARY:签收 confirm {long}" in text.replace("\r\n ", "")


PUBLISHED = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260501
DTEND;VALUE=DATE:20260506
SUMMARY:劳动节\\, five
  days
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260509
SUMMARY:劳动节补班
END:VEVENT
BEGIN:VEVENT
DTSTART:20260510T090000Z
SUMMARY:a meeting
END:VEVENT
END:VCALENDAR
"""


def test_whole_days_are_off_unless_they_are_said_to_be_worked() -> None:
    found = days(PUBLISHED.replace("\n", "\r\n"))
    assert found == {
        **{date(2026, 5, n): (False, "劳动节, five days") for n in range(1, 6)},
        date(2026, 5, 9): (True, "劳动节补班"),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "begins with BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: an event ends"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "does not end"),
        (PUBLISHED.replace("20260501", "20260532"), "are no dates"),
        (PUBLISHED.replace("20260506", "20260501"), "no range of days"),
    ],
)
def test_a_broken_file_is_named_by_line(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        days(text)
