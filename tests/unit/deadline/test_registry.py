"""Clocks as policy: what a policy may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.deadline.adapters import registry
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import cities, load, parse

ROW = {"length": {"hours": 1}, "starts": [], "ends": []}


def policy(**changes: object) -> dict[object, object]:
    row = {**ROW, **changes}
    return {"id": "p", "version": "1", "calendar": "cn", "clocks": {"confirm": row}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts": [{"type": "hotline.dispatch.v1.Sent"}]}, "records hotline.dispatch.v1.Sent"),
        (
            {"ends": [{"type": "hotline.dispatch.v1.ReplyApproved", "instant": "at_noon"}]},
            "ReplyApproved has no field at_noon",
        ),
        (
            {"starts": [{"type": "hotline.dispatch.v1.TicketDispatched", "when": {"forcd": True}}]},
            "TicketDispatched has no field forcd",
        ),
    ],
)
def test_a_policy_names_facts_and_fields_that_somebody_records(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        PolicyCodec(parse(policy(**changes), "p.yaml"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"length": {"weeks": 1}}, r"clocks\.confirm\.length: no unit of length"),
        ({"begins": []}, r"clocks\.confirm: unknown \['begins'\]"),
        ({"length": 5}, r"clocks\.confirm\.length must be a mapping"),
        ({"starts": None}, r"clocks\.confirm\.starts must be a list"),
        ({"starts": [{"type": "x", "when": 1}]}, r"clocks\.confirm\.starts\.0\.when must be a map"),
        ({"longest_extension": "10"}, r"clocks\.confirm\.longest_extension must be a number"),
        ({"by_matter": {}}, r"clocks\.confirm\.by_matter must be a list"),
        (
            {"by_matter": [{"when": {"mood": "bad"}, "length": {"hours": 1}}]},
            r"clocks\.confirm\.by_matter\.0\.when: unknown \['mood'\]",
        ),
        ({"ends": [{"when": {}}]}, r"clocks\.confirm\.ends\.0: missing \['type'\]"),
    ],
)
def test_a_broken_policy_is_named_by_file_and_key(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=rf"^p\.yaml: {sentence}"):
        parse(policy(**changes), "p.yaml")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": 1}, r"version: 1 is no text \(quote it\)"),
        ({"clocks": []}, r"clocks must map names to clocks"),
        ({7: 8}, r"the file: unknown \[7\]"),
    ],
)
def test_a_broken_head_of_a_policy_is_named(changes: dict[object, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=rf"^p\.yaml: {sentence}"):
        parse({**policy(), **changes}, "p.yaml")


def test_a_city_that_is_not_shipped_is_named() -> None:
    with pytest.raises(ValueError, match=r"deadline/registry/atlantis/policy\.yaml is missing"):
        load("atlantis")


def test_a_clock_follows_one_that_has_a_length() -> None:
    with pytest.raises(ValueError, match="confirm follows confirm, which has no length"):
        parse(policy(length={"same_as": "confirm"}), "p.yaml")


@pytest.mark.parametrize("city", cities())
def test_every_shipped_policy_can_be_read(city: str) -> None:
    rules, calendar = load(city)
    PolicyCodec(rules)
    assert calendar.shifts
    assert len(rules.rows) == 13


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ("mars", r"b/policy\.yaml: extends: there is no 'mars', only a, b$"),
        ("a", r"b/policy\.yaml: extends: goes in a circle: a, b, a$"),
    ],
)
def test_a_policy_on_a_base_that_cannot_be_is_named_by_file_and_key(
    base: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, extends in (("a", "b"), ("b", base)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.yaml").write_text(f"extends: {extends}\n", "utf-8")
    monkeypatch.setattr(registry, "_registry", lambda path="": tmp_path / path)
    with pytest.raises(ValueError, match=sentence):
        load("a")
