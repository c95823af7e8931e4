"""The order of the rules, what is recorded, and where a refusal sends the citizen."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from services.intake.domain.matter import Kind
from tests.unit.intake.sets import (
    BOTH,
    HANDLED,
    REFUSE,
    SETS,
    SUZHOU,
    TRIAL,
    decide,
    same,
)

# The order, and where to go

# Each by the facts that it needs, in the order of the mission.
IN_ORDER: list[tuple[str, dict[str, Any]]] = [
    ("R11", {"emergency_ongoing": True}),
    ("R17", {"content": "malicious"}),
    ("R16", {"earlier": same(HANDLED)}),
    ("R9", {"sub_centre": "12366"}),
    ("R12", {"organ": "court"}),
    ("R14", {"legal_status": "in", "legal_procedure": "litigation"}),
    ("R15", {"secrecy": "state_secret"}),
    ("R5", {"kb_answer": "KB-1"}),
    ("R13", {"legal_status": "should", "legal_procedure": "litigation"}),
    ("R19", {"consumer_mediation": "association"}),
    ("R10", {"duty": "none"}),
    ("R20", {"other_ground": "so it is"}),
    ("R18", {"missing": ("address",)}),
]


@pytest.mark.parametrize("name", BOTH)
def test_r5_to_r20_where_several_rules_fit_the_first_of_the_order_decides_and_all_are_recorded(
    name: str,
) -> None:
    ours = [(r, f) for r, f in IN_ORDER if r not in {SUZHOU: ("R19",), TRIAL: ("R20",)}[name]]
    for (first, facts), (second, more) in combinations(ours, 2):
        if {first, second} == {"R13", "R14"}:  # one matter has one status
            continue
        decision = decide(name, Kind.CONSULTATION, **more, **facts)
        assert (decision.rule, decision.matched) == (first, (first, second))


@pytest.mark.parametrize("name", BOTH)
def test_r5_to_r20_the_rules_stand_in_the_order_of_the_mission(name: str) -> None:
    order = [rule for rule, _ in IN_ORDER]
    places = [order.index(rule.rule) for rule in SETS[name].rules]
    assert places == sorted(places)


def test_r10_to_r20_the_sets_have_the_numbers_of_their_sources() -> None:
    numbers = {name: {(r.rule, r.number) for r in SETS[name].rules if r.number} for name in BOTH}
    assert numbers[SUZHOU] == {
        ("R10", 1), ("R11", 2), ("R12", 3), ("R13", 4), ("R14", 5), ("R15", 6), ("R16", 7),
        ("R17", 8), ("R20", 9),
    }  # fmt: skip
    assert numbers[TRIAL] == {
        ("R10", 1), ("R11", 2), ("R12", 3), ("R13", 4), ("R14", 4), ("R15", 5), ("R16", 6),
        ("R17", 7), ("R18", 8), ("R19", 9),
    }  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_r10_to_r20_every_refusal_of_every_set_names_a_right_place_in_two_languages(
    name: str,
) -> None:
    for rule in SETS[name].rules:
        assert rule.reason.zh
        assert rule.reason.en
        if rule.outcome is REFUSE:
            for place in (rule.place, *rule.places.values()):
                assert place.zh
                assert place.en


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"organ": "court"}, "12368"),
        ({"organ": "discipline_inspection"}, "12388"),
        ({"legal_status": "should", "legal_procedure": "arbitration"}, "12333"),
        ({"duty": "other_city", "duty_unit": "Hefei"}, "Hefei"),
        ({"duty": "none", "duty_unit": "{to}"}, "12348"),
    ],
)
def test_the_right_place_follows_the_fact(facts: dict[str, Any], place: str) -> None:
    decision = decide(SUZHOU, **facts)
    assert place in decision.right_place.zh
    assert place in decision.right_place.en


def test_a_stated_text_is_no_template() -> None:
    """What a citizen writes never becomes a form of ours."""
    decision = decide(SUZHOU, other_ground="{to} {0} {duty_unit.__class__}")
    assert "{to} {0} {duty_unit.__class__}" in decision.reason.zh
