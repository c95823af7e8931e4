"""The catalogue as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.intake.adapters import registry
from services.intake.adapters.registry import load
from services.intake.domain.rules import Outcome

CATALOGUE = """
id: test
version: "1"
rule_set: suzhou
time_zone: Asia/Shanghai
country_code: "86"
categories: {traffic: Traffic}
areas: {yingzhou: Yingzhou}
"""
CHANNELS = """
version: "1"
answering: {within_s: 15, connected_percent: 95, over_hours: 24}
channels: [{id: web, name: {zh: 网站, en: Website}, kind: internet}]
"""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a city of this file."""
    folder = tmp_path / "registry" / "test"
    folder.mkdir(parents=True)
    (folder / "channels.yaml").write_text(CHANNELS, "utf-8")
    monkeypatch.setattr(registry.resources, "files", lambda _: tmp_path)

    def loaded(catalogue: str = CATALOGUE) -> registry.City:
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
    first = city.rules.rules[0]
    assert (first.outcome, first.line_for("")) == (Outcome.DIVERT, line)
    assert city.catalogue.categories
    assert city.catalogue.areas


def test_a_city_names_its_rule_set(city: Any) -> None:
    assert city().rules.id == "suzhou"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("suzhou", "moon", "there is no rule set 'moon'"),
        ("areas:", "area:", "the file: unknown ['area']"),
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone: 'Asia/Nowhere' is no time zone"),
        ("Asia/Shanghai", "America", "time_zone: 'America' is no time zone"),  # a folder
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
    with pytest.raises(ValueError, match=r"^(intake/registry/test/cat|there is )") as caught:
        city(catalogue=CATALOGUE.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_a_city_without_files_is_named() -> None:
    with pytest.raises(ValueError, match=r"'nowhere': intake/registry/nowhere/catalogue\.yaml is"):
        load("nowhere")
