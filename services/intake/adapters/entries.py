"""Reading registry files strictly: what is unknown or missing is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
