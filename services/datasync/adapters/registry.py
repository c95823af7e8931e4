"""A city's sharing rules and subscriptions, from `registry/<city>/sharing.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from importlib.resources import files
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from hotline.kernel.v1 import options_pb2
from services.datasync.adapters.events import event_types
from services.datasync.domain.sharing import (
    DEFAULT_FIELDS,
    FieldClass,
    Role,
    Rule,
    Sharing,
    Shown,
    Subscription,
    Way,
)

Choice = TypeVar("Choice", bound=StrEnum)
_TOP = {"id", "version", "effective", "time_zone", "rules", "subscriptions"}
_RULE = {"role", "types", "stages", "categories", "areas", "fields", "omit"}
_SUBSCRIPTION = {"department", "level", "rules", "ways", "since"}


@dataclass(frozen=True, slots=True)
class Registry:
    """What the city decided; `zone` is for the instants in a ticket file's sentences."""

    sharing: Sharing
    effective: date
    zone: tzinfo


def load(city: str) -> Registry:
    """The city's rules. Raises ValueError with one sentence that names file and key."""
    file = files("services.datasync").joinpath("registry", city, "sharing.yaml")
    name = f"datasync/registry/{city}/sharing.yaml"
    if not file.is_file():
        raise ValueError(f"no sharing rules for city {city!r}: {name} is missing")
    return parse(file.read_text("utf-8"), name)


def parse(text: str, name: str) -> Registry:
    """As `load`, of a text; `name` is the file's name in messages."""
    top = _Section(name, "", yaml.safe_load(text), _TOP, _TOP)
    rules = {
        key: _rule(key, top.section("rules").section(key, _RULE, {"role"}))
        for key in top.section("rules")
    }
    subscriptions = top.section("subscriptions")
    return Registry(
        Sharing(
            f"{top.word('id')}/{top.word('version')}",
            tuple(
                _subscription(
                    key, subscriptions.section(key, _SUBSCRIPTION, _SUBSCRIPTION - {"since"}), rules
                )
                for key in subscriptions
            ),
        ),
        top.day("effective"),
        top.zone("time_zone"),
    )


def _rule(key: str, part: _Section) -> Rule:
    types = frozenset(part.words("types"))
    known_types = {name.rpartition(".")[2] for name in event_types()}
    part.must_be_known("types", types, known_types)
    stages = frozenset(part.words("stages"))
    part.must_be_known("stages", stages, _stages())
    shown = part.section("fields") if "fields" in part else None
    return Rule(
        id=key,
        role=part.choice("role", Role),
        types=types,
        stages=stages,
        categories=part.words("categories"),
        areas=part.words("areas"),
        fields=DEFAULT_FIELDS if shown is None else _fields(shown),
        omit=frozenset(part.words("omit")),
    )


def _fields(part: _Section) -> Mapping[FieldClass, Shown]:
    part.must_be_known("", frozenset(part), {c.value for c in FieldClass})
    chosen = {FieldClass(key): part.choice(key, Shown) for key in part}
    return {**DEFAULT_FIELDS, **chosen}


def _subscription(key: str, part: _Section, rules: Mapping[str, Rule]) -> Subscription:
    part.must_be_known("rules", frozenset(part.words("rules")), rules)
    ways = frozenset(part.words("ways"))
    part.must_be_known("ways", ways, {way.value for way in Way})
    return Subscription(
        id=key,
        department=part.word("department"),
        level=part.word("level"),
        rules=tuple(rules[name] for name in part.words("rules")),
        ways=frozenset(Way(way) for way in ways),
        since=part.instant("since"),
    )


def _stages() -> set[str]:
    return {name.removeprefix("STAGE_").lower() for name in options_pb2.Stage.keys()}  # noqa: SIM118


class _Section:
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
                self._bad(key, "left out: it is unknown")
        for key in sorted((needed or set()) - value.keys()):
            self._bad(key, "given: it is missing")

    def __iter__(self) -> Any:
        return iter(self._value)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def section(
        self, key: str, allowed: set[str] | None = None, needed: set[str] | None = None
    ) -> _Section:
        return _Section(self._file, self._name(key), self._value[key], allowed, needed)

    def word(self, key: str) -> str:
        value = self._value[key]
        return value if isinstance(value, str) and value else self._bad(key, "a word in quotes")

    def words(self, key: str) -> tuple[str, ...]:
        value = self._value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self._bad(key, "a list of words")
        return tuple(value)

    def choice(self, key: str, among: type[Choice]) -> Choice:
        try:
            return among(self._value[key])
        except ValueError:
            self._bad(key, f"one of {', '.join(among)}")

    def must_be_known(self, key: str, words: frozenset[str], known: Any) -> None:
        for word in sorted(words):
            if word not in known:
                self._bad(key or word, f"one of {', '.join(sorted(known))}, not {word}")

    def day(self, key: str) -> date:
        value = self._value[key]
        if isinstance(value, datetime) or not isinstance(value, date):
            self._bad(key, "a date such as 2026-01-31")
        return value

    def instant(self, key: str) -> datetime | None:
        value = self._value.get(key)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self._bad(key, "a time such as 2026-01-31T00:00:00Z")
        return value.astimezone(UTC)

    def zone(self, key: str) -> tzinfo:
        try:
            return ZoneInfo(self.word(key))
        except (ZoneInfoNotFoundError, ValueError):
            self._bad(key, "a time zone such as Asia/Shanghai")

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path and key else self._path or key

    def _bad(self, key: str, wanted: str) -> NoReturn:
        raise ValueError(f"{self._file}: {self._name(key)} must be {wanted}")
