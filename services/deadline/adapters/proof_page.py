"""A proof in plain words, Chinese and English, for the clerk or the citizen who asks why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.deadline.adapters.due_lines import instant

CLOCKS = {
    "queue": ("派单", "dispatch"),
    "confirm": ("签收", "confirm"),
    "return": ("退单", "return window"),
    "contact": ("联系诉求人", "contact the citizen"),
    "resolve": ("办理", "resolve"),
    "redo": ("重办", "redo"),
    "promise": ("对诉求人的承诺", "promise to the citizen"),
    "supplement": ("补充材料", "supplement"),
    "call_back": ("回拨", "call back"),
    "diversion_receipt": ("转接回执", "receipt of the diversion"),
    "dispute_review": ("争议复核", "dispute review"),
    "visit": ("回访", "return visit"),
}
UNITS = {
    "working_days": ("个工作日", "working days"),
    "calendar_days": ("个自然日", "calendar days"),
    "hours": ("小时", "hours"),
    "minutes": ("分钟", "minutes"),
    "working_hours": ("个工作小时", "working hours"),
}
EVENTS = {
    "paused": ("暂停", "paused"),
    "resumed": ("恢复计时", "resumed"),
    "extension_asked": ("申请延期", "extension asked"),
    "extension_granted": ("同意延期", "extension granted"),
    "extension_refused": ("不同意延期", "extension refused"),
    "limit_set": ("另有规定期限", "limit of law or special circumstances"),
    "refiled": ("更正事项分类", "category corrected"),
    "calendar_changed": ("日历通知", "calendar notice"),
    "return_asked": ("申请退单", "return asked"),
    "return_granted": ("同意退单", "return granted"),
    "return_refused": ("不同意退单", "return refused"),
    "redispatched": ("重新派单", "dispatched again"),
    "confirmed": ("签收", "confirmed"),
    "contacted": ("已联系", "contacted"),
    "completed": ("办结", "completed"),
    "progress_noted": ("进展", "progress noted"),
    "urged": ("催办", "urged"),
}


STATUTORY = ("事项分类的法定期限", "statutory limit of the category")


def page(proof: Mapping[str, Any]) -> str:
    """The whole explanation, one statement a line."""
    return "\n".join(_lines(proof)) + "\n"


def _lines(proof: Mapping[str, Any]) -> Iterator[str]:
    zone = ZoneInfo(proof["days"]["time_zone"])
    name = proof["clock"].replace("-", "_").replace(" ", "_")
    zh, en = CLOCKS.get(name, (name, name))
    yield f"{zh} · {en}"
    yield f"依据 rules {proof['policy']} · 日历 calendar {proof['calendar']} · {zone.key}"
    yield f"开始 started {_time(proof['start'], zone)}"
    yield f"期限 length {_length(proof, name)}"
    events = sorted(enumerate(proof.get("events", ())), key=lambda e: _when(e[1]["at"], zone))
    yield from (_event(n, event, proof, zone) for n, event in events)
    yield from _days(proof)
    yield from _end(proof, zone)


def _length(proof: Mapping[str, Any], name: str) -> str:
    lengths = proof.get("config", {}).get("lengths", {})
    clocks = proof["rules"]["clocks"]
    length = lengths.get(name) or clocks[name]["length"]
    while "same_as" in length:
        other = length["same_as"]
        length = lengths.get(other) or clocks[other]["length"]
    matter = proof.get("matter", {})
    by_matter = " (依诉求而定 by the matter)" if matter and "by_matter" in clocks[name] else ""
    return f"{_amount(length)}{by_matter}"


def _amount(length: Mapping[str, Any]) -> str:
    [(unit, amount)] = length.items()
    if unit == "until":
        return f"至 until {amount}"
    zh, en = UNITS.get(unit, (unit, unit))
    return f"{amount:g} {zh} {amount:g} {en}"


def _event(n: int, event: Mapping[str, Any], proof: Mapping[str, Any], zone: ZoneInfo) -> str:
    type_ = event.get("type", event.get("event"))
    is_law = type_ == "limit_set" and event.get("statutory")
    zh, en = STATUTORY if is_law else EVENTS.get(type_, (type_, type_))
    details = (
        [f"{event['working_days']} 个工作日 working days"] if event.get("working_days") else []
    )
    details += _lengths(event) if type_ in ("limit_set", "refiled") else []
    details += [event["reason"]] if event.get("reason") else []
    line = f"{_time(event['at'], zone)}  {zh} {en}"
    line += f" ({', '.join(details)})" if details else ""
    for rejected in proof["rejected"]:
        if rejected["event"] == n:
            line += f" — 不予认可 not accepted ({rejected['rule']}): {rejected['why']}"
    return line


def _lengths(event: Mapping[str, Any]) -> list[str]:
    """What a limit or a correction brings, as far as it is no inline length."""
    found = [_amount(event["length"])] if event.get("length") else []
    law = "" if event.get("type") == "limit_set" else f"{' '.join(STATUTORY)} "
    return [*found, *([law + _amount(event["limit"])] if event.get("limit") else [])]


def _days(proof: Mapping[str, Any]) -> Iterator[str]:
    """Every day in its place: its number, or why it has none."""
    counted = {day: n for n, day in enumerate(proof["counted"], 1)}
    skipped = {part["date"]: part["reason"] for part in proof["skipped"]}
    for day in sorted([*counted, *skipped]):
        if day in counted:
            yield f"  {day}  第 {counted[day]} 日 day {counted[day]}"
        else:
            yield f"  {day}  不计 not counted: {skipped[day]}"


def _end(proof: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    if proof["due_at"] is None:
        yield "暂停中,无到期时间 no due instant: paused, or without a window"
    else:
        due = _time(proof["due_at"], zone)
        yield f"到期 due {due}: 此刻起即为逾期 from this instant on it is late"
    if proof["provisional"]:
        yield "暂定:该年日历尚未公布 provisional: that year's calendar is not published yet (R28)"
    if "promised_due_at" in proof:
        yield f"对诉求人承诺 promised to the citizen {_time(proof['promised_due_at'], zone)}"
    if "late" in proof:
        yield "已逾期 too late" if proof["late"] else "按期 in time"


def _time(text: str, zone: ZoneInfo) -> str:
    return _when(text, zone).isoformat(" ", "minutes")


def _when(text: str, zone: ZoneInfo) -> datetime:
    return instant(text, "at").astimezone(zone)
