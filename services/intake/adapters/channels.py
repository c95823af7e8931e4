"""Channels and the standard of answering, from YAML (R3)."""

from __future__ import annotations

from importlib import resources
from typing import Any

from services.intake.adapters.codec import SubmittedMatter
from services.intake.adapters.entries import day, required, sentences, text, texts, words
from services.intake.domain.channels import Answering, Channel, ChannelKind, Switchboard
from services.intake.domain.rules import Words
from services.intake.domain.ticket import Phase
from services.kernel import yaml_file
from services.kernel.members import members

# What a matter may leave out, so that a channel may be kept from stating it; every matter has a
# kind, stated or its category's (R1).
OPTIONAL = {
    m.name: m.default for m in members(SubmittedMatter) if not m.required and m.name != "kind"
}
PLACEHOLDERS = frozenset(
    {"ticket", "reason", "right_place", "line", "missing", "earlier", "answer"}
)
_CHANNEL = {"id", "name", "kind"}
_CHANNEL_MAY = {"callers", "states", "per_minute", "templates", "unsealed_until", "line"}
_MOST_PER_MINUTE = 1_000_000


def load_channels(city: str) -> tuple[Switchboard, Any]:
    """The shipped ones, and their document. Raises ValueError."""
    file = resources.files("services.intake") / "registry" / city / "channels.yaml"
    name = f"intake/registry/{city}/channels.yaml"
    if not file.is_file():
        raise ValueError(f"{name} is missing")
    document = yaml_file.read(file, name)
    return parse_channels(document, name), document


def parse_channels(top: Any, name: str) -> Switchboard:
    """Raises ValueError."""
    required(top, {"version", "channels", "answering"}, {"urges_per_day"}, f"{name}: the file")
    text(top, "version", name)
    if not isinstance(top["channels"], list) or not top["channels"]:
        raise ValueError(f"{name}: channels must be a list of at least one")
    found: dict[str, Channel] = {}
    for n, part in enumerate(top["channels"]):
        channel = _channel(part, f"{name}: channels.{n}")
        if channel.id in found:
            raise ValueError(f"{name}: channels.{n}: {channel.id} stands there twice")
        found[channel.id] = channel
    urges = top.get("urges_per_day", 1)
    if type(urges) is not int or not 0 <= urges <= 100:
        raise ValueError(f"{name}: urges_per_day: {urges!r} is no number from 0 to 100")
    return Switchboard(found, _answering(top["answering"], f"{name}: answering"), urges)


def _channel(part: Any, where: str) -> Channel:
    required(part, _CHANNEL, _CHANNEL_MAY, where)
    if part["kind"] not in list(ChannelKind):
        kinds = ", ".join(ChannelKind)
        raise ValueError(f"{where}.kind: {part['kind']!r} is not one of {kinds}")
    callers = texts(part["callers"], f"{where}.callers") if "callers" in part else ()
    if "line" in part and not callers:
        raise ValueError(f"{where}: a line's own channel names its callers")
    return Channel(
        id=text(part, "id", where),
        name=words(part["name"], f"{where}.name"),
        kind=ChannelKind(part["kind"]),
        callers=frozenset(callers),
        states=_states(part["states"], f"{where}.states") if "states" in part else None,
        per_minute=_per_minute(part.get("per_minute", 0), f"{where}.per_minute"),
        templates=_templates(part.get("templates", {}), f"{where}.templates"),
        unsealed_until=(
            day(part["unsealed_until"], f"{where}.unsealed_until")
            if "unsealed_until" in part
            else None
        ),
        line=text(part, "line", where) if "line" in part else "",
    )


def _states(value: Any, where: str) -> frozenset[str]:
    """An empty list: nothing beside what every matter has."""
    named = texts(value, where) if value != [] else ()
    if unknown := sorted(set(named) - OPTIONAL.keys()):
        raise ValueError(f"{where}: {unknown[0]!r} is not one of {', '.join(OPTIONAL)}")
    return frozenset(named)


def _per_minute(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_PER_MINUTE:
        raise ValueError(f"{where}: {value!r} is no number from 0 to {_MOST_PER_MINUTE}")
    return value


def _templates(value: Any, where: str) -> dict[str, Words]:
    phases = {phase.value for phase in Phase}
    required(value, set(), phases, where)
    return {p: sentences(value[p], PLACEHOLDERS, f"{where}.{p}") for p in value}


def _answering(part: Any, where: str) -> Answering:
    """R3: the standard of answering."""
    required(part, {"within_s", "connected_percent", "over_hours"}, set(), where)
    bounds = {"within_s": 3_600, "connected_percent": 100, "over_hours": 8_784}
    for key, most in bounds.items():
        if type(part[key]) is not int or not 0 < part[key] <= most:
            raise ValueError(f"{where}.{key}: {part[key]!r} is no number from 1 to {most}")
    return Answering(**part)
