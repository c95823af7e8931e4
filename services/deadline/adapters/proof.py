"""The deadline proof (R27): question, rules, calendar and answer in one JSON object.

Whoever has it can count again without the policy, the calendar or the city it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from services.deadline.adapters.due_lines import City, asked, question_from, to_json
from services.deadline.adapters.registry import parse
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import from_data, to_data
from services.deadline.domain.lengths import Length, length_to_data
from services.deadline.domain.policy import ClockRow

FORMAT = "hotline.deadline.proof/1"
_ASKED = ("clock", "start", "start_fact", "events", "config", "matter", "promise")
_FLAGS = ("window", "fixed", "extendable", "statutory")


def prove(line: Mapping[str, Any], city: City) -> dict[str, Any]:
    """The proof of what is answered to a line. Raises BadLine, ValueError."""
    question, answer = asked(dict(line), city)
    found = orjson.loads(orjson.dumps(to_json(city, question, answer)))
    policy_id, _, version = city.policy.version.rpartition("@")
    return {
        "format": FORMAT,
        **{name: line[name] for name in _ASKED if line.get(name)},
        **found,
        "rules": {
            "id": policy_id,
            "version": version,
            "clocks": {row.name: _row_data(row) for row in city.policy.rows.values()},
        },
        "days": _slice(city.calendar, _years(line, found)),
    }


def differences(proof: Any) -> list[str]:
    """The fields that counting again from the proof alone gives otherwise; none if it holds.

    Raises ValueError for what is no proof.
    """
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise ValueError(f"this is no deadline proof: its format is not {FORMAT!r}")
    rules, days = proof.get("rules"), proof.get("days")
    if not isinstance(rules, dict) or not isinstance(days, dict):
        raise ValueError("the proof lacks its rules or its days")
    again = prove(_line(proof), _enclosed(proof))
    return sorted(
        name for name in again.keys() | proof.keys() if again.get(name) != proof.get(name)
    )


def length_used(proof: Mapping[str, Any]) -> Length:
    """By which the clock was counted from its start: the question's, the matter's or the row's."""
    return question_from(_line(proof), _enclosed(proof)).length


def _line(proof: Mapping[str, Any]) -> dict[str, Any]:
    return {name: proof[name] for name in _ASKED if name in proof}


def _enclosed(proof: Mapping[str, Any]) -> City:
    policy = parse({"calendar": "enclosed", **proof["rules"]}, "the proof's rules")
    return City(policy, from_data(proof["days"]))


def _row_data(row: ClockRow) -> dict[str, Any]:
    """What counts of a row, in the form of a policy's file; its other triggers do not."""
    at_dispatch = [{"type": t.type} for t in row.starts if row.starts_at_dispatch][:1]
    data: dict[str, Any] = {
        "length": {"same_as": row.follows} if row.length is None else length_to_data(row.length),
        "starts": at_dispatch,
        "ends": [],
        "acts": list(row.acts),
    }
    if row.by_matter:
        data["by_matter"] = [
            {
                "when": {k: list(v) for k, v in one.when.items()},
                "length": length_to_data(one.length),
            }
            for one in row.by_matter
        ]
    if row.acts_by_kind:
        data["acts_by_kind"] = {kind: list(acts) for kind, acts in row.acts_by_kind.items()}
    if row.extendable:
        data["most_extensions"] = row.most_extensions
        data["longest_extension"] = row.longest_extension
    return data | {name: True for name in _FLAGS if getattr(row, name)}


def _years(line: Mapping[str, Any], found: Mapping[str, Any]) -> range:
    """Every year that the counting looked at, and one on either side."""
    instants = [line["start"], *(event["at"] for event in line.get("events") or ())]
    days = [*found["counted"], *(part["date"] for part in found["skipped"])]
    years = [int(str(text)[:4]) for text in (*instants, *days, found["last_day"]) if text]
    return range(min(years) - 1, max(years) + 2)


def _slice(calendar: Calendar, years: range) -> dict[str, object]:
    data = to_data(calendar)
    for name in ("days_off", "make_up", "notices"):
        table = data[name]
        assert isinstance(table, dict)
        data[name] = {day: why for day, why in table.items() if int(day[:4]) in years}
    return data
