"""Sharing rules, subscriptions and endpoints as data."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import yaml

from services.datasync.adapters import endpoints
from services.datasync.adapters.registry import load, parse
from services.datasync.domain.sharing import FieldClass, Grants, Role, Shown, Way
from services.datasync.domain.views import Audience

AGENCIES = (
    *("DCA", "DFTA", "DHS", "DOE", "DOF", "DOHMH", "DOT", "DPR"),
    *("DSNY", "HPD", "NYCEM", "NYPD", "TLC"),
)
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()

GOOD = """
id: test
version: "1"
effective: 2026-01-01
time_zone: Asia/Shanghai
rules:
  food:
    role: same_level
    types: [TicketReplied]
    stages: [reply]
    categories: [market/food]
    areas: [linquan]
    fields: {internal: plain, personal: plain}
    omit: [internal_note]
subscriptions:
  health:
    department: health
    level: city
    rules: [food]
    ways: [topic, pull]
    since: 2026-02-01T00:00:00+08:00
"""


def audience(unit: str, category: str, level: str = "city") -> Audience:
    return Audience(unit, (), level, category, "BROOKLYN", "")


def test_a_file_becomes_rules_and_subscriptions() -> None:
    registry = parse(yaml.safe_load(GOOD), "sharing.yaml")
    (subscription,) = registry.sharing.subscriptions
    (rule,) = subscription.rules
    assert registry.sharing.version == "test/1"
    assert registry.sharing.rule_version(rule) == "test/1/food"
    assert (rule.role, rule.types, rule.omit) == (
        Role.SAME_LEVEL,
        frozenset({"TicketReplied"}),
        frozenset({"internal_note"}),
    )
    assert rule.fields == {
        FieldClass.PUBLIC: Shown.PLAIN,
        FieldClass.INTERNAL: Shown.PLAIN,
        FieldClass.PERSONAL: Shown.PLAIN,
        FieldClass.CONFIDENTIAL: Shown.ABSENT,
    }
    assert subscription.ways == {Way.TOPIC, Way.PULL}
    assert subscription.since == datetime(2026, 1, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version:", "versions:", "sharing.yaml: versions must be left out: it is unknown"),
        ('version: "1"\n', "", "sharing.yaml: version must be given: it is missing"),
        ('version: "1"', "version: 1", "sharing.yaml: version must be a word in quotes"),
        ("effective: 2026-01-01", "effective: soon", "effective must be a date"),
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone must be a time zone"),
        ("Asia/Shanghai", "America", "time_zone must be a time zone"),  # a folder
        ("role: same_level", "role: boss", "rules.food.role must be one of lead, co_handler"),
        ("role: same_level", "rolle: lead", "rules.food.rolle must be left out"),
        ("TicketReplied", "TicketUpdated", "rules.food.types must be one of"),
        ("[reply]", "[answer]", "rules.food.stages must be one of"),
        ("[market/food]", "market/food", "rules.food.categories must be a list of words"),
        ("internal: plain", "internal: shown", "rules.food.fields.internal must be one of plain"),
        ("internal: plain", "private: plain", "rules.food.fields.private must be one of"),
        ("rules: [food]", "rules: [drink]", "subscriptions.health.rules must be one of food"),
        ("  food:", "  redaction:", "rules.redaction must be called otherwise"),
        ("[topic, pull]", "[topic, fax]", "subscriptions.health.ways must be one of"),
        ("since: 2026-02-01T00:00:00+08:00", "since: 2026-02-01", "since must be a time such as"),
        ("level: city", "level: ''", "subscriptions.health.level must be a word"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=r"^sharing\.yaml: ") as caught:
        parse(yaml.safe_load(GOOD.replace(old, new, 1)), "sharing.yaml")
    assert sentence in str(caught.value)


def test_an_unknown_city_is_named() -> None:
    with pytest.raises(ValueError, match="'nowhere'"):
        load("nowhere")


@pytest.mark.parametrize("agency", AGENCIES)
def test_in_new_york_each_agency_gets_the_tickets_that_it_handles(agency: str) -> None:
    grants = Grants(load("nyc").sharing)
    granted = grants.of(audience(agency, f"{agency}/Something"))
    assert [rule.id for rule in granted[agency.lower()][1]] == ["lead-unit"]
    assert set(granted) - {"oem"} == {agency.lower()}


def test_in_new_york_one_department_handles_nothing_and_gets_its_levels_categories() -> None:
    sharing = load("nyc").sharing
    grants = Grants(sharing)
    assert {s.department for s in sharing.subscriptions} == {*AGENCIES, "OEM"}
    for category, unit in (("DOHMH/Food Poisoning", "DOHMH"), ("DOT/Street Condition", "DOT")):
        assert set(grants.of(audience(unit, category))) == {unit.lower(), "oem"}
    assert set(grants.of(audience("DOT", "DOT/Street Condition", "county"))) == {"dot"}
    assert set(grants.of(audience("NYPD", "NYPD/Noise - Residential"))) == {"nypd"}


def test_in_the_sample_city_health_sees_the_food_complaints_that_market_handles() -> None:
    grants = Grants(load("sample").sharing)
    seen = grants.of(audience("market", "market/food"))
    assert set(seen) == {"market", "health", "emergency"}
    assert [rule.id for rule in seen["health"][1]] == ["food-safety"]


def test_endpoints_are_read_from_the_operators_file() -> None:
    text = f"endpoints: {{dot: {{url: 'https://dot.example/x', secrets: [{SECRET}], batch: 1}}}}"
    (endpoint,) = endpoints.parse(yaml.safe_load(text), "webhooks.yaml", ["dot"]).values()
    assert (endpoint.url, endpoint.secrets, endpoint.batch) == (
        "https://dot.example/x",
        (b"k" * 24,),
        1,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("endpoints: {nobody: {}}", "endpoints.nobody must be one of dot"),
        ("endpoints: {dot: {url: 'https://x'}}", "endpoints.dot.secrets must be given"),
        ("endpoints: {dot: {url: 'ftp://x', secrets: [whsec_YQ==]}}", "endpoints.dot.url"),
        ("endpoints: {dot: {url: 'https://a:b@x', secrets: [whsec_YQ==]}}", "endpoints.dot.url"),
        ("endpoints: {dot: {url: 'https://x', secrets: [abc]}}", "endpoints.dot.secrets"),
        ("endpoints: {dot: {url: 'https://x', secrets: []}}", "at least one secret"),
        (
            "endpoints: {dot: {url: 'https://x', secrets: [whsec_YQ==], rate: 0}}",
            "endpoints.dot.rate must be a number of at least 1",
        ),
    ],
)
def test_a_mistake_among_the_endpoints_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^webhooks\.yaml: ") as caught:
        endpoints.parse(yaml.safe_load(text), "webhooks.yaml", ["dot"])
    assert sentence in str(caught.value)
    assert "abc" not in str(caught.value)
