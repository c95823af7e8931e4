"""The proof holds by itself, and nothing in it can be changed unseen (R27)."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest

from services.deadline.adapters import registry
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import page
from tests.unit.deadline.questions import TRIAL, asked, event, granted, line, paused, resumed

LIFE = line(
    "resolve", paused("02-24T10:00"), resumed("02-26T10:00"), asked("02-26T11:00"),
    granted("02-26T12:00"), paused("02-27T10:00", "lunch"), event("completed", "03-04T09:00"),
    start="2026-02-13T16:00",
)  # fmt: skip


def proof() -> Any:
    return orjson.loads(orjson.dumps(prove(LIFE, TRIAL)))


def test_r27_a_proof_holds_without_any_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proof()
    monkeypatch.setattr(registry, "_read", None)
    assert differences(made) == []


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        (lambda p: p.update(due_at="2026-03-04T00:00:00+08:00"), "due_at"),
        (lambda p: p.update(late=True), "late"),
        (lambda p: p["counted"].pop(), "counted"),
        (lambda p: p["skipped"].pop(0), "skipped"),
        (lambda p: p["events"].pop(0), "due_at"),
        (lambda p: p.update(start="2026-02-12T16:00+08:00"), "due_at"),
        (lambda p: p["days"]["days_off"].pop("2026-02-23"), "due_at"),
        (lambda p: p["rules"]["clocks"]["resolve"].update(length={"working_days": 4}), "due_at"),
        (lambda p: p.update(provisional=True), "provisional"),
        (lambda p: p.update(remark="it is true"), "remark"),
        (lambda p: p.update(policy="shandong@2024-01-01"), "policy"),
        (lambda p: p.update(calendar="cn@1999"), "calendar"),
        (lambda p: p.pop("rejected"), "rejected"),
    ],
)
def test_r27_whatever_is_changed_in_a_proof_is_named(change: Any, differing: str) -> None:
    changed = copy.deepcopy(proof())
    change(changed)
    assert differing in differences(changed)


@pytest.mark.parametrize("data", [None, [], {}, {"format": "other"}])
def test_r27_what_is_no_proof_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no deadline proof"):
        differences(data)


def test_r27_a_proof_in_plain_words_names_every_day_in_both_languages() -> None:
    words = page(proof())
    for sentence in (
        "办理 · resolve",
        "5 个工作日 5 working days",
        "2026-02-14  第 1 日 day 1",
        "2026-02-15  不计 not counted: 春节 Spring Festival",
        "2026-02-24  不计 not counted: 暂停 paused: 等待诉求人补充材料 "
        "waiting for the citizen's supplement",
        "申请延期 extension asked (2 个工作日 2 working days, road works)",
        "不予认可 not accepted (R26)",
        "到期 due 2026-03-05 00:00+08:00",
        "按期 in time",
    ):
        assert sentence in words
    for day in (*proof()["counted"], *(part["date"] for part in proof()["skipped"])):
        assert day in words


@pytest.mark.parametrize("city", ["shandong", "beijing", "nyc", "sample"])
def test_r27_proofs_of_every_city_hold(city: str) -> None:
    rules = City.of(city)
    for clock in rules.policy.rows:
        assert differences(orjson.loads(orjson.dumps(prove(line(clock), rules)))) == []


def test_r27_a_page_reads_an_event_under_either_name() -> None:
    asked_for = {"event": "urged", "at": "2026-03-10T10:00+08:00"}
    assert "催办 urged" in page(prove(line("resolve", asked_for), TRIAL))


def test_r27_a_page_says_when_there_is_no_due_instant() -> None:
    assert "no due instant" in page(prove(line("resolve", paused("03-10T10:00")), TRIAL))
    assert "provisional" in page(prove(line("resolve", start="2026-12-30T10:00"), TRIAL))


def test_r23_a_page_says_a_stated_due_instant_as_it_was_stated() -> None:
    stated = {"lengths": {"resolve": {"until": "2026-03-20T17:00:00+08:00"}}}
    words = page(prove(line("resolve", config=stated), TRIAL))
    assert "期限 length 至 until 2026-03-20 17:00+08:00" in words
