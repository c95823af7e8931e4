"""R27: a proof in plain words, for every clock of every shipped policy, in both languages."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from services.deadline.adapters import registry
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.proof import prove
from services.deadline.adapters.proof_page import CLOCKS, EVENTS, REASONS, WHY, page
from services.deadline.domain import calculator, course, rejections
from services.deadline.domain.calculator import ORDER
from services.deadline.domain.calendar import NEW_YEAR_UNPUBLISHED
from services.deadline.domain.course import PAUSE_REASONS
from services.kernel.decider import Rejection
from tests.unit.deadline.questions import TRIAL, asked, event, limit, line, paused, resumed

UNTIL = "2026-03-18T17:30:00+08:00"
ROWS = [(name, clock) for name in registry.cities() for clock in City.of(name).policy.rows]
HAN = re.compile("[一-鿿]")


def told(city: City, clock: str, *events: dict[str, Any], **more: Any) -> list[str]:
    return page(prove(line(clock, *events, **more), city)).splitlines()


def length(found: list[str]) -> str:
    [said] = [row.removeprefix("期限 length ") for row in found if row.startswith("期限")]
    return said


@pytest.mark.parametrize(("name", "clock"), ROWS)
def test_r27_every_clock_of_every_city_is_told_in_both_languages(name: str, clock: str) -> None:
    found = told(City.of(name), clock)
    zh, en = CLOCKS[clock]
    assert found[0] == f"{zh} · {en}"
    assert HAN.search(zh)
    assert not HAN.search(en)
    assert re.fullmatch(
        r"(\d+) (个工作日 \1 working days|个自然日 \1 calendar days|小时 \1 hours|分钟 \1 minutes)",
        length(found),
    )
    assert any(row.startswith("到期 due 2026-03-") for row in found)


@pytest.mark.parametrize(("name", "clock"), ROWS)
def test_r23_a_stated_due_instant_is_told_for_every_clock(name: str, clock: str) -> None:
    city = City.of(name)
    found = told(city, clock, config={"lengths": {clock: {"until": UNTIL}}})
    local = datetime.fromisoformat(UNTIL).astimezone(city.calendar.zone)
    said = local.isoformat(" ", "minutes")
    assert length(found) == f"至 until {said} (诉求自带期限 stated with the matter)"
    assert f"到期 due {said}: 此刻起即为逾期 from this instant on it is late" in found


@pytest.mark.parametrize("type_", ORDER)
def test_r27_every_act_is_told_in_both_languages(type_: str) -> None:
    fields: dict[str, Any] = {"reason": "force_majeure"} if type_ == "paused" else {}
    if type_ in ("refiled", "limit_set"):
        fields = {"length": {"calendar_days": 15}}
    zh, en = EVENTS[type_]
    assert HAN.search(zh)
    assert not HAN.search(en)
    found = told(TRIAL, "resolve", event(type_, "03-10T10:00", **fields))
    assert any(row.startswith(f"2026-03-10 10:00+08:00  {zh} {en}") for row in found)


def test_r4_a_correction_of_the_category_says_the_length_that_it_gave() -> None:
    found = told(TRIAL, "resolve", event("refiled", "03-10T10:00", length={"calendar_days": 15}))
    said = "更正事项分类 category corrected (15 个自然日 15 calendar days)"
    assert f"2026-03-10 10:00+08:00  {said}" in found


def test_r23_a_limit_says_its_length_its_basis_and_its_document() -> None:
    found = told(TRIAL, "resolve", limit("03-10T10:00", working_days=3, document="Law 7"))
    [said] = [row for row in found if "另有规定期限" in row]
    assert said.endswith("(3 个工作日 3 working days, 法律法规规定 by law, 文件 document Law 7)")


@pytest.mark.parametrize("reason", PAUSE_REASONS)
def test_r26_every_reason_of_a_pause_is_told_in_both_languages(reason: str) -> None:
    zh, en = REASONS[reason]
    found = told(TRIAL, "resolve", paused("03-10T10:00", reason), resumed("03-11T10:00"))
    assert f"2026-03-10 10:00+08:00  暂停 paused ({zh} {en})" in found
    assert f"  2026-03-10  不计 not counted: 暂停 paused: {zh} {en}" in found


def test_r22_an_application_is_told_with_days_reason_and_document() -> None:
    found = told(TRIAL, "resolve", asked("03-10T10:00", document="Letter 5"))
    [said] = [row for row in found if "申请延期" in row]
    assert said.endswith("(2 个工作日 2 working days, road works, 文件 document Letter 5)")


@pytest.mark.parametrize(
    ("clock", "matter", "said"),
    [
        ("resolve", {"urgency": "critical"}, "2 小时 2 hours (依诉求而定 by the matter)"),
        ("redo", {"urgency": "urgent"}, "24 小时 24 hours (依诉求而定 by the matter)"),
        (
            "resolve",
            {"category": "housing/leak"},
            "15 个自然日 15 calendar days (依诉求而定 by the matter)",
        ),
        ("promise", {"urgency": "critical"}, "2 小时 2 hours (依诉求而定 by the matter)"),
        ("resolve", {}, "7 个自然日 7 calendar days"),
        ("confirm", {"urgency": "critical"}, "2 小时 2 hours"),
    ],
)
def test_r23_the_length_that_was_used_is_told_not_the_rows_own(
    clock: str, matter: dict[str, str], said: str
) -> None:
    assert length(told(City.of("beijing"), clock, matter=matter)) == said


def forbidding() -> set[type[Rejection]]:
    """What the calculator can reject an event for."""
    named = {n for module in (calculator, course) for n in vars(module)}
    return {kind for name, kind in vars(rejections).items()
            if name in named and isinstance(kind, type) and kind is not Rejection}  # fmt: skip


def test_r27_why_an_event_was_not_accepted_is_told_in_both_languages() -> None:
    assert forbidding() == WHY.keys()
    assert all(HAN.search(zh) for zh in WHY.values())
    [said] = [row for row in told(TRIAL, "resolve", paused("2026-03-10T10:00", "lunch"))
              if "不予认可" in row]  # fmt: skip
    assert said.endswith(
        "不予认可 not accepted (R26): 计时仅因法定事由暂停 "
        "A clock is paused only for a reason of the legal list. (lunch)"
    )


@pytest.mark.parametrize("name", registry.calendars())
def test_r27_why_a_day_is_not_counted_is_told_in_both_languages(name: str) -> None:
    """Every reason that a shipped calendar gives, as JSON and page show it."""
    found = registry.load_calendar(name)
    reasons = {*found.weekend.values(), *found.days_off.values(), *found.make_up.values()}
    for reason in {*reasons, NEW_YEAR_UNPUBLISHED}:
        zh, _, en = reason.partition(" ")
        assert HAN.search(zh), reason
        assert re.search("[A-Z1]", en), reason
        assert not HAN.search(en), reason
