"""The facts of deadline (stage 5) in plain words, and the form that all wordings have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.kernel.decider import Value

CITIZEN, HOTLINE, UNIT = "citizen", "hotline", "{unit}"


class Words(Value):
    """Actor and sentence of one fact."""

    actor: str
    zh: str
    en: str


PLANNED_AGAIN = Words(
    HOTLINE,
    "{clock}时限重新计算（日历 {calendar}），截止 {due_at}",
    "The {clock} clock was planned again (calendar {calendar}), due {due_at}",
)


def replanned(data: Mapping[str, Any]) -> Words:
    """Of a `ClockReplanned`: what was changed, and what came of it; nothing is due in a pause."""
    due = data.get("due_at", "")
    if data.get("length"):
        zh, en = "{clock}时限按更正后的事项分类计算", "The {clock} clock goes by the right category"
        if not due:
            return Words(HOTLINE, zh, en)
        return Words(HOTLINE, zh + "，截止 {due_at}", en + ", due {due_at}")
    if due and due == data.get("old_due_at"):
        return Words(
            HOTLINE,
            "{clock}时限重新计算（日历 {calendar}），截止时间不变",
            "The {clock} clock was planned again (calendar {calendar}), due as before",
        )
    return PLANNED_AGAIN


SUPERVISION: Mapping[str, Words] = {
    "ClockStarted": Words(
        HOTLINE, "{clock}时限开始，截止 {due_at}", "The {clock} clock started, due {due_at}"
    ),
    "ClockReplanned": PLANNED_AGAIN,
    "MatterChanged": Words(
        HOTLINE,
        "此后时限按事项分类 {category} 计算",
        "From here clocks go by the category {category}",
    ),
    "MatterWithdrawn": Words(
        HOTLINE,
        "诉求已于 {withdrawn_at} 撤回，因此终止的时限计至此时",
        "Withdrawn at {withdrawn_at}: clocks that this ends are counted up to then",
    ),
    "ClockWarned": Words(
        HOTLINE,
        "提醒{unit}：{clock}时限（{mark}）将于 {due_at} 截止",
        "Warning ({mark}): the {clock} clock runs out, due {due_at} ({unit})",
    ),
    "ClockPaused": Words(
        HOTLINE, "{clock}时限暂停：{reason}", "The {clock} clock paused: {reason}"
    ),
    "ClockResumed": Words(
        HOTLINE, "{clock}时限恢复，截止 {due_at}", "The {clock} clock resumed, due {due_at}"
    ),
    "ClockStopped": Words(
        HOTLINE, "{clock}时限结束，按时：{in_time}", "The {clock} clock ended, in time: {in_time}"
    ),
    "DeadlineMissed": Words(
        HOTLINE,
        "{clock}超过截止时间 {due_at}（{unit}）",
        "The {clock} deadline of {due_at} was missed ({unit})",
    ),
    "MissWithdrawn": Words(
        HOTLINE, "撤销{clock}超期记录（{unit}）", "The {clock} miss was withdrawn ({unit})"
    ),
    "ReturnWindowClosed": Words(
        HOTLINE, "{unit} 的退单期已过", "The time in which {unit} may return it is over"
    ),
    "HotlineAlarmed": Words(
        HOTLINE,
        "热线须在 {due_at} 前答复 {unit} 的延期申请（{clock}时限）",
        "An application of {unit} ({clock}) waits for the hotline's answer, lapses {due_at}",
    ),
    "ExtensionAsked": Words(
        "{unit}",
        "{unit} 申请{clock}延期 {working_days} 个工作日：{reason}",
        "{unit} asked to extend the {clock} clock by {working_days} working days: {reason}",
    ),
    "ExtensionGranted": Words(
        HOTLINE,
        "同意{clock}延期 {working_days} 个工作日，截止 {due_at}",
        "The {clock} clock was extended by {working_days} working days, due {due_at}",
    ),
    "ExtensionRefused": Words(
        HOTLINE,
        "不同意{clock}延期 {working_days} 个工作日：{reason}（逾期未答复：{by_silence}）",
        "{working_days} more working days of the {clock} clock were refused: {reason} "
        "(for the hotline's silence: {by_silence})",
    ),
    "LimitSet": Words(
        HOTLINE,
        "{clock}另有规定期限 {length}（{document}），截止 {due_at}",
        "A limit of {length} for the {clock} clock ({document}), due {due_at}",
    ),
    "UnitReminded": Words(
        HOTLINE,
        "{clock}超期提醒 {unit}",
        "{unit} was reminded of the overdue {clock} clock",
    ),
    "UnitUrged": Words(
        HOTLINE,
        "{clock}超期催促 {unit}",
        "{unit} was urged for the overdue {clock} clock",
    ),
    "BureauNotified": Words(
        HOTLINE,
        "通报督查部门：{unit}，{reason}",
        "The supervision bureau was notified of {unit}: {reason}",
    ),
    "TicketUrged": Words(
        HOTLINE,
        "第 {number} 次催办（{unit}）（诉求人催办：{from_citizen}）：{reason}",
        "Urged ({unit}), no. {number} (by the citizen: {from_citizen}): {reason}",
    ),
    "UrgeAnswered": Words(
        "{unit}",
        "{unit} 回复催办：{answer}",
        "{unit} answered the urge: {answer}",
    ),
    "SupervisionOpened": Words(
        HOTLINE,
        "第 {number} 号督办立项（{units}）：{reason}",
        "Supervision no. {number} of {units} was opened: {reason}",
    ),
    "SupervisionIssued": Words(
        HOTLINE,
        "督办函 {document} 已下发",
        "The letter of supervision {document} was issued",
    ),
    "SupervisionAnswered": Words(
        "{unit}",
        "{unit} 反馈督办：{feedback}",
        "{unit} answered the supervision: {feedback}",
    ),
    "SupervisionReturned": Words(
        HOTLINE,
        "督办反馈退回：{reason}",
        "The feedback was returned: {reason}",
    ),
    "SupervisionRaised": Words(
        HOTLINE,
        "督办升级至 {level}：{reason}",
        "The supervision was raised to {level}: {reason}",
    ),
    "SupervisionClosed": Words(
        HOTLINE,
        "督办销号：{conclusion}",
        "The supervision was closed: {conclusion}",
    ),
    "MissDisputed": Words(
        "{unit}",
        "{unit} 对{clock}超期提出异议：{reason}",
        "{unit} disputed the {clock} miss: {reason}",
    ),
    "DisputeRuled": Words(
        HOTLINE,
        "{clock}超期异议裁定，免责：{excused}，{reason}",
        "The dispute over the {clock} miss was ruled, excused: {excused}, {reason}",
    ),
}
