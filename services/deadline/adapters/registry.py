"""Policy and calendar of a city, from YAML."""

from __future__ import annotations

from importlib import resources
from typing import Any

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import from_data
from services.deadline.domain.lengths import length_from_data
from services.deadline.domain.policy import ClockRow, Policy, Trigger
from services.kernel import yaml_file

_ROW = {"length", "starts", "ends"}
_ROW_MAY = {"pauses", "resumes", "pause_reason", "window", "stated_limit", "desk"}
_TOP = {"id", "version", "calendar", "clocks"}


def load(city: str) -> tuple[Policy, Calendar]:
    """Raises ValueError with one sentence that names file and key."""
    content, name = _read(f"{city}/policy.yaml")
    policy = parse(content, name)
    calendar, calendar_name = _read(f"calendars/{content['calendar']}.yaml")
    if not isinstance(calendar, dict):
        raise ValueError(f"{calendar_name}: the file must be a mapping")
    try:
        return policy, from_data(calendar)
    except ValueError as error:
        raise ValueError(f"{calendar_name}: {error}") from None


def parse(content: Any, name: str) -> Policy:
    """As `load`, of parsed YAML, without the calendar."""
    _require(content, _TOP, set(), f"{name}: the file")
    for key in ("id", "version", "calendar"):
        if not isinstance(content[key], str) or not content[key]:
            raise ValueError(f"{name}: {key}: {content[key]!r} is no text (quote it)")
    if not isinstance(content["clocks"], dict) or not content["clocks"]:
        raise ValueError(f"{name}: clocks must map names to clocks")
    rows = [_row(key, part, f"{name}: clocks.{key}") for key, part in content["clocks"].items()]
    return Policy(content["id"], content["version"], rows)


def _read(path: str) -> tuple[Any, str]:
    file = resources.files("services.deadline") / "registry" / path
    name = f"deadline/registry/{path}"
    if not file.is_file():
        raise ValueError(f"{name} is missing")
    return yaml_file.read(file, name), name


def _require(part: Any, keys: set[str], optional: set[str], where: str) -> None:
    if not isinstance(part, dict):
        raise ValueError(f"{where} must be a mapping")
    unknown, missing = part.keys() - keys - optional, keys - part.keys()
    if unknown or missing:
        what = f"unknown {sorted(unknown, key=str)}" if unknown else f"missing {sorted(missing)}"
        raise ValueError(f"{where}: {what}")


def _row(key: str, part: Any, where: str) -> ClockRow:
    _require(part, _ROW, _ROW_MAY, where)
    if not isinstance(part["length"], dict):
        raise ValueError(f"{where}.length must be a mapping such as {{hours: 2}}")
    try:
        length = length_from_data(part["length"])
    except ValueError as error:
        raise ValueError(f"{where}.length: {error}") from None
    return ClockRow(
        name=key,
        length=length,
        starts=_triggers(part["starts"], f"{where}.starts"),
        ends=_triggers(part["ends"], f"{where}.ends"),
        pauses=_triggers(part.get("pauses", []), f"{where}.pauses"),
        resumes=_triggers(part.get("resumes", []), f"{where}.resumes"),
        pause_reason=part.get("pause_reason", ""),
        window=bool(part.get("window")),
        stated_limit=bool(part.get("stated_limit")),
        desk=bool(part.get("desk")),
    )


def _triggers(parts: Any, where: str) -> tuple[Trigger, ...]:
    found = []
    if not isinstance(parts, list):
        raise ValueError(f"{where} must be a list")
    for n, part in enumerate(parts):
        _require(part, {"type"}, {"when", "instant"}, f"{where}.{n}")
        when = part.get("when", {})
        if not isinstance(when, dict):
            raise ValueError(f"{where}.{n}.when must be a mapping")
        wanted = {k: tuple(v) if isinstance(v, list) else v for k, v in when.items()}
        found.append(Trigger(part["type"], wanted, part.get("instant", "")))
    return tuple(found)
