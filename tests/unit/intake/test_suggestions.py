"""What a machine can only guess from a text is a suggestion with its words, and decides nothing."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from services.intake.adapters.suggesting import load_dictionary, parse_dictionary
from services.intake.domain.events import TicketAccepted
from services.intake.domain.matter import VOCABULARY
from services.kernel import yaml_file
from services.kernel.decider import replace
from tests.unit.intake.matters import matter, when

DICTIONARY = load_dictionary()
FILE = resources.files("services.intake") / "registry" / "suggestions.yaml"
WORDS = """
version: "1"
over: {zh: [昨天], en: [yesterday]}
suggestions:
  - fact: organ
    value: court
    words: {zh: [法院], en: [court]}
"""


def found(*texts: str) -> dict[tuple[str, str], tuple[tuple[str, ...], bool]]:
    return {(s.fact, s.value): (s.words, s.ongoing) for s in DICTIONARY.suggest(*texts)}


@pytest.mark.parametrize(
    ("text", "fact", "value", "words"),
    [
        ("三楼着火了，冒烟", "emergency_line", "119", ("着火", "冒烟")),
        ("There is a FIRE on the third floor", "emergency_line", "119", ("FIRE",)),
        ("有人昏迷", "emergency_line", "120", ("昏迷",)),
        ("老人困在电梯里", "emergency_line", "96333", ("困在电梯",)),
        ("不服法院的判决", "organ", "court", ("法院", "判决")),
        ("The judge's verdict is wrong", "organ", "court", ("judge", "verdict")),
        ("已经申请仲裁", "legal_procedure", "arbitration", ("仲裁",)),
        ("村干部受贿", "discipline", "true", ("受贿",)),
        ("你们去死吧", "content", "malicious", ("去死",)),
        ("Drop dead, all of you", "content", "malicious", ("Drop dead",)),
        ("我就是打着玩", "content", "harassment", ("打着玩",)),
    ],
)
def test_r11_to_r17_words_in_both_languages_raise_a_suggestion(
    text: str, fact: str, value: str, words: tuple[str, ...]
) -> None:
    assert found(text)[fact, value][0] == words


def test_r11_r12_r17_emergencies_organs_procedures_and_abuse_have_words_in_both_languages() -> None:
    entries: Any = yaml_file.read(FILE, "file")["suggestions"]
    raised = {(entry["fact"], entry["value"]) for entry in entries}
    lines = {("emergency_line", line) for line in ("110", "119", "120", "122", "96333")}
    outside = VOCABULARY["organ"] - {"mass_organisation", "government"}
    organs = {("organ", organ) for organ in outside}
    procedures = {("legal_procedure", word) for word in VOCABULARY["legal_procedure"]}
    abuse = {("content", "malicious"), ("content", "harassment"), ("discipline", "true")}
    assert raised == lines | organs | procedures | abuse
    for entry in entries:
        assert all(not word.isascii() for word in entry["words"]["zh"])
        assert all(word.isascii() for word in entry["words"]["en"])


@pytest.mark.parametrize(
    "text",
    ["", "路灯不亮", "The firewall of the office", "courtyard", "Pothole before number 7"],
)
def test_a_part_of_an_english_word_raises_nothing(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "ongoing"),
    [
        ("家里着火了", True),
        ("昨天着火，已经扑灭", False),
        ("I ask about the fire of last week", False),
        ("fire drill", False),
    ],
)
def test_r11_an_emergency_that_is_over_is_not_suggested_as_going_on(
    text: str, ongoing: bool
) -> None:
    """R11: an emergency that is over or only mentioned is none."""
    assert found(text)["emergency_line", "119"][1] is ongoing


def test_title_and_description_are_read_and_words_told_once() -> None:
    assert found("fire", "fire, fire and smoke")["emergency_line", "119"][0] == ("fire", "smoke")


def test_r10_to_r20_no_citizen_is_refused_by_a_keyword() -> None:
    """A title of all those words is decided by its stated facts alone."""
    entries: Any = yaml_file.read(FILE, "file")["suggestions"]
    for language in ("zh", "en"):
        words = [word for entry in entries for word in entry["words"][language]]
        assert isinstance(when(replace(matter(), title=" ".join(words)[:200]))[1], TicketAccepted)
        for word in words:
            assert isinstance(when(replace(matter(), title=word))[1], TicketAccepted)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("value: court", "value: club", "suggestions.0: organ 'club' is no fact"),
        ("fact: organ", "fact: kind", "suggestions.0: kind 'court' is no fact"),
        ("[court]", "[]", "suggestions.0.words.en must be a list of texts"),
        ("zh: [法院], ", "", "suggestions.0.words: missing ['zh']"),
        ("version:", "versions:", "the file: unknown ['versions']"),
        ("over: {zh: [昨天]", "over: {zh: []", "over.zh must be a list of texts"),
    ],
)
def test_a_mistake_in_the_dictionary_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in WORDS
    changed: Any = yaml_file.parse(WORDS.replace(old, new, 1), "file")
    with pytest.raises(ValueError, match=r"^file: ") as caught:
        parse_dictionary(changed, "file")
    assert sentence in str(caught.value)
