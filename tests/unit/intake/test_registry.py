"""Rule set and catalogue as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.intake.adapters import registry
from services.intake.adapters.registry import load
from services.intake.domain.matter import Kind, MatterFacts
from services.intake.domain.rules import Outcome

RULES = """
id: test
version: "1"
rules:
  - number: 2
    rule: R11
    outcome: divert
    when: {emergency_ongoing: true}
    lines: ["110", "119"]
  - number: 9
    rule: R19
    outcome: refuse
    kinds: [complaint]
    when: {consumer_mediation: [association]}
    reason: {zh: 已调解, en: Mediated}
    right_place: {zh: "12315", en: "12315"}
"""
CATALOGUE = """
id: test
version: "1"
time_zone: Asia/Shanghai
country_code: "86"
categories: {traffic: Traffic}
areas: {yingzhou: Yingzhou}
"""
MEDIATED = MatterFacts(consumer_mediation="association")


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a city of these two files."""
    folder = tmp_path / "registry" / "test"
    folder.mkdir(parents=True)
    monkeypatch.setattr(registry.resources, "files", lambda _: tmp_path)

    def loaded(rules: str = RULES, catalogue: str = CATALOGUE) -> registry.City:
        (folder / "rule_set.yaml").write_text(rules, "utf-8")
        (folder / "catalogue.yaml").write_text(catalogue, "utf-8")
        return load("test")

    return loaded


@pytest.mark.parametrize(
    ("name", "zone", "country", "line"),
    [("sample", "Asia/Shanghai", "86", "110"), ("nyc", "America/New_York", "1", "911")],
)
def test_both_shipped_cities_load(name: str, zone: str, country: str, line: str) -> None:
    city = load(name)
    assert (city.zone, city.country_code) == (ZoneInfo(zone), country)
    assert city.rules.id == "trial-measures"
    assert {r.number for r in city.rules.rules} == {1, 2, 3, 4, 5, 7, 9}
    assert all(r.reason_zh and r.reason_en and r.right_place for r in city.rules.rules[1:])
    first = city.rules.rules[0]
    assert (first.outcome, first.line_for("")) == (Outcome.DIVERT, line)
    assert city.catalogue.categories
    assert city.catalogue.areas


def test_a_file_becomes_rules_in_its_order(city: Any) -> None:
    divert, refuse = city().rules.rules
    assert (divert.number, divert.rule, divert.lines) == (2, "R11", ("110", "119"))
    assert (refuse.reason_zh, refuse.reason_en, refuse.right_place) == (
        "已调解",
        "Mediated",
        "12315",
    )
    assert refuse.fits(Kind.COMPLAINT, MEDIATED)
    assert not refuse.fits(Kind.REPORT, MEDIATED)
    assert not refuse.fits(Kind.COMPLAINT, MatterFacts())


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version:", "versions:", "the file: unknown ['versions']"),
        ("version:", "7:", "the file: unknown ['7']"),
        ('version: "1"\n', "", "the file: missing ['version']"),
        ('version: "1"', "version: 1", "version: 1 is no text (quote it)"),
        ("number: 9", "number: true", "rules.1.number: True is no number from 1"),
        ("number: 9", "number: 0", "rules.1.number: 0 is no number from 1"),
        ("rule: R19", "rule: 19", "rules.1: rule: 19 is no text"),
        ("rule: R19", "reule: R19", "rules.1: unknown ['reule']"),
        ("outcome: refuse", "outcome: ignore", "rules.1.outcome: 'ignore' is no outcome"),
        ("outcome: divert", "outcome: refuse", "rules.0: unknown ['lines']"),
        ('    lines: ["110", "119"]\n', "", "rules.0: missing ['lines']"),
        ('["110", "119"]', "[110]", "rules.0.lines must be a list of texts (quote numbers)"),
        ('["110", "119"]', "[]", "rules.0.lines must be a list of texts"),
        ("emergency_ongoing:", "emergency:", "rules.0.when: 'emergency' is no fact of a matter"),
        ("ongoing: true", "ongoing: maybe", "rules.0.when.emergency_ongoing: 'maybe' is neither"),
        ("[association]", "[club]", "rules.1.when.consumer_mediation: ['club'] is not in the voc"),
        ("[association]", "association", "rules.1.when.consumer_mediation must be a list"),
        ("{consumer_mediation: [association]}", "{}", "rules.1.when must name at least one fact"),
        ("[complaint]", "[wish]", "rules.1.kinds: ['wish'] is no kind of matter"),
        ("reason: {zh: 已调解, en: Mediated}", "reason: {zh: 已调解}", "rules.1.reason: missing"),
        ("en: Mediated", "en: ''", "rules.1.reason: en: '' is no text"),
        ("right_place: {zh: ", "right_place: {cn: ", "rules.1.right_place: unknown ['cn']"),
        ("id: test", "id: [test", "line 3: not YAML"),
    ],
)
def test_a_mistake_among_the_rules_is_one_sentence(
    city: Any, old: str, new: str, sentence: str
) -> None:
    assert old in RULES
    with pytest.raises(ValueError, match=r"^intake/registry/test/rule_set\.yaml: ") as caught:
        city(rules=RULES.replace(old, new, 1))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rules", ["", "[]", "rules: []", 'id: x\nversion: "1"\nrules: []'])
def test_a_rule_set_has_rules(city: Any, rules: str) -> None:
    with pytest.raises(ValueError, match=r"^intake/registry/test/rule_set\.yaml: "):
        city(rules=rules)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("areas:", "area:", "the file: unknown ['area']"),
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone: 'Asia/Nowhere' is no time zone"),
        ('"86"', "86", "country_code: 86 is no text (quote it)"),
        ("{traffic: Traffic}", "[traffic]", "categories must map ids to names"),
        ("{traffic: Traffic}", "{}", "categories must map ids to names"),
        ("{traffic: Traffic}", "{traffic: }", "categories: traffic: None is no text"),
        ("{yingzhou: Yingzhou}", "{7: Seven}", "areas: 7 is no text"),
    ],
)
def test_a_mistake_in_the_catalogue_is_one_sentence(
    city: Any, old: str, new: str, sentence: str
) -> None:
    assert old in CATALOGUE
    with pytest.raises(ValueError, match=r"^intake/registry/test/catalogue\.yaml: ") as caught:
        city(catalogue=CATALOGUE.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_a_city_without_files_is_named() -> None:
    with pytest.raises(ValueError, match=r"'nowhere': intake/registry/nowhere/rule_set\.yaml is"):
        load("nowhere")
