"""Calendars as data: days that somebody publishes, in YAML, CSV and iCalendar (R21, R28)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from hotline.cli.due import command
from services.deadline.adapters.calendar_files import read, with_days
from services.deadline.domain.calendar_data import from_data
from tests.unit.deadline.shipped import CN

FILES = {
    "days.yaml": "days_off: {2027-02-05/2027-02-06: 春节}\nmake_up: {2027-02-07: 春节}\n",
    "days.csv": "\ufeffdate,working,reason\n2027-02-05,false,春节\n2027-02-06,休,春节\n"
    "2027-02-07,班,春节\n",
    "days.ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270205\n"
    "DTEND;VALUE=DATE:20270207\nSUMMARY:春节\nEND:VEVENT\nBEGIN:VEVENT\n"
    "DTSTART;VALUE=DATE:20270207\nSUMMARY:春节\nCATEGORIES:补班\nEND:VEVENT\nEND:VCALENDAR\n",
}
DAYS = {
    date(2027, 2, 5): (False, "春节"),
    date(2027, 2, 6): (False, "春节"),
    date(2027, 2, 7): (True, "春节"),
}


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", FILES)
def test_three_kinds_of_files_say_the_same(name: str, tmp_path: Path) -> None:
    assert read(file(tmp_path, name, FILES[name])) == DAYS


def test_r28_a_published_year_is_certain_and_names_its_notice() -> None:
    changed = with_days(CN, DAYS, "国办发明电〔2026〕9号", 2027)
    assert (changed.published_through, changed.version) == (2027, "2026.1+1")
    assert changed.notices[2027] == ("国办发明电〔2026〕9号",)
    assert [changed.is_working(day) for day in DAYS] == [False, False, True]
    assert changed.reason_off(date(2027, 2, 5)) == "春节"
    assert not changed.is_working(date(2027, 1, 1))
    assert CN.published_through == 2026


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("days.txt", "", "read from .yaml, .csv and .ics"),
        ("days.yaml", "[]", "neither days_off nor make_up"),
        ("days.yaml", "days_off: [1]", "days_off must be a table"),
        ("days.yaml", "days_off: {soon: x}", "'soon' is not a date"),
        ("days.csv", "day,off\n", "line 1 must be date,working,reason"),
        ("days.csv", "date,working\n2027-02-30,true\n", "line 2: '2027-02-30' is no date"),
        ("days.csv", "date,working\n2027-02-05,maybe\n", "line 2: 'maybe' is neither"),
        ("days.csv", "date,working\n2027-02-05,true\n2027-02-05,true\n", "line 3: stands there"),
        ("days.ics", "hello", "begins with BEGIN:VCALENDAR"),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    name: str, text: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(file(tmp_path, name, text))


def test_the_command_prints_a_calendar_that_can_be_read_again(tmp_path: Path) -> None:
    days = str(file(tmp_path, "days.csv", FILES["days.csv"]))
    arguments = ["calendar", days, "--notice", "N1", "--publishes", "2027"]
    printed = CliRunner().invoke(command, arguments)
    assert printed.exit_code == 0, printed.output
    assert from_data(yaml.safe_load(printed.output)) == with_days(CN, DAYS, "N1", 2027)
    wrong = CliRunner().invoke(command, ["calendar", days, "--onto", "mars"])
    assert (wrong.exit_code, "mars.yaml is missing" in wrong.output) == (1, True)
