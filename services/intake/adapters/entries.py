"""Reading registry files strictly: what is unknown or missing is one sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from string import Formatter
from typing import Any

from services.intake.domain.rules import Words
from services.kernel import yaml_file


def required(part: Any, keys: set[str], optional: set[str], where: str) -> None:
    """Raises ValueError for anything that is not a mapping with these keys."""
    if not isinstance(part, dict):
        raise ValueError(f"{where} must be a mapping")
    unknown, missing = part.keys() - keys - optional, keys - part.keys()
    if unknown or missing:
        what = f"unknown {sorted(map(str, unknown))}" if unknown else f"missing {sorted(missing)}"
        raise ValueError(f"{where}: {what}")


def text(part: Mapping[str, Any], key: str, where: str) -> str:
    """A text that is not empty. Raises ValueError."""
    value = part[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {key}: {value!r} is no text (quote it)")
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """At least one text. Raises ValueError."""
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise ValueError(f"{where} must be a list of texts (quote numbers)")
    return tuple(value)


def names(top: Mapping[str, Any], key: str, name: str) -> dict[str, str]:
    """Ids with their names. Raises ValueError."""
    if not isinstance(top[key], dict) or not top[key]:
        raise ValueError(f"{name}: {key} must map ids to names")
    for word in top[key]:
        if not isinstance(word, str):
            raise ValueError(f"{name}: {key}: {word!r} is no text (quote it)")
    return {word: text(top[key], word, f"{name}: {key}") for word in top[key]}


def day(value: Any, where: str) -> date:
    """A day as YAML has it, or as JSON writes it. Raises ValueError."""
    found = yaml_file.day(value)
    if found is None:
        raise ValueError(f"{where}: {value!r} is no day (YYYY-MM-DD)")
    return found


def words(value: Any, where: str) -> Words:
    """The same in both languages. Raises ValueError."""
    required(value, {"zh", "en"}, set(), where)
    return Words(text(value, "zh", where), text(value, "en", where))


def sentences(value: Any, known: Collection[str], where: str) -> Words:
    """Words in which `{name}` stands for one of the known values. Raises ValueError.

    Nothing else of Python's formats is taken, so nothing of Python can be reached by them.
    """
    found = words(value, where)
    for language in (found.zh, found.en):
        try:
            parts = list(Formatter().parse(language))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        for _, field, form, conversion in parts:
            if field is not None and (field not in known or form or conversion):
                raise ValueError(f"{where}: {{{field}}} is not one of {', '.join(sorted(known))}")
    return found
