"""Score formulas as data."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.deadline.adapters import registry as deadline
from services.evaluation.adapters.registry import load, parse
from services.evaluation.domain.formula import MEASURED

GOOD = """
id: test
version: "1"
effective: 2026-01-01
time_zone: Asia/Shanghai
visits:
  attempts: 3
clocks:
  on_time: [resolve, redo]
  confirmed_on_time: [confirm]
weights:
  on_time: 15
  confirmed_on_time: 5
  contacted: 10
  solved: 40
  satisfied: 30
windows:
  hours: 24
  days: 31
surge:
  at_least: 20
  times: 3.0
"""


def test_a_file_becomes_a_formula() -> None:
    registry = parse(yaml.safe_load(GOOD), "formula.yaml")
    formula = registry.formula
    assert (formula.name, formula.attempts, registry.effective) == ("test/1", 3, date(2026, 1, 1))
    assert formula.handling == {"resolve", "redo"}
    assert formula.confirming == {"confirm"}
    assert formula.promising == {"reply_promise"}
    assert [formula.weights[name] for name in MEASURED] == [15, 5, 10, 40, 30, 0]
    assert registry.zone == ZoneInfo("Asia/Shanghai")


def test_r30_a_city_gives_points_for_promises_that_are_kept() -> None:
    said = GOOD.replace("solved: 40", "solved: 30\n  promise_kept: 10")
    said = said.replace("[confirm]", "[confirm]\n  promise_kept: [reply_promise, redo]")
    formula = parse(yaml.safe_load(said), "formula.yaml").formula
    assert formula.weights["promise_kept"] == 10
    assert formula.promising == {"reply_promise", "redo"}
    with pytest.raises(ValueError, match="weights must sum to 100, not 110"):
        parse(yaml.safe_load(said.replace("solved: 30", "solved: 40")), "formula.yaml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version:", "versions:", "key version"),
        ('version: "1"\n', "", "key version is missing"),
        ('version: "1"', "version: 1", "version must be a word in quotes"),
        ("id: test", "id: ''", "id must be a word"),
        ("id: test", "id: test\n1: x", "key 1 is unknown"),
        ("effective: 2026-01-01", "effective: soon", "effective must be a date"),
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone must be a time zone"),
        ("Asia/Shanghai", "../etc", "time_zone must be a time zone"),
        ("attempts: 3", "attempts: 0", "visits.attempts must be a whole number above 0"),
        ("attempts: 3", "attempts: true", "visits.attempts must be a whole number above 0"),
        ("attempts: 3", "tries: 3", "key visits."),
        ("[confirm]", "confirm", "clocks.confirmed_on_time must be a list of words"),
        ("[confirm]", "[1]", "clocks.confirmed_on_time must be a list of words"),
        ("solved: 40", "solved: 41", "weights must sum to 100, not 101"),
        ("solved: 40", "solved: a lot", "weights.solved must be a whole number above 0"),
        ("  solved: 40\n", "", "key weights.solved is missing"),
        ("times: 3.0", "times: 0", "surge.times must be a number above 0"),
        ("visits:\n  attempts: 3", "visits: 3", "visits must be a mapping"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=r"^formula\.yaml: ") as caught:
        parse(yaml.safe_load(GOOD.replace(old, new, 1)), "formula.yaml")
    assert sentence in str(caught.value)


def test_an_empty_file_is_one_sentence_too() -> None:
    with pytest.raises(ValueError, match=r"^formula\.yaml: the file must be a mapping"):
        parse(None, "formula.yaml")


def test_an_unknown_city_is_named() -> None:
    with pytest.raises(ValueError, match="'nowhere'"):
        load("nowhere")


@pytest.mark.parametrize("city", ["nyc", "sample"])
def test_a_shipped_citys_formula_counts_clocks_that_its_policy_has(city: str) -> None:
    formula = load(city).formula
    policy, _ = deadline.load(city)
    assert formula.handling == {"resolve", "redo"}
    assert formula.confirming == {"confirm"}
    assert formula.handling | formula.confirming <= policy.rows.keys()
