"""What work a decision is: a set is compiled as it is loaded, and asked once for each matter."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from cel_expr_python import cel

from services.intake.adapters import conditions
from services.intake.adapters.rule_sets import load_rules
from services.intake.domain.matter import Case, Kind, MatterFacts
from tests.unit.intake.sets import BOTH

MATTERS = 50


class Counted:
    """A CEL environment and what it compiled, counting each compilation and evaluation."""

    def __init__(self, within: Any, work: Counter[str]) -> None:
        self._within, self._work = within, work

    def compile(self, condition: str) -> Counted:
        self._work["compiled"] += 1
        return Counted(self._within.compile(condition), self._work)

    def eval(self, **values: Any) -> Any:
        self._work["evaluated"] += 1
        return self._within.eval(**values)

    def return_type(self) -> Any:
        return self._within.return_type()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often CEL has compiled and evaluated."""
    done, new = Counter[str](), cel.NewEnv
    monkeypatch.setattr(conditions.cel, "NewEnv", lambda **given: Counted(new(**given), done))
    return done


@pytest.mark.parametrize("name", BOTH)
def test_r5_to_r20_a_set_is_compiled_once_and_evaluated_whole_for_each_matter(
    name: str, work: Counter[str]
) -> None:
    rules = load_rules(name)
    loaded = work.copy()
    assert loaded["compiled"] == len(rules.rules) + 1
    for number in range(MATTERS):
        facts = MatterFacts(duty="none", duty_unit=f"unit {number}", content="substantive")
        assert rules.decide(Case(Kind.COMPLAINT, facts)).rule == "R10"
    assert work - loaded == {"evaluated": MATTERS}


@pytest.mark.parametrize("name", BOTH)
def test_r5_to_r20_what_many_matters_state_alike_is_evaluated_once(
    name: str, work: Counter[str]
) -> None:
    rules = load_rules(name)
    before = work["evaluated"]
    for kind in Kind:
        for _ in range(MATTERS):
            rules.decide(Case(kind, MatterFacts(organ="court")))
    assert work["evaluated"] - before == len(Kind)
