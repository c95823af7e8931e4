"""Calendars as data: a city's own days on one that somebody else publishes (R21, R27, R28)."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner

from hotline.cli.due import command
from services.deadline.adapters import registry
from services.deadline.adapters.calendar_files import own_with_days
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import page
from services.deadline.adapters.rules import Rules
from services.deadline.domain.calendar import next_version
from services.deadline.domain.calendar_data import (
    from_data,
    own_from_data,
    own_to_data,
    to_data,
)
from services.deadline.domain.own_days import laid
from services.kernel.registry import Unfit
from tests.unit.deadline.shipped import CN
from tests.unit.deadline.test_rules import FROM, POLICY, Office
from tests.unit.deadline.tickets import cn, dispatched

OWN: dict[str, Any] = {
    "id": "fuyang",
    "version": "1",
    "extends": "cn",
    "days_off": {"2026-03-12": "全市放假 city closure", "2026-05-09": "洪水 flood"},
    "make_up": {"2026-03-14, 2026-10-07": "全市补班 city make-up day"},
    "notices": {"2026": ["阜政办〔2026〕1号"]},
    "shifts": ["08:30-12:00", "14:00-18:00"],
}
FUYANG = own_from_data(OWN)
LAID = laid(CN, (FUYANG,))
QUESTION = {"clock": "resolve", "start": "2026-03-11T10:00+08:00"}
CALENDARS = Path(__file__).parents[3] / "services" / "deadline" / "registry" / "calendars"


class Hall(Office):
    """An office whose city has days of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.follow(Rules("sample", POLICY, CN, PolicyCodec(POLICY), (FUYANG,)))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry whose calendars the test writes."""
    folder = tmp_path / "calendars"
    folder.mkdir()
    (folder / "cn.yaml").write_text((CALENDARS / "cn.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(registry, "_registry", lambda path="": tmp_path / path)
    return folder


def write(folder: Path, name: str, **content: Any) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**OWN, "id": name, **content}), "utf-8")


def test_r21_own_days_beat_those_below_and_the_rest_is_as_below() -> None:
    assert [LAID.is_working(date(2026, 3, day)) for day in (11, 12, 13, 14, 15)] == [
        True, False, True, True, False,
    ]  # fmt: skip
    assert CN.is_working(date(2026, 5, 9))
    assert not LAID.is_working(date(2026, 5, 9))  # a make-up day of the nation's
    assert LAID.is_working(date(2026, 10, 7))  # the last day of the nation's holiday
    assert LAID.add_working_days(date(2026, 3, 11), 2) == date(2026, 3, 14)
    days = set(LAID.days_off.keys() ^ CN.days_off.keys())
    assert days == {date(2026, 3, 12), date(2026, 5, 9), date(2026, 10, 7)}
    assert (LAID.time_zone, LAID.weekend) == (CN.time_zone, CN.weekend)


def test_r21_a_city_has_its_own_hours_or_those_below() -> None:
    assert LAID.shifts[0] == (time(8, 30), time(12))
    plain = {name: OWN[name] for name in ("id", "version", "extends")}
    assert laid(CN, (own_from_data(plain),)).shifts == CN.shifts
    closing = own_from_data({**plain, "close_of_business": "17:30"})
    assert laid(CN, (closing,)).close_of_business == time(17, 30)


def test_r27_each_day_of_a_proof_says_which_calendar_it_comes_from() -> None:
    made = prove(QUESTION, City(POLICY, LAID))
    assert made["skipped"][0] == {"date": "2026-03-12", "reason": "全市放假 city closure (fuyang)"}
    assert made["calendar"] == "fuyang@1/cn@2026.1"
    assert made["days"]["make_up"]["2026-03-14"] == "全市补班 city make-up day (fuyang)"
    assert made["days"]["notices"]["2026"] == ["国办发明电〔2025〕7号", "阜政办〔2026〕1号"]
    before = prove({**QUESTION, "start": "2026-02-13T10:00+08:00"}, City(POLICY, LAID))
    assert before["skipped"][0]["reason"] == "春节 Spring Festival (cn)"
    assert "2026-03-12  不计 not counted: 全市放假 city closure (fuyang)" in page(made)


def test_r27_such_a_proof_holds_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    made = orjson.loads(orjson.dumps(prove(QUESTION, City(POLICY, LAID))))
    monkeypatch.setattr(registry, "_read", None)
    assert differences(made) == []
    del made["days"]["days_off"]["2026-03-12"]
    assert "skipped" in differences(made)


def test_a_calendar_that_nobody_lies_on_is_as_it_is_written() -> None:
    assert laid(CN, ()) is CN


async def test_r27_a_later_notice_of_the_nation_reaches_the_city() -> None:
    hall = Hall()
    notice = CN.with_notice({date(2026, 3, 13): False}, notice="国办发明电〔2026〕9号")
    await hall.publish("calendar/cn", to_data(notice))
    desk = hall.desk()
    assert desk.clock("resolve").due_at == cn(3, 17)  # closed on the 12th, worked on the 14th
    desk.say(dispatched("U2", 2), FROM + timedelta(hours=10))
    assert desk.clock("resolve").due_at == cn(3, 20)
    assert desk.clock("resolve").calendar == "fuyang@1/cn@2026.1+1"
    assert hall.in_effect(FROM)[1].reason_off(date(2026, 3, 13)) == (
        "通知 notice 国办发明电〔2026〕9号 (cn)"
    )


async def test_r28_a_year_that_the_nation_publishes_is_certain_for_the_city() -> None:
    hall = Hall()
    await hall.publish("calendar/cn", to_data(CN.with_notice({}, 2027, "N")))
    years = [hall.in_effect(at)[1].published_through for at in (FROM - timedelta(1), FROM)]
    assert years == [2026, 2027]


async def test_r27_open_clocks_are_planned_again_after_either_part_is_published() -> None:
    hall = Hall()
    versions = [hall.in_effect.calendar_version(FROM)]
    await hall.publish("calendar/cn", to_data(CN.with_notice({}, 2027, "N")))
    versions.append(hall.in_effect.calendar_version(FROM))
    own = {**OWN, "version": "2", "days_off": {}}
    await hall.publish("calendar/fuyang", own)
    versions.append(hall.in_effect.calendar_version(FROM))
    assert versions == [0, 1, 2]
    assert hall.in_effect(FROM)[1].is_working(date(2026, 3, 12))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": "hefei"}, "id, extends, time_zone stay"),
        ({"extends": "us-federal"}, "id, extends, time_zone stay"),
        ({"time_zone": "Asia/Urumqi"}, "id, extends, time_zone stay"),
        ({"published_through": 2027}, "published_through is said by the calendar that it extends"),
        ({"shifts": ["12:00-09:00"]}, "shifts must follow each other"),
        ({"days_off": {"2026-03-14": "x"}}, "2026-03-14 is both off and a make-up day"),
    ],
)
async def test_own_days_that_cannot_be_used_are_refused_in_words(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Unfit, match=sentence):
        await Hall().publish("calendar/fuyang", {**OWN, **change})


def test_what_is_told_of_each_part_gives_the_same_calendar_again() -> None:
    documents = {name: kind.document for name, kind in Hall().rules.kinds().items()}
    told = from_data(documents["calendar/cn"]), own_from_data(documents["calendar/fuyang"])
    assert to_data(laid(told[0], told[1:])) == to_data(LAID)
    assert own_from_data(own_to_data(FUYANG)) == FUYANG


def test_a_district_lies_on_a_city_that_lies_on_the_nation(files: Path) -> None:
    write(files, "fuyang")
    write(files, "linquan", extends="fuyang", days_off={"2026-03-13": "庙会 fair"}, make_up={})
    found = registry.load_calendar("linquan")
    assert found.version == "1/fuyang@1/cn@2026.1"
    reasons = [found.reason_off(date(2026, *day)) for day in ((3, 13), (3, 12), (2, 16))]
    assert reasons == [
        "庙会 fair (linquan)",
        "全市放假 city closure (fuyang)",
        "春节 Spring Festival (cn)",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"extends": "mars"}, "fuyang.yaml: extends: there is no 'mars', only cn, fuyang"),
        ({"extends": "fuyang"}, "fuyang.yaml: extends: goes in a circle: fuyang, fuyang"),
        ({"extends": 5}, "fuyang.yaml: calendar fuyang: extends must be a text"),
        ({"weekend": {}}, "weekend is said by the calendar that it extends"),
        ({"version": "1/2"}, "fuyang.yaml: calendar fuyang: version has a /"),
        ({"holidays": {}}, "fuyang.yaml: calendar fuyang: unknown field holidays"),
        ({"id": "hefei"}, "fuyang.yaml: id must be fuyang, as the file is called"),
        ({"time_zone": "Mars/Base"}, "fuyang.yaml: calendar fuyang: no time zone is called"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_key(
    content: dict[str, Any], sentence: str, files: Path
) -> None:
    write(files, "fuyang", **content)
    with pytest.raises(ValueError, match=f"^deadline/registry/calendars/.*{sentence}"):
        registry.load_calendar("fuyang")


def test_a_circle_of_two_is_named(files: Path) -> None:
    write(files, "a", extends="b")
    write(files, "b", extends="a")
    with pytest.raises(ValueError, match=r"calendars/b\.yaml: extends: .*circle: a, b, a"):
        registry.load_calendar("a")


def test_the_command_prints_the_citys_own_part_alone(files: Path, tmp_path: Path) -> None:
    write(files, "fuyang")
    days = tmp_path / "days.csv"
    days.write_text("date,working,reason\n2026-03-14,false,\n2026-06-01,false,儿童节\n", "utf-8")
    arguments = ["calendar", str(days), "--onto", "fuyang", "--notice", "N2"]
    printed = CliRunner().invoke(command, arguments)
    assert printed.exit_code == 0, printed.output
    found = own_from_data(yaml.safe_load(printed.output))
    assert (found.version, found.extends, found.notices) == (
        "1+1", "cn", {2026: ("阜政办〔2026〕1号", "N2")},
    )  # fmt: skip
    assert found.days_off[date(2026, 3, 14)] == "通知 notice N2"
    assert found.days_off[date(2026, 6, 1)] == "儿童节"
    assert date(2026, 3, 14) not in found.make_up


def test_r28_a_city_publishes_no_year() -> None:
    with pytest.raises(ValueError, match="fuyang extends cn: publish the year there"):
        own_with_days(FUYANG, {}, "N", 2027)


def test_a_version_is_followed_by_the_next_whatever_it_lies_on() -> None:
    followed = [next_version(v) for v in ("1", "1+1", "1/cn@2026.1+3", "1+9/cn@2026.1")]
    assert followed == ["1+1", "1+2", "1+1/cn@2026.1+3", "1+10/cn@2026.1"]


def test_the_example_of_the_documentation_can_be_read() -> None:
    text = (CALENDARS / "README.md").read_text("utf-8")
    example = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    own = own_from_data(example)
    assert laid(CN, (own,)).version.endswith("/cn@2026.1")
