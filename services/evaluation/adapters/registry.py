"""A city's score formula and window settings, from `registry/<city>/formula.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.evaluation.domain.formula import MEASURED, Formula
from services.evaluation.windows import Keep, SurgeRule
from services.kernel import yaml_file


@dataclass(frozen=True, slots=True)
class Registry:
    """What the city decided: `zone` names its months, days and hours."""

    formula: Formula
    effective: date
    zone: tzinfo
    keep: Keep
    surge: SurgeRule


def load(city: str) -> Registry:
    """The city's registry. Raises ValueError with one sentence that names file and key."""
    return parse(document(city), _name(city))


def document(city: str) -> Any:
    """The file's content, as it may be published again with changes. Raises ValueError."""
    file = files("services.evaluation").joinpath("registry", city, "formula.yaml")
    if not file.is_file():
        raise ValueError(f"no score formula for city {city!r}: registry/{city}/formula.yaml")
    return yaml_file.read(file, _name(city))


def _name(city: str) -> str:
    return f"evaluation/registry/{city}/formula.yaml"


def parse(content: Any, name: str) -> Registry:
    """As `load`, of parsed YAML; `name` is the file's name in messages."""
    top = _Section(
        name,
        "",
        content,
        "id version effective time_zone visits clocks weights windows surge",
    )
    clocks = top.section("clocks", "on_time confirmed_on_time", "promise_kept")
    windows = top.section("windows", "hours days")
    surge = top.section("surge", "at_least times")
    zone = top.zone("time_zone")
    return Registry(
        formula=Formula(
            id=top.word("id"),
            version=top.word("version"),
            attempts=top.section("visits", "attempts").count("attempts"),
            handling=clocks.words("on_time"),
            confirming=clocks.words("confirmed_on_time"),
            weights=_weights(top),
            promising=clocks.words("promise_kept", ("reply_promise",)),
        ),
        effective=top.day("effective"),
        zone=zone,
        keep=Keep(hours=windows.count("hours"), days=windows.count("days"), zone=zone),
        surge=SurgeRule(at_least=surge.count("at_least"), times=surge.number("times")),
    )


def _weights(top: _Section) -> dict[str, int]:
    *always, promised = MEASURED
    section = top.section("weights", " ".join(always), promised)
    weights = {name: section.count(name) for name in always}
    weights[promised] = section.count(promised, default=0)
    if sum(weights.values()) != 100:
        raise ValueError(f"{top.file}: weights must sum to 100, not {sum(weights.values())}")
    return weights


class _Section:
    """A mapping of the file with the keys that it must have, and no others than it `may`."""

    def __init__(self, file: str, path: str, value: Any, keys: str, may: str = "") -> None:
        self.file, self._path = file, path
        if not isinstance(value, Mapping):
            raise ValueError(f"{file}: {path or 'the file'} must be a mapping")
        wanted = set(keys.split())
        for key in (value.keys() ^ wanted) - set(may.split()):
            fault = "is missing" if key in wanted else "is unknown"
            raise ValueError(f"{file}: key {self._name(key)} {fault}")
        self._value = value

    def section(self, key: str, keys: str, may: str = "") -> _Section:
        return _Section(self.file, self._name(key), self._value[key], keys, may)

    def word(self, key: str) -> str:
        value = self._value[key]
        return value if isinstance(value, str) and value else self._bad(key, "a word in quotes")

    def words(self, key: str, default: Sequence[str] = ()) -> frozenset[str]:
        value = self._value.get(key, list(default) or None)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self._bad(key, "a list of words")
        return frozenset(value)

    def count(self, key: str, default: int | None = None) -> int:
        if default is not None and key not in self._value:
            return default
        value = self._value[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._bad(key, "a whole number above 0")
        return int(value)

    def number(self, key: str) -> float:
        value = self._value[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            self._bad(key, "a number above 0")
        return float(value)

    def day(self, key: str) -> date:
        """As YAML has it, or as JSON writes it."""
        return yaml_file.day(self._value[key]) or self._bad(key, "a date such as 2026-01-31")

    def zone(self, key: str) -> tzinfo:
        try:
            return ZoneInfo(self.word(key))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self._bad(key, "a time zone such as Asia/Shanghai")

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _bad(self, key: str, wanted: str) -> Any:
        raise ValueError(f"{self.file}: {self._name(key)} must be {wanted}")
