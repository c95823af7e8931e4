"""The directory: which entry counts (R4), and the files of the shipped cities."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.datasync.adapters import registry as sharing
from services.datasync.domain.sharing import Role
from services.dispatch.adapters.registry import load, parse
from services.dispatch.domain.directory import Directory, Entry, Rules
from services.intake.adapters import registry as intake

GOOD = """
id: test
version: "1"
rules: {disputed_return: 3, redos_by_rule: 1, redos: 2}
units:
  roads: {zh: 公路局, en: Roads, level: city}
  parks: {zh: 园林局, en: Parks, level: county}
entries:
  - {category: road, unit: roads}
  - {category: road/tree, area: east, unit: parks, co_handlers: [roads]}
"""

UNIT = {"zh": "局", "en": "Bureau", "level": "city"}
RULES = Rules(disputed_return=2, redos_by_rule=1, redos=2)


def of(*entries: tuple[str, str, str]) -> Directory:
    return Directory(
        "test@1", {}, {(category, area): Entry(unit) for category, area, unit in entries}, RULES
    )


def unit_for(directory: Directory, category: str, area: str) -> str | None:
    entry = directory.find(category, area)
    return entry.unit if entry else None


# Which entry counts


def test_the_longest_category_counts() -> None:
    directory = of(("a", "", "one"), ("a/b", "", "two"))
    assert unit_for(directory, "a/b/c", "x") == "two"
    assert unit_for(directory, "a/c", "x") == "one"


def test_the_area_counts_before_everywhere() -> None:
    directory = of(("a", "", "one"), ("a", "x", "two"))
    assert unit_for(directory, "a/b", "x") == "two"
    assert unit_for(directory, "a/b", "y") == "one"


def test_a_longer_category_everywhere_counts_before_a_shorter_one_in_the_area() -> None:
    directory = of(("a", "x", "one"), ("a/b", "", "two"))
    assert unit_for(directory, "a/b", "x") == "two"


def test_half_a_word_is_no_category() -> None:
    assert unit_for(of(("traf", "", "one")), "traffic", "x") is None
    assert unit_for(of(("traffic", "", "one")), "traf", "x") is None


PARTS = st.sampled_from("ab")
CATEGORIES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
ENTRIES = st.dictionaries(
    st.tuples(CATEGORIES, st.sampled_from(["", "x", "y"])), st.integers(0, 99)
)


@settings(max_examples=100)
@given(ENTRIES, CATEGORIES, st.sampled_from(["x", "y", "z"]))
def test_no_fitting_entry_is_more_exact_than_the_one_found(
    entries: dict[tuple[str, str], int], category: str, area: str
) -> None:
    directory = Directory(
        "test@1", {}, {key: Entry(str(unit)) for key, unit in entries.items()}, RULES
    )
    fitting = [
        (len(c), a == area, unit)
        for (c, a), unit in entries.items()
        if f"{category}/".startswith(f"{c}/") and a in ("", area)
    ]
    assert unit_for(directory, category, area) == (str(max(fitting)[2]) if fitting else None)


# Files


def test_a_file_becomes_a_directory() -> None:
    directory = parse(yaml.safe_load(GOOD), "directory.yaml")
    assert directory.version == "test@1"
    assert directory.rules == Rules(disputed_return=3, redos_by_rule=1, redos=2)
    assert directory.units["parks"].level == "county"
    assert directory.find("road/tree", "east") == Entry("parks", ("roads",))
    assert directory.find("road/tree", "west") == Entry("roads")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version:", "versions:", "the file: unknown ['versions']"),
        ('version: "1"\n', "", "the file: missing ['version']"),
        ('version: "1"', "version: 1", "the file: version: 1 is no text (quote it)"),
        ("id: test", "id: ''", "the file: id: '' is no text"),
        ("id: test", "1: test", "the file: unknown [1]"),
        ("return: 3", "return: 0", "rules.disputed_return: 0 is no whole number from 1"),
        ("return: 3", "return: true", "rules.disputed_return: True is no whole number from 1"),
        ("redos: 2", "redos: many", "rules.redos: 'many' is no whole number from 0"),
        ("redos: 2", "redos: 0", "rules.redos must not be fewer than redos_by_rule"),
        ("redos: 2", "redoes: 2", "rules: unknown ['redoes']"),
        ("zh: 公路局, ", "", "units.roads: missing ['zh']"),
        ("zh: 公路局", "zh: 1", "units.roads: zh: 1 is no text"),
        ("level: county", "level: town", "units.parks.level: 'town' is no level"),
        ("level: county", "level: [town]", "units.parks.level: ['town'] is no level"),
        ("parks: {zh", "NO: {zh", "units: False is no text (quote it)"),
        ("unit: roads}", "unit: rodas}", "entries.0: 'rodas' is no unit of this directory"),
        ("unit: roads}", "unit: [roads]}", "entries.0: ['roads'] is no unit of this directory"),
        ("[roads]", "[rodas]", "entries.1: 'rodas' is no unit of this directory"),
        ("[roads]", "roads", "entries.1.co_handlers must be a list of units"),
        ("[roads]", "[parks]", "entries.1: 'parks' cannot be lead and co-handler"),
        ("area: east", "area: 7", "entries.1: area: 7 is no text"),
        ("area: east", "areas: east", "entries.1: unknown ['areas']"),
        ("category: road,", "category: 7,", "entries.0: category: 7 is no text"),
        ("road/tree, area: east", "road", "entries.1: the category and area stand there already"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=r"^directory\.yaml: ") as caught:
        parse(yaml.safe_load(GOOD.replace(old, new, 1)), "directory.yaml")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "the file must be a mapping"),
        (
            {"id": "a", "version": "1", "rules": {}, "units": {}, "entries": []},
            "units must map ids to units",
        ),
        (
            {"id": "a", "version": "1", "rules": {}, "units": {"u": 1}, "entries": []},
            "units.u must be a mapping",
        ),
        (
            {"id": "a", "version": "1", "rules": 2, "units": {"u": UNIT}, "entries": []},
            "rules must be a mapping",
        ),
        (
            {"id": "a", "version": "1", "rules": {}, "units": {"u": 1}, "entries": {}},
            "entries must be a list",
        ),
    ],
)
def test_a_file_of_another_form_is_one_sentence_too(content: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^directory\.yaml: ") as caught:
        parse(content, "directory.yaml")
    assert sentence in str(caught.value)


def test_an_unknown_city_is_named() -> None:
    with pytest.raises(ValueError, match="'nowhere'"):
        load("nowhere")


# The shipped cities


@pytest.mark.parametrize("city", ["nyc", "sample"])
def test_every_unit_of_a_shipped_city_finds_its_tickets_in_datasyncs_list(city: str) -> None:
    leads = {
        s.department
        for s in sharing.load(city).sharing.subscriptions
        if any(rule.role is Role.LEAD for rule in s.rules)
    }
    assert set(load(city).units) == leads


@pytest.mark.parametrize("city", ["nyc", "sample"])
def test_every_category_of_a_shipped_city_has_its_unit_in_every_area(city: str) -> None:
    directory, catalogue = load(city), intake.load(city).catalogue
    for category in catalogue.categories:
        assert all(unit_for(directory, category, area) for area in catalogue.areas), category


def test_in_new_york_a_category_belongs_to_its_agency() -> None:
    directory = load("nyc")
    for category in intake.load("nyc").catalogue.categories:
        assert unit_for(directory, category, "BROOKLYN") == category.partition("/")[0]


@pytest.mark.parametrize(
    ("category", "area", "unit"),
    [
        ("traffic/road", "linquan", "linquan"),
        ("traffic/road", "yingzhou", "transport"),
        ("traffic/signal", "linquan", "transport"),
        ("environment/waste", "funan", "funan"),
        ("market/food", "jieshou", "market"),
    ],
)
def test_in_the_sample_city_counties_handle_their_roads_and_waste(
    category: str, area: str, unit: str
) -> None:
    assert unit_for(load("sample"), category, area) == unit
