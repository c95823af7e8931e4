"""A proof in plain words, Chinese and English, for the clerk or the citizen who asks why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.deadline.adapters.due_lines import instant
from services.deadline.adapters.lives import ACTS
from services.deadline.adapters.proof import length_used
from services.deadline.domain import rejections
from services.deadline.domain.lengths import length_to_data
from services.kernel.decider import Rejection

CLOCKS = {
    "queue": ("派单", "dispatch"),
    "confirm": ("签收", "confirm"),
    "return": ("退单", "return window"),
    "contact": ("联系诉求人", "contact the citizen"),
    "resolve": ("办理", "resolve"),
    "redo": ("重办", "redo"),
    "promise": ("对诉求人的承诺", "promise to the citizen"),
    "reply_promise": ("回复中的承诺", "promise of the reply"),
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
    "dispatched": ("派单", "dispatched"),
    "supplied": ("已补充材料", "supplement supplied"),
    "acknowledged": ("紧急热线已接收", "acknowledged by the emergency line"),
    "called_back": ("已回拨", "called back"),
    "ruled": ("争议已裁定", "dispute ruled on"),
    "visited": ("已回访", "visited"),
    "ended": ("计时结束", "ended"),
}
FACTS = {type_: EVENTS[act] for type_, act in ACTS.items()} | {
    "hotline.dispatch.v1.DispatchQueued": ("待派单", "queued for dispatch"),
    "hotline.dispatch.v1.TicketReplied": ("回复", "replied"),
    "hotline.dispatch.v1.ReplySentBack": ("退回回复", "reply sent back"),
    "hotline.dispatch.v1.ReplyApproved": ("回复经审核", "reply approved"),
    "hotline.dispatch.v1.RedoOrdered": ("责令重办", "redo ordered"),
    "hotline.dispatch.v1.TicketArchived": ("归档", "archived"),
    "hotline.intake.v1.TicketAccepted": ("受理", "accepted"),
    "hotline.intake.v1.TicketWithdrawn": ("诉求人撤回", "withdrawn by the citizen"),
    "hotline.intake.v1.SupplementAsked": ("要求补充材料", "supplement asked"),
    "hotline.intake.v1.CallMissed": ("未接来电", "missed call"),
    "hotline.intake.v1.TicketDiverted": ("转接紧急热线", "diverted to the emergency line"),
    "hotline.intake.v1.DiversionRepeated": ("再次转接", "diverted again"),
    "hotline.intake.v1.DiversionAcknowledged": ("紧急热线已接收", "acknowledged"),
    "hotline.intake.v1.DiversionReturned": ("紧急热线退回", "handed back by the emergency line"),
    "hotline.evaluation.v1.VisitScheduled": ("安排回访", "visit scheduled"),
}
REASONS = {
    "citizen_supplement": ("等待诉求人补充材料", "waiting for the citizen's supplement"),
    "force_majeure": ("不可抗力", "force majeure"),
    "expert_appraisal": ("专家鉴定", "expert appraisal"),
    "under_review": ("回复审核中", "reply under review"),
}
BASES = {
    "law": ("法律法规规定", "by law"),
    "special": ("特殊情况", "special circumstances"),
}
WHY: dict[type[Rejection], str] = {
    rejections.UnlistedPause: "计时仅因法定事由暂停",
    rejections.NoApplication: "申请延期须写明理由和工作日数",
    rejections.NotApplicable: "延期须经申请，无待答复的申请",
    rejections.NotExtendable: "仅联系、办理、重办期限可以延期，且期限须满一个工作日",
    rejections.NoMoreExtensions: "延期次数已满",
    rejections.TooLongAnExtension: "延期超过允许的时长，无效且不予缩减",
    rejections.TooLateToExtend: "期限已到：延期须在到期前申请并答复，逾期未答复视为不同意",
    rejections.ClockOver: "该期限未开始或已结束",
    rejections.LimitWithoutApplication: "延长期限须有特殊情况的书面申请及文件",
    rejections.LimitTooLate: "延长期限须在到期前申请",
    rejections.LimitNotLonger: "特殊情况只能延长期限",
    rejections.ReturnTooLate: "退单期限已过，依规则不予退单",
}
_PAUSED = "paused: "
STATUTORY = ("事项分类的法定期限", "statutory limit of the category")


def page(proof: Mapping[str, Any]) -> str:
    """The whole explanation, one statement a line."""
    return "\n".join(_lines(proof)) + "\n"


def _lines(proof: Mapping[str, Any]) -> Iterator[str]:
    zone = ZoneInfo(proof["days"]["time_zone"])
    name = proof["clock"].replace("-", "_").replace(" ", "_")
    yield " · ".join(CLOCKS.get(name, (name,)))
    yield f"依据 rules {proof['policy']} · 日历 calendar {proof['calendar']} · {zone.key}"
    started = f"开始 started {_time(proof['start'], zone)}"
    yield f"{started}  {_fact(proof['start_fact'])}" if proof.get("start_fact") else started
    yield f"期限 length {_length(proof, name, zone)}"
    events = sorted(enumerate(proof.get("events", ())), key=lambda e: _when(e[1]["at"], zone))
    yield from (_event(n, event, proof, zone) for n, event in events)
    yield from _days(proof)
    yield from _end(proof, zone)


def _length(proof: Mapping[str, Any], name: str, zone: ZoneInfo) -> str:
    """The length that was counted by, with what chose it."""
    amount = _amount(length_to_data(length_used(proof)), zone)
    clocks = proof["rules"]["clocks"]
    row = clocks[clocks[name]["length"].get("same_as", name)]
    chosen = row.get("by_matter") and proof.get("matter")
    return f"{amount} (依诉求而定 by the matter)" if chosen else amount


def _amount(length: Mapping[str, Any], zone: ZoneInfo) -> str:
    [(unit, amount)] = length.items()
    if unit == "until":
        return f"至 until {_time(amount, zone)} (诉求自带期限 stated with the matter)"
    zh, en = UNITS[unit]
    return f"{amount:g} {zh} {amount:g} {en}"


def _event(n: int, event: Mapping[str, Any], proof: Mapping[str, Any], zone: ZoneInfo) -> str:
    type_ = event.get("type", event.get("event"))
    details = ", ".join(_details(event, zone))
    told = _fact(event["fact"]) if event.get("fact") else _words(EVENTS, type_)
    if type_ == "limit_set" and event.get("statutory"):
        told = " ".join(STATUTORY)
    line = f"{_time(event['at'], zone)}  {told}"
    line += f" ({details})" if details else ""
    for rejected in proof["rejected"]:
        if rejected["event"] == n:
            line += f" — 不予认可 not accepted ({rejected['rule']}): {_forbidden(rejected['why'])}"
    return line


def _forbidden(why: str) -> str:
    """The rule's own sentence, which the proof gives in English, in both languages."""
    said = (zh for kind, zh in WHY.items() if why.startswith(str(kind.__doc__)))
    return " ".join((*said, why))


def _fact(fact: Mapping[str, Any]) -> str:
    """What happened, and the id by which it is found."""
    said = _words(FACTS, fact.get("type", ""))
    return " ".join(part for part in (said, f"[{fact['id']}]" if fact.get("id") else "") if part)


def _details(event: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    if days := event.get("working_days"):
        yield _amount({"working_days": days}, zone)
    law, is_limit = event.get("limit"), event.get("type") == "limit_set"
    if length := event.get("length") or (law if is_limit else None):
        yield _amount(length, zone)
    if law and not is_limit:
        yield f"{' '.join(STATUTORY)} {_amount(law, zone)}"
    if (basis := event.get("basis")) and not event.get("statutory"):
        yield _words(BASES, basis)
    if reason := event.get("reason"):
        yield _words(REASONS, reason)
    if document := event.get("document"):
        yield f"文件 document {document}"


def _words(words: Mapping[str, tuple[str, str]], name: str) -> str:
    """Chinese and English; what somebody wrote stays as it is."""
    return " ".join(words[name]) if name in words else name


def _days(proof: Mapping[str, Any]) -> Iterator[str]:
    """Every day in its place: its number, or why it has none."""
    counted = {day: n for n, day in enumerate(proof["counted"], 1)}
    skipped = {part["date"]: part["reason"] for part in proof["skipped"]}
    for day in sorted([*counted, *skipped]):
        if day in counted:
            yield f"  {day}  第 {counted[day]} 日 day {counted[day]}"
        else:
            yield f"  {day}  不计 not counted: {_why(skipped[day])}"


def _why(reason: str) -> str:
    """A day off says so in both languages; a pause is named by the codes of its reasons."""
    if not reason.startswith(_PAUSED):
        return reason
    codes = reason.removeprefix(_PAUSED).split(", ")
    return f"暂停 paused: {', '.join(_words(REASONS, code) for code in codes)}"


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
    if "promise" in proof:
        yield f"自受理起 counted from the acceptance {_time(proof['promise']['start'], zone)}"
    if "late" in proof:
        yield "已逾期 too late" if proof["late"] else "按期 in time"


def _time(text: str, zone: ZoneInfo) -> str:
    return _when(text, zone).isoformat(" ", "minutes")


def _when(text: str, zone: ZoneInfo) -> datetime:
    return instant(text, "at").astimezone(zone)
