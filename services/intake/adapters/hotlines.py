"""The register of merged hotlines from YAML, held to R7."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from typing import Any, TypeVar

from services.intake.adapters.entries import day, required, text, words
from services.intake.domain.hotlines import (
    Fate,
    Hotline,
    Mode,
    Register,
    SetUpBy,
    Unnamed,
    refusals,
)
from services.intake.domain.rules import NO_WORDS
from services.kernel import yaml_file

E = TypeVar("E", bound=StrEnum)
_LINE = {"number", "name", "set_up_by", "mode", "plan", "number_is", "seats_are", "since"}
_LINE_MAY = {"until", "transfer_line", "reason", "approval", "opened"}


def load_register(city: str) -> tuple[Register, Any]:
    """With its document; an empty one for a city without the file. Raises ValueError."""
    file = resources.files("services.intake") / "registry" / city / "hotlines.yaml"
    name = f"intake/registry/{city}/hotlines.yaml"
    if not file.is_file():
        return Register(city, "", ()), None
    document = yaml_file.read(file, name)
    return parse_register(document, name), document


def parse_register(top: Any, name: str) -> Register:
    """Raises ValueError for a mistake, and for what R7 refuses."""
    required(top, {"id", "version", "lines"}, {"unnamed"}, f"{name}: the file")
    lines = _list(top["lines"], f"{name}: lines")
    unnamed = _list(top.get("unnamed", []), f"{name}: unnamed")
    register = Register(
        text(top, "id", name),
        text(top, "version", name),
        tuple(_line(part, f"{name}: lines.{n}") for n, part in enumerate(lines)),
        tuple(_unnamed(part, f"{name}: unnamed.{n}") for n, part in enumerate(unnamed)),
    )
    if found := refusals(register):
        raise ValueError(f"{name}: {found[0]}")
    return register


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where} must be a list")
    return value


def _line(part: Any, where: str) -> Hotline:
    required(part, _LINE, _LINE_MAY, where)
    if not isinstance(part.get("opened", False), bool):
        raise ValueError(f"{where}.opened: {part['opened']!r} is neither true nor false")
    return Hotline(
        number=text(part, "number", where),
        name=words(part["name"], f"{where}.name"),
        set_up_by=_word(SetUpBy, part, "set_up_by", where),
        mode=_word(Mode, part, "mode", where),
        plan=_word(Mode, part, "plan", where),
        number_is=_word(Fate, part, "number_is", where),
        seats_are=_word(Fate, part, "seats_are", where),
        since=day(part["since"], f"{where}.since"),
        until=day(part["until"], f"{where}.until") if "until" in part else None,
        transfer_line=text(part, "transfer_line", where) if "transfer_line" in part else "",
        reason=words(part["reason"], f"{where}.reason") if "reason" in part else NO_WORDS,
        approval=text(part, "approval", where) if "approval" in part else "",
        opened=part.get("opened", False),
    )


def _unnamed(part: Any, where: str) -> Unnamed:
    required(part, {"plan", "count", "reason"}, set(), where)
    if type(part["count"]) is not int or part["count"] < 1:
        raise ValueError(f"{where}.count: {part['count']!r} is no number from 1")
    mode = _word(Mode, part, "plan", where)
    return Unnamed(mode, part["count"], words(part["reason"], f"{where}.reason"))


def _word(kind: type[E], part: Mapping[str, Any], key: str, where: str) -> E:
    value = part[key]
    if not isinstance(value, str) or value not in list(kind):
        raise ValueError(f"{where}.{key}: {value!r} is not one of {', '.join(kind)}")
    return kind(value)
