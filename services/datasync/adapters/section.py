"""A mapping of a YAML file, read strictly: every mistake is one sentence with file and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.kernel import yaml_file

Choice = TypeVar("Choice", bound=StrEnum)


class Section:
    """A mapping of the file, with the keys that it may and must have."""

    def __init__(
        self,
        file: str,
        path: str,
        value: Any,
        allowed: set[str] | None = None,
        needed: set[str] | None = None,
    ) -> None:
        self._file, self._path = file, path
        if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
            raise ValueError(f"{file}: {path or 'the file'} must be a mapping of words")
        self._value: Mapping[str, Any] = value
        for key in value:
            if allowed is not None and key not in allowed:
                self.refuse(key, "left out: it is unknown")
        for key in sorted((needed or set()) - value.keys()):
            self.refuse(key, "given: it is missing")

    def __iter__(self) -> Any:
        return iter(self._value)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def section(
        self, key: str, allowed: set[str] | None = None, needed: set[str] | None = None
    ) -> Section:
        return Section(self._file, self._name(key), self._value[key], allowed, needed)

    def word(self, key: str) -> str:
        value = self._value[key]
        return value if isinstance(value, str) and value else self.refuse(key, "a word in quotes")

    def words(self, key: str) -> tuple[str, ...]:
        value = self._value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.refuse(key, "a list of words")
        return tuple(value)

    def choice(self, key: str, among: type[Choice]) -> Choice:
        try:
            return among(self._value[key])
        except ValueError:
            self.refuse(key, f"one of {', '.join(among)}")

    def must_be_known(self, key: str, words: frozenset[str], known: Any) -> None:
        for word in sorted(words):
            if word not in known:
                self.refuse(key or word, f"one of {', '.join(sorted(known))}, not {word}")

    def day(self, key: str) -> date:
        """As YAML has it, or as JSON writes it."""
        return yaml_file.day(self._value[key]) or self.refuse(key, "a date such as 2026-01-31")

    def instant(self, key: str) -> datetime | None:
        """As YAML has it, or as JSON writes it; None where it is left out."""
        value = self._value.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            value = _or_none(datetime.fromisoformat, value)
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.refuse(key, "a time such as 2026-01-31T00:00:00Z")
        return value.astimezone(UTC)

    def zone(self, key: str) -> tzinfo:
        try:
            return ZoneInfo(self.word(key))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse(key, "a time zone such as Asia/Shanghai")

    def number(self, key: str, default: float) -> float:
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
            self.refuse(key, "a number of at least 1")
        return float(value)

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path and key else self._path or key

    def refuse(self, key: str, wanted: str) -> NoReturn:
        """Raises ValueError with the sentence."""
        raise ValueError(f"{self._file}: {self._name(key)} must be {wanted}")


def _or_none(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError:
        return None
