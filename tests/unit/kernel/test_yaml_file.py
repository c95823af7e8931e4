"""What the kernel refuses of a YAML file, in one sentence with file and line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.kernel import yaml_file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: c: d", "city.yaml: line 2: not YAML: mapping values are not allowed"),
        ("a: 1\nb: 2\na: 3", "city.yaml: line 3: not YAML: the key 'a' stands there twice"),
        ("a: {b: 1,\n b: 2}", "city.yaml: line 2: not YAML: the key 'b' stands there twice"),
        ('- a: 1\n  "a": 2', "city.yaml: line 2: not YAML: the key 'a' stands there twice"),
        ("? [a]\n: 1", "city.yaml: line 1: not YAML: found unhashable key"),
        ("a: 2026-02-30", "city.yaml: not YAML: day"),
        ("a: !!python/name:os.system x", "city.yaml: line 1: not YAML: could not determine a con"),
        ("a: \x07", "city.yaml: not YAML: "),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^city\.yaml: ") as caught:
        yaml_file.parse(text, "city.yaml")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_the_same_key_may_stand_in_two_mappings_and_a_merge_may_be_overridden() -> None:
    text = "base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}"
    content = yaml_file.parse(text, "city.yaml")
    assert content == {"base": {"a": 1, "b": 2}, "other": {"a": 1, "b": 3}}


def test_a_text_and_a_number_that_look_alike_are_two_keys() -> None:
    assert yaml_file.parse('{1: a, "1": b}', "city.yaml") == {1: "a", "1": "b"}


def test_bytes_that_are_no_text_are_named_by_their_file(tmp_path: Path) -> None:
    file = tmp_path / "city.yaml"
    file.write_bytes(b"a: \xff")
    with pytest.raises(ValueError, match=r"^city\.yaml: not UTF-8 at byte 3$"):
        yaml_file.read(file, "city.yaml")


def test_a_day_is_a_date_or_its_text_and_nothing_else() -> None:
    day, noon = date(2026, 1, 31), datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert yaml_file.day(day) == yaml_file.day("2026-01-31") == day
    for other in ("20260131", "2026-W05-6", "2026-02-30", noon, 20260131, None):
        assert yaml_file.day(other) is None
