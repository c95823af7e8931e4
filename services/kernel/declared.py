"""How a setting is declared: a field of a dataclass that knows its variable."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


class BadSetting(ValueError):
    """A sentence that names the variable and says what to do."""


@dataclass(frozen=True, slots=True)
class Declared:
    name: str
    help: str
    secret: bool
    pattern: str
    low: float
    high: float


def setting(
    name: str,
    help: str,  # noqa: A002
    *,
    default: Any = dataclasses.MISSING,
    secret: bool = False,
    pattern: str = "",
    low: float = float("-inf"),
    high: float = float("inf"),
) -> Any:
    """A field of a settings dataclass; without `default` the variable must be set.

    Types: str, int, float, bool (0 or 1), Path, Literal of strings, tuple[str, ...] (commas),
    tuple[bytes, ...] (base64, commas). `pattern` must match whole strings.
    """
    spec = Declared(name, help, secret, pattern, low, high)
    return dataclasses.field(default=default, repr=not secret, metadata={"setting": spec})
