"""Whose time it was (R33), as JSON lines: `id`, `moments`, `until` in; seconds of each out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from services.deadline.adapters.due_lines import BadLine, instant
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.shares import MOMENTS, Moment, shares, whole


def share_answers(lines: Iterable[bytes], calendar: Calendar) -> Iterator[bytes]:
    """One answer for each line that is not blank, in their order; a bad one spoils no other."""
    for line in lines:
        if line.strip():
            yield orjson.dumps(_answered(line, calendar))


def _answered(line: bytes, calendar: Calendar) -> dict[str, Any]:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {"id": None, "error": f"not JSON: {error}"}
    name = data.get("id") if isinstance(data, dict) else None
    try:
        return {"id": name, **_shared(data, calendar)}
    except ValueError as error:
        return {"id": name, "error": str(error)}


def _shared(data: Any, calendar: Calendar) -> dict[str, Any]:
    if not isinstance(data, dict) or not isinstance(data.get("moments"), list):
        raise BadLine("the line must be an object with a list of moments")
    moments = [_moment(n, part) for n, part in enumerate(data["moments"])]
    last = max((moment.at for moment in moments), default=None)
    given = data.get("until")
    until = last if given is None else instant(given, "until")
    if until is None:
        raise BadLine("moments is empty")
    found = shares(moments, until, calendar)
    return {
        "working_s": whole(found).total_seconds(),
        "shares": [{"who": share.who, "working_s": share.time.total_seconds()} for share in found],
    }


def _moment(index: int, part: Any) -> Moment:
    where = f"moments[{index}]"
    if not isinstance(part, dict) or part.get("type") not in MOMENTS:
        raise BadLine(f"{where}.type must be one of {', '.join(MOMENTS)}")
    unit, reason = part.get("unit", ""), part.get("reason", "")
    if not isinstance(unit, str) or not isinstance(reason, str):
        raise BadLine(f"{where}: unit and reason are texts")
    if part["type"] == "dispatched" and not unit:
        raise BadLine(f"{where}.unit says whom it was dispatched to")
    return Moment(instant(part.get("at"), f"{where}.at"), part["type"], unit, reason)
