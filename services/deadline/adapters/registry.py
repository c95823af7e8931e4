"""Policy and calendar of a city, from YAML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from services.deadline.adapters import telling
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import from_data, own_from_data
from services.deadline.domain.lengths import Length, length_from_data
from services.deadline.domain.own_days import OwnDays, laid
from services.deadline.domain.policy import ByMatter, ClockRow, Policy, Trigger
from services.kernel import yaml_file

_ROW = {"length", "starts", "ends"}
_SWITCHES = ("window", "stated_limit", "statutory", "desk", "fixed", "extendable")
_DEFAULTS = {"longest_extension", "most_extensions", "warnings", "ladder", "alarm_before"}
_ACTS = {"acts", "acts_by_kind"}
_ROW_MAY = {
    "pauses",
    "resumes",
    "pause_reason",
    "by_matter",
    "due_field",
    *_ACTS,
    *_DEFAULTS,
    *_SWITCHES,
}
_TOP = {"id", "version", "calendar", "clocks"}
_MATTER = {"kind", "urgency", "category", "level"}


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendar of a city as it is written: own days, the lowest first, on `base`."""

    base: Calendar
    own: tuple[OwnDays, ...] = ()

    @property
    def laid(self) -> Calendar:
        """What they come to."""
        return laid(self.base, self.own)


def load(city: str) -> tuple[Policy, Calendar]:
    """Raises ValueError with one sentence that names file and key."""
    policy, calendars = load_parts(city)
    return policy, calendars.laid


def load_parts(city: str) -> tuple[Policy, Calendars]:
    """As `load`, with the calendar in its parts, each of which is published by itself."""
    content, name = _content(city)
    return parse(content, name), load_calendars(content["calendar"])


def load_calendar(calendar_id: str) -> Calendar:
    """One of `registry/calendars`. Raises ValueError."""
    return load_calendars(calendar_id).laid


def load_calendars(calendar_id: str) -> Calendars:
    """With all that it extends. Raises ValueError that names file and key."""
    own: list[OwnDays] = []
    found = _calendar(calendar_id)
    while isinstance(found, OwnDays):
        own.insert(0, found)
        where, way = f"{_calendar_file(found.id)}: extends", [part.id for part in reversed(own)]
        _require_base(where, found.extends, way, calendars())
        found = _calendar(found.extends)
    try:
        laid(found, tuple(own))
    except ValueError as error:
        raise ValueError(f"{_calendar_file(calendar_id)}: {error}") from None
    return Calendars(found, tuple(own))


def _require_base(where: str, base: str, way: Sequence[str], known: Sequence[str]) -> None:
    """That it is there, and is none of those that led to it."""
    if base in way:
        raise ValueError(f"{where}: goes in a circle: {', '.join((*way, base))}")
    if base not in known:
        raise ValueError(f"{where}: there is no {base!r}, only {', '.join(known)}")


def calendars() -> list[str]:
    """Those of `registry/calendars`."""
    files = [f.name for f in _registry("calendars").iterdir()]
    return sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def _calendar(calendar_id: str) -> Calendar | OwnDays:
    content, name = _read(f"calendars/{calendar_id}.yaml")
    if not isinstance(content, dict):
        raise ValueError(f"{name}: the file must be a mapping")
    try:
        found = own_from_data(content) if "extends" in content else from_data(content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if found.id != calendar_id:
        raise ValueError(f"{name}: id must be {calendar_id}, as the file is called")
    return found


def _calendar_file(calendar_id: str) -> str:
    return f"deadline/registry/calendars/{calendar_id}.yaml"


def document(city: str) -> dict[str, Any]:
    """The whole policy, as it may be published again with changes."""
    found, _ = _content(city)
    return dict(found)


def cities() -> list[str]:
    """Those that have a policy."""
    folder = _registry()
    return sorted(f.name for f in folder.iterdir() if (f / "policy.yaml").is_file())


def _content(city: str, way: tuple[str, ...] = ()) -> tuple[Any, str]:
    """The policy as it is written, on top of the one that it extends; `way` led here."""
    content, name = _read(f"{city}/policy.yaml")
    if not isinstance(content, dict) or "extends" not in content:
        return content, name
    base, way = str(content["extends"]), (*way, city)
    _require_base(f"{name}: extends", base, way, cities())
    below, _ = _content(base, way)
    clocks = dict(below["clocks"])
    changed = content.get("clocks", {})
    if not isinstance(changed, dict):
        raise ValueError(f"{name}: clocks must map names to clocks")
    for key, part in changed.items():
        if not isinstance(part, dict):
            raise ValueError(f"{name}: clocks.{key} must be a mapping")
        clocks[key] = {**clocks.get(key, {}), **part}
    rest = {key: value for key, value in content.items() if key != "extends"}
    return {**below, **rest, "clocks": clocks}, name


def parse(content: Any, name: str) -> Policy:
    """As `load`, of parsed YAML, without the calendar."""
    _require(content, _TOP, {"urges_per_day", "defaults"}, f"{name}: the file")
    for key in ("id", "version", "calendar"):
        if not isinstance(content[key], str) or not content[key]:
            raise ValueError(f"{name}: {key}: {content[key]!r} is no text (quote it)")
    if not isinstance(content["clocks"], dict) or not content["clocks"]:
        raise ValueError(f"{name}: clocks must map names to clocks")
    defaults = content.get("defaults", {})
    _require(defaults, set(), _DEFAULTS, f"{name}: defaults")
    rows = []
    for key, part in content["clocks"].items():
        where = f"{name}: clocks.{key}"
        _require(part, _ROW, _ROW_MAY, where)
        rows.append(_row(key, {**defaults, **part}, where))
    urges = _count(content.get("urges_per_day", 1), f"{name}: urges_per_day")
    return Policy(content["id"], content["version"], rows, urges)


def _registry(path: str = "") -> Traversable:
    return resources.files("services.deadline") / "registry" / path


def _read(path: str) -> tuple[Any, str]:
    file = _registry(path)
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
    length, follows = part["length"], ""
    if isinstance(length, dict) and length.keys() == {"same_as"}:
        follows = str(length["same_as"])
    return ClockRow(
        name=key,
        length=None if follows else _length(length, f"{where}.length"),
        by_matter=_by_matter(part.get("by_matter", []), f"{where}.by_matter"),
        follows=follows,
        starts=_triggers(part["starts"], f"{where}.starts"),
        ends=_triggers(part["ends"], f"{where}.ends"),
        pauses=_triggers(part.get("pauses", []), f"{where}.pauses"),
        resumes=_triggers(part.get("resumes", []), f"{where}.resumes"),
        pause_reason=part.get("pause_reason", ""),
        due_field=str(part.get("due_field", "")),
        acts=tuple(part.get("acts", ())),
        acts_by_kind={k: tuple(v) for k, v in part.get("acts_by_kind", {}).items()},
        warnings=telling.warnings(part.get("warnings"), f"{where}.warnings"),
        ladder=telling.ladder(part.get("ladder"), f"{where}.ladder"),
        longest_extension=_count(part.get("longest_extension", 0), f"{where}.longest_extension"),
        most_extensions=_count(part.get("most_extensions", 0), f"{where}.most_extensions"),
        alarm_before=telling.alarm_before(part.get("alarm_before"), f"{where}.alarm_before"),
        **{name: bool(part.get(name)) for name in _SWITCHES},
    )


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{where} must be a number")
    return value


def _length(part: Any, where: str) -> Length:
    if not isinstance(part, dict):
        raise ValueError(f"{where} must be a mapping such as {{hours: 2}}")
    try:
        return length_from_data(part)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _by_matter(parts: Any, where: str) -> tuple[ByMatter, ...]:
    found = []
    if not isinstance(parts, list):
        raise ValueError(f"{where} must be a list")
    for n, part in enumerate(parts):
        _require(part, {"when", "length"}, set(), f"{where}.{n}")
        _require(part["when"], set(), _MATTER, f"{where}.{n}.when")
        wanted = {k: tuple(v) if isinstance(v, list) else (v,) for k, v in part["when"].items()}
        found.append(ByMatter(wanted, _length(part["length"], f"{where}.{n}.length")))
    return tuple(found)


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
