"""Domain values and their fields, by which facts and documents are read and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_anew

import pytest

from hotline.intake.v1 import commands_pb2
from services.kernel.codec import PROTOBUF, Codec
from services.kernel.decider import Value, field, force_setattr, replace
from services.kernel.members import Member, members


class Noted(Value):
    """A note."""

    note: str
    words: int = 0
    about: Mapping[str, str] = field(default_factory=dict)


class Trimmed(Value):
    """A note without the space around it."""

    note: str

    def __post_init__(self) -> None:
        force_setattr(self, "note", self.note.strip())


@dataclass(frozen=True)
class Shown:
    """A note as a document shows it."""

    note: str
    words: int = 0
    about: Mapping[str, str] = made_anew(default_factory=dict)


def test_a_value_never_changes_and_is_equal_by_its_fields() -> None:
    noted = Noted("called", 1)
    with pytest.raises(AttributeError):
        noted.words = 2  # type: ignore[misc]
    assert replace(noted, words=2) == Noted("called", 2) != noted
    assert noted.words == 1
    assert Noted("called").about is not Noted("called").about
    assert len({Trimmed("a"), Trimmed("a"), Trimmed("b")}) == 2
    with pytest.raises(TypeError):
        replace(noted, no_such_field=1)


def test_a_value_may_put_a_field_right_when_it_is_made() -> None:
    assert Trimmed(" called ") == Trimmed("called")
    assert replace(Trimmed("called"), note=" wrote ") == Trimmed("wrote")


def test_neither_kind_is_copied_as_the_other() -> None:
    with pytest.raises(TypeError):
        replace(Shown("called"), words=1)  # type: ignore[type-var]
    with pytest.raises(TypeError):
        dataclasses.replace(Noted("called"), words=1)


@pytest.mark.parametrize("cls", [Noted, Shown])
def test_the_members_of_either_kind_are_the_same(cls: type) -> None:
    note, words = members(cls)[:2]
    assert note[:2] == ("note", str)
    assert note.required
    assert words == Member("words", int, 0)
    assert not words.required


@pytest.mark.parametrize("cls", [Noted, Shown])
def test_a_default_that_is_made_anew_is_a_default(cls: type) -> None:
    about = members(cls)[2]
    assert about == Member("about", Mapping[str, str], {})
    assert not about.required


def test_another_class_has_no_members() -> None:
    assert members(str) == ()


class DutyOnly(Value):
    duty: str = ""


class SubmitDuty(Value):
    facts: DutyOnly | None


@pytest.mark.parametrize("facts", [DutyOnly("local"), None])
def test_a_value_inside_a_value_goes_over_the_wire(facts: DutyOnly | None) -> None:
    codec = Codec("intake", own=[], commands=[(SubmitDuty, commands_pb2.SubmitMatter)])
    packed = codec.packed(SubmitDuty(facts))
    assert packed is not None
    assert codec.command(*packed, PROTOBUF, {}) == SubmitDuty(facts)
