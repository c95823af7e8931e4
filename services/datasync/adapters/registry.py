"""A city's sharing rules and subscriptions, from `registry/<city>/sharing.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from importlib.resources import files
from typing import Any

from hotline.kernel.v1 import options_pb2
from services.datasync.adapters.events import event_types
from services.datasync.adapters.section import Section
from services.datasync.domain.sharing import (
    DEFAULT_FIELDS,
    REDACTION,
    FieldClass,
    Role,
    Rule,
    Sharing,
    Shown,
    Subscription,
    Way,
)
from services.kernel import yaml_file
from services.kernel.registry import Kind

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
    return parse(document(city), _name(city))


def document(city: str) -> Any:
    """The file's content. Raises ValueError."""
    file = files("services.datasync").joinpath("registry", city, "sharing.yaml")
    if not file.is_file():
        raise ValueError(f"no sharing rules for city {city!r}: {_name(city)} is missing")
    return yaml_file.read(file, _name(city))


def told(city: str) -> dict[str, Kind[Sharing]]:
    """What stands on the registry's topic: the rules that feed entries name, as each release ships
    them. Nobody publishes others: a release changes them. Raises ValueError."""

    def read(content: Any) -> Sharing:
        raise ValueError("sharing rules come with a release")

    return {"sharing": Kind(load(city).sharing, read, document(city))}


def _name(city: str) -> str:
    return f"datasync/registry/{city}/sharing.yaml"


def parse(content: Any, name: str) -> Registry:
    """As `load`, of parsed YAML; `name` is the file's name in messages."""
    top = Section(name, "", content, _TOP, _TOP)
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


def _rule(key: str, part: Section) -> Rule:
    if key == REDACTION.id:
        part.refuse("", "called otherwise: the name is taken by the rule that everybody has (R35)")
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


def _fields(part: Section) -> Mapping[FieldClass, Shown]:
    part.must_be_known("", frozenset(part), {c.value for c in FieldClass})
    chosen = {FieldClass(key): part.choice(key, Shown) for key in part}
    return {**DEFAULT_FIELDS, **chosen}


def _subscription(key: str, part: Section, rules: Mapping[str, Rule]) -> Subscription:
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
