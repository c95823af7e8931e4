"""The directory of a city, from YAML."""

from __future__ import annotations

from importlib import resources
from typing import Any

from services.dispatch.domain.directory import Directory, Entry, Rules, Unit
from services.kernel import yaml_file

_LEVELS = ("province", "city", "county", "township")


def load(city: str) -> Directory:
    """Raises ValueError with one sentence that names file and key."""
    return parse(document(city), _name(city))


def document(city: str) -> Any:
    """The file's content, as it may be published again with changes. Raises ValueError."""
    file = resources.files("services.dispatch") / "registry" / city / "directory.yaml"
    name = _name(city)
    if not file.is_file():
        raise ValueError(f"no directory for city {city!r}: {name} is missing")
    return yaml_file.read(file, name)


def _name(city: str) -> str:
    return f"dispatch/registry/{city}/directory.yaml"


def parse(content: Any, name: str) -> Directory:
    """As `load`, of parsed YAML."""
    top = _section(content, name, "the file", {"id", "version", "rules", "units", "entries"})
    if not isinstance(top["units"], dict) or not top["units"]:
        raise ValueError(f"{name}: units must map ids to units")
    if not isinstance(top["entries"], list):
        raise ValueError(f"{name}: entries must be a list")
    version = f"{_text(top, 'id', name, 'the file')}@{_text(top, 'version', name, 'the file')}"
    units = {key: _unit(key, value, name) for key, value in top["units"].items()}
    entries = _entries(top["entries"], units, name)
    return Directory(version, units, entries, _rules(top["rules"], name))


def _section(
    value: Any, name: str, where: str, keys: set[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: {where} must be a mapping")
    unknown, missing = value.keys() - keys - optional, keys - value.keys()
    if unknown or missing:
        what = f"unknown {sorted(unknown, key=str)}" if unknown else f"missing {sorted(missing)}"
        raise ValueError(f"{name}: {where}: {what}")
    return value


def _text(part: dict[str, Any], key: str, name: str, where: str) -> str:
    value = part[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name}: {where}: {key}: {value!r} is no text (quote it)")
    return value


def _rules(value: Any, name: str) -> Rules:
    part = _section(value, name, "rules", {"disputed_return", "redos_by_rule", "redos"})
    for key, least in (("disputed_return", 1), ("redos_by_rule", 0), ("redos", 0)):
        if type(part[key]) is not int or part[key] < least:
            raise ValueError(f"{name}: rules.{key}: {part[key]!r} is no whole number from {least}")
    if part["redos"] < part["redos_by_rule"]:
        raise ValueError(f"{name}: rules.redos must not be fewer than redos_by_rule")
    return Rules(part["disputed_return"], part["redos_by_rule"], part["redos"])


def _unit(key: Any, value: Any, name: str) -> Unit:
    if not isinstance(key, str):  # YAML reads a bare NO as false
        raise ValueError(f"{name}: units: {key!r} is no text (quote it)")
    where = f"units.{key}"
    part = _section(value, name, where, {"zh", "en", "level"})
    if part["level"] not in _LEVELS:
        raise ValueError(f"{name}: {where}.level: {part['level']!r} is no level")
    zh, en = _text(part, "zh", name, where), _text(part, "en", name, where)
    return Unit(key, zh, en, part["level"])


def _entries(listed: list[Any], units: dict[str, Unit], name: str) -> dict[tuple[str, str], Entry]:
    found: dict[tuple[str, str], Entry] = {}
    for n, value in enumerate(listed):
        key, entry = _entry(n, value, units, name)
        if key in found:
            raise ValueError(f"{name}: entries.{n}: the category and area stand there already")
        found[key] = entry
    return found


def _entry(n: int, value: Any, units: dict[str, Unit], name: str) -> tuple[tuple[str, str], Entry]:
    where = f"entries.{n}"
    optional = frozenset({"area", "co_handlers"})
    part = _section(value, name, where, {"category", "unit"}, optional)
    co_handlers = part.get("co_handlers", [])
    if not isinstance(co_handlers, list):
        raise ValueError(f"{name}: {where}.co_handlers must be a list of units")
    for unit in (part["unit"], *co_handlers):
        if not isinstance(unit, str) or unit not in units:
            raise ValueError(f"{name}: {where}: {unit!r} is no unit of this directory")
    if part["unit"] in co_handlers:
        raise ValueError(f"{name}: {where}: {part['unit']!r} cannot be lead and co-handler")
    area = _text(part, "area", name, where) if "area" in part else ""
    return (_text(part, "category", name, where), area), Entry(part["unit"], tuple(co_handlers))
