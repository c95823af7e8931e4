"""Rule sets as data: a mistake in a file is one sentence that names file and key."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from services.intake.adapters.conditions import ConditionFails, compiled
from services.intake.adapters.rule_sets import load_rules, parse_rules, shipped
from services.intake.domain.matter import Case, Earlier, Kind, MatterFacts, Progress, Supplement
from services.intake.domain.rules import Outcome
from services.kernel import yaml_file
from services.kernel.decider import replace

RULES = """
id: test
version: "1"
accepted: {zh: 受理, en: Accepted}
accepted_barred: {zh: 回避, en: Barred}
accepted_related: {zh: 相关, en: Related}
elements: {address: {zh: 地址, en: address}}
rules:
  - rule: R11
    number: 2
    outcome: divert
    when: emergency_ongoing
    lines: ["110", "119"]
    reason: {zh: "转{to}", en: "To {to}"}
    right_place: {zh: "{to}", en: "{to}"}
  - rule: R16
    outcome: link
    when: repeats_handled
    links: [handled]
    reason: {zh: 相同, en: The same}
    right_place: {zh: "{to}", en: "{to}"}
  - rule: R10
    number: 1
    outcome: refuse
    when: duty in ['none', 'other_city']
    reason: {zh: 不属于, en: Not ours}
    right_places: {duty: {other_city: {zh: 外地, en: Elsewhere}}}
    right_place: {zh: "12345", en: "12345"}
"""


def parsed(text: str = RULES) -> Any:
    return parse_rules(yaml_file.parse(text, "file"), "file")


def test_a_file_becomes_rules_in_its_order() -> None:
    rules = parsed()
    divert, link, refuse = rules.rules
    assert (rules.id, rules.version) == ("test", "1")
    assert (divert.rule, divert.number, divert.lines, divert.any_line) == (
        "R11", 2, ("110", "119"), False,
    )  # fmt: skip
    assert (link.number, link.links) == (0, {Progress.HANDLED})
    assert refuse.outcome is Outcome.REFUSE
    elsewhere = rules.decide(Case(Kind.HELP, MatterFacts(duty="other_city")))
    assert elsewhere.right_place.both == "外地 / Elsewhere"
    assert rules.decide(Case(Kind.HELP, MatterFacts(duty="none"))).right_place.both == "12345"


def test_the_words_of_an_acceptance_come_in_their_order() -> None:
    """They are three keys of the file, not to be taken for each other."""
    facts = MatterFacts(about_unit="a", about_conduct=True)
    other = (Earlier("T1", Progress.HANDLED, same_caller=False, same_matter=True),)
    decision = parsed().decide(Case(Kind.HELP, facts, other))
    assert (decision.reason.zh, decision.reason.en) == ("受理回避相关", "Accepted Barred Related")


def test_a_linking_rule_that_finds_no_ticket_does_not_fit() -> None:
    """R16: what its condition lets through, its `links` may still not."""
    wide = parsed(RULES.replace("when: repeats_handled", "when: 'true'"))
    assert wide.decide(Case(Kind.HELP)).outcome is Outcome.ACCEPT


def test_three_sets_are_shipped() -> None:
    assert shipped() == ("nyc", "suzhou", "trial-measures")
    with pytest.raises(ValueError, match="there is no rule set 'moon': nyc, suzhou, trial-meas"):
        load_rules("moon")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version:", "versions:", "the file: unknown ['versions']"),
        ("version:", "7:", "the file: unknown ['7']"),
        ("{address: {zh: 地址, en: address}}", "[address]", "elements must map elements to their"),
        ("{zh: 地址, en: address}", "{zh: 地址}", "elements.address: missing ['en']"),
        ('version: "1"\n', "", "the file: missing ['version']"),
        ('version: "1"', "version: 1", "version: 1 is no text (quote it)"),
        ("number: 1", "number: true", "rules.2.number: True is no number from 1"),
        ("number: 1", "number: 0", "rules.2.number: 0 is no number from 1"),
        ("rule: R10", "rule: 10", "rules.2: rule: 10 is no text"),
        ("rule: R10", "reule: R10", "rules.2: unknown ['reule']"),
        ("outcome: refuse", "outcome: ignore", "rules.2.outcome: 'ignore' is no outcome"),
        ("outcome: refuse", "outcome: accept", "rules.2.outcome: 'accept' is no outcome"),
        ("outcome: refuse", "outcome: [refuse]", "rules.2.outcome: ['refuse'] is no outcome"),
        ("outcome: divert", "outcome: refuse", "rules.0: unknown ['lines']"),
        ('    lines: ["110", "119"]\n', "", "rules.0: missing ['lines']"),
        ("    links: [handled]\n", "", "rules.1: missing ['links']"),
        ("[handled]", "[done]", "rules.1.links: 'done' is not one of being_handled, handled"),
        ('["110", "119"]', "[110]", "rules.0.lines must be a list of texts (quote numbers)"),
        ('["110", "119"]', "[]", "rules.0.lines must be a list of texts"),
        ('["110", "119"]', '["110"]\n    any_line: 1', "rules.0.any_line: 1 is neither true nor"),
        ("when: emergency_ongoing", "when: ''", "rules.0: when: '' is no text"),
        ("when: emergency_ongoing", "when: true", "rules.0: when: True is no text"),
        ("when: emergency_ongoing", "when: emergency", "undeclared reference to 'emergency'"),
        ("when: emergency_ongoing", "when: duty", "rules.0.when: gives STRING, neither true nor"),
        ("when: emergency_ongoing", "when: duty == 1", "no matching overload for '_==_'"),
        ("when: emergency_ongoing", "when: (discipline", "rules.0.when: 1:12: Syntax error"),
        ("'none', 'other_city'", "'non'", "no fact of a matter is stated as 'non'"),
        ("'none', 'other_city'", '"non"', "no fact of a matter is stated as 'non'"),
        ("when: emergency_ongoing", "when: duty.matches('x')", "matches is not for rules"),
        ("when: emergency_ongoing", "when: '[1].all(x, true)'", "all is not for rules"),
        ("when: emergency_ongoing", f"when: '{'!' * 500}true'", "longer than 500 characters"),
        ("reason: {zh: 不属于, en: Not ours}", "reason: {zh: 不属于}", "rules.2.reason: missing"),
        ("en: Not ours", "en: ''", "rules.2.reason: en: '' is no text"),
        ("en: Not ours", "en: '{duty.x}'", "rules.2.reason: {duty.x} is not one of"),
        ("en: Not ours", "en: '{to!r}'", "rules.2.reason: {to} is not one of"),
        ("en: Not ours", "en: '{'", "rules.2.reason: "),
        ("{duty: {other_city", "{moon: {other_city", "'moon' is no fact that is stated in one"),
        ("{duty: {other_city", "{duty: {moon", "rules.2.right_places.duty: unknown ['moon']"),
        ("right_places: {duty", "right_places: {organ: {}, duty", "must name one fact"),
        ("right_place: {zh: ", "right_place: {cn: ", "rules.0.right_place: unknown ['cn']"),
    ],
)
def test_a_mistake_among_the_rules_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in RULES
    with pytest.raises(ValueError, match=r"^file: ") as caught:
        parsed(RULES.replace(old, new, 1))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rules", ["", "[]", "rules: []"])
def test_a_rule_set_has_rules(rules: str) -> None:
    with pytest.raises(ValueError, match=r"^file: "):
        parsed(rules)


def test_conditions_see_every_fact_as_it_is_stated() -> None:
    held = compiled(
        [
            "kind == 'report'",
            "missing == 2",
            "supplement == 'waiting'",
            "repeats_being_handled && !repeats_handled",
            "duty_unit == ''",
        ],
        [""] * 5,
    )
    handling = (Earlier("T", Progress.BEING_HANDLED, same_caller=True, same_matter=True),)
    facts = MatterFacts(missing=("a", "b"), duty_unit="x")
    waiting = Case(Kind.REPORT, facts, handling, Supplement.WAITING)
    for _ in range(2):  # what was asked before is remembered by all that was stated
        assert [*held(waiting)] == [True, True, True, True, False]
        assert [*held(Case(Kind.HELP))] == [False, False, False, False, True]
        assert [*held(replace(waiting, facts=dataclasses.replace(facts, missing=("a",))))] == [
            True, False, True, True, False,
        ]  # fmt: skip


def test_a_condition_without_a_value_is_an_error_never_a_no() -> None:
    """Else a rule that fails for a matter would let it slip past."""
    held = compiled(["1 / (2 - missing) > 0"], ["rule"])
    with pytest.raises(ConditionFails, match="divide by zero"):
        held(Case(Kind.HELP, MatterFacts(missing=("a", "b"))))
    with pytest.raises(ConditionFails, match="divide by zero"):
        compiled(["1 / missing > 0"], ["rule"])
