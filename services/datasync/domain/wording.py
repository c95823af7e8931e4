"""Each kind of fact in plain words, Chinese and English, and who did it.

A template names fields of the event. An actor is `citizen`, `hotline`, or `{field}` for the unit
or line that the event names. A kind that is not listed is shown by its name: views never reject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from services.datasync.domain.facts import Fact
from services.datasync.domain.wording_supervision import (
    CITIZEN,
    HOTLINE,
    PLANNED_AGAIN,
    SUPERVISION,
    UNIT,
    Words,
    replanned,
)


def words(fact: Fact, zone: tzinfo) -> Words:
    """The fact in plain words; instants are shown in `zone`."""
    template = TEMPLATES.get(fact.type)
    if template is None:
        name = fact.type.rpartition(".")[2]
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
        return Words(HOTLINE, spaced, spaced)
    if template is PLANNED_AGAIN:
        template = replanned(fact.data)
    return Words(
        _filled(template.actor, fact.data, zone, ZH) or HOTLINE,
        _filled(template.zh, fact.data, zone, ZH),
        _filled(template.en, fact.data, zone, EN),
    )


_FIELD = re.compile(r"\{(\w+)\}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _filled(
    template: str, data: Mapping[str, Any], zone: tzinfo, lexicon: Mapping[str, str]
) -> str:
    def value(match: re.Match[str]) -> str:
        return _shown(data.get(match[1], ""), zone, lexicon)

    filled = _FIELD.sub(value, template)
    return re.sub(r"[:：,，] *$|（）| \(\)", "", filled.rstrip()).rstrip()


def _shown(value: Any, zone: tzinfo, lexicon: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return lexicon["yes" if value else "no"]
    if isinstance(value, str):
        if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        return lexicon.get(value, value)
    if isinstance(value, (list, tuple)):
        return lexicon["and"].join(str(v) for v in value)
    return str(value)


EN = {
    "under_review": "under review",
    "yes": "yes",
    "no": "no",
    "and": ", ",
    "queue": "dispatch",
    "50%": "50% used",
    "80%": "80% used",
    "2h": "2 hours left",
    "resolve": "handling",
    "reply_promise": "promised date",
    "KIND_CONSULTATION": "consultation",
    "KIND_HELP": "help",
    "KIND_COMPLAINT": "complaint",
    "KIND_REPORT": "report",
    "KIND_SUGGESTION": "suggestion",
}
# What the services give as reason where a rule, and nobody, decided.
_REASONS = {
    "under_review": "回复审核中",
    "solved at the return visit": "回访已解决",
    "visits exhausted": "多次回访未能联系",
    "withdrawn": "诉求人撤回",
    "not solved or not satisfied at the return visit": "回访未解决或不满意",
    "no directory entry": "目录中无对应单位",
    "about the unit's own conduct (R2)": "涉及该单位自身（R2）",
    "about a unit that the directory does not know (R2)": "所投诉单位不在目录中（R2）",
}
ZH = {
    **_REASONS,
    "yes": "是",
    "no": "否",
    "and": "、",
    "queue": "派单",
    "50%": "已用 50%",
    "80%": "已用 80%",
    "2h": "还剩 2 小时",
    "confirm": "签收",
    "return": "退单",
    "contact": "联系",
    "resolve": "办理",
    "redo": "重办",
    "promise": "承诺",
    "reply_promise": "回复承诺",
    "visit": "回访",
    "supplement": "补充",
    "diversion_receipt": "转接回执",
    "call_back": "回拨",
    "KIND_CONSULTATION": "咨询",
    "KIND_HELP": "求助",
    "KIND_COMPLAINT": "投诉",
    "KIND_REPORT": "举报",
    "KIND_SUGGESTION": "建议",
}

_INTAKE = {
    "TicketReceived": Words(
        CITIZEN, "收到诉求（{kind}）：{title}", "Matter received ({kind}): {title}"
    ),
    "CallAnswered": Words(
        "{operator}",
        "接听来电（{called_number}），等候 {waited_s} 秒",
        "Call to {called_number} answered after {waited_s} s",
    ),
    "CallMissed": Words(
        CITIZEN,
        "来电未接（{called_number}），等候 {waited_s} 秒",
        "Call to {called_number} missed after {waited_s} s",
    ),
    "CalledBack": Words("{operator}", "回拨，接通：{reached}", "Called back, reached: {reached}"),
    "TicketAccepted": Words(HOTLINE, "受理，事项分类：{category}", "Accepted, category {category}"),
    "TicketRefused": Words(
        HOTLINE, "不予受理（{rule}）：{reason_zh}", "Refused under {rule}: {reason_en}"
    ),
    "TicketDiverted": Words(
        HOTLINE, "转接 {line}，回执 {receipt}", "Diverted to {line}, receipt {receipt}"
    ),
    "DiversionAcknowledged": Words(
        "{line}", "{line} 确认收到转接", "{line} acknowledged the diversion"
    ),
    "DiversionRepeated": Words(
        HOTLINE,
        "{line} 未按时确认，再次转接（第 {attempt} 次）",
        "{line} did not acknowledge in time: diverted again, attempt {attempt}",
    ),
    "DiversionReturned": Words(
        "{line}", "{line} 退回转接：{reason}", "{line} handed the matter back: {reason}"
    ),
    "TicketTransferred": Words(
        HOTLINE, "转分中心 {line}：{reason_zh}", "Transferred to {line}: {reason_en}"
    ),
    "TransferReturned": Words(
        "{line}", "{line} 退回转办：{reason}", "{line} handed the transfer back: {reason}"
    ),
    "HandoverAcknowledged": Words(
        HOTLINE,
        "{line} 移交的非紧急事项（{reference}）已接收，回执 {receipt}",
        "Taken over from {line} ({reference}), receipt {receipt}",
    ),
    "TicketLinked": Words(
        HOTLINE, "关联工单 {earlier_ticket}：{reason_zh}", "Linked to {earlier_ticket}: {reason_en}"
    ),
    "SupplementAsked": Words(HOTLINE, "{reason_zh}", "{reason_en}"),
    "SupplementSupplied": Words(
        CITIZEN, "诉求人补充：{elements}", "Supplied by the citizen: {elements}"
    ),
    "TicketAnswered": Words(
        HOTLINE, "当场答复（{article}）：{reason_zh}", "Answered at once ({article}): {reason_en}"
    ),
    "AnswerUnhelpful": Words(
        CITIZEN, "答复 {article} 未解决问题", "The answer {article} did not help"
    ),
    "AnswerReviewed": Words(
        "{reviewer}",
        "复核答复 {article}，正确：{right}。{reason}",
        "The answer {article} was reviewed, right: {right}. {reason}",
    ),
    "ArticleOverdue": Words(
        HOTLINE,
        "知识库条目 {article}（{version}）应于 {review_on} 前由 {unit} 复核，已逾期",
        "Article {article} ({version}): {unit} was to look at it by {review_on} and did not",
    ),
    "DecisionOverridden": Words(
        "{operator}", "人工改判受理（{rule}）：{reason}", "Accepted against {rule}: {reason}"
    ),
    "RefusalObjected": Words(
        CITIZEN, "对不予受理（{rule}）提出异议：{reason}", "Objected to {rule}: {reason}"
    ),
    "ObjectionReviewed": Words(
        "{reviewer}",
        "复核异议，成立：{upheld}。{reason}",
        "Objection reviewed, upheld: {upheld}. {reason}",
    ),
    "CategoryCorrected": Words(
        "{operator}",
        "更正事项分类：{old_category} → {category}。{reason}",
        "Filed under {category} instead of {old_category}: {reason}",
    ),
    "MatterUrged": Words(CITIZEN, "诉求人催办：{reason}", "Urged by the citizen: {reason}"),
    "TicketWithdrawn": Words(CITIZEN, "诉求人撤回：{reason}", "Withdrawn by the citizen: {reason}"),
    "PersonForgotten": Words(HOTLINE, "诉求人的个人信息已删除", "The citizen was forgotten"),
    "HistoryClosed": Words(HOTLINE, "历史数据导入至 {until}", "History imported up to {until}"),
}
_DISPATCH = {
    "DispatchQueued": Words(HOTLINE, "等待派单：{reason}", "Waiting for a dispatcher: {reason}"),
    "TicketDispatched": Words(
        HOTLINE, "派单至主办单位 {unit}", "Dispatched to {unit} as lead unit"
    ),
    "TicketRefiled": Words(
        HOTLINE, "此后按事项分类 {category} 办理", "From here handled under the category {category}"
    ),
    "DispatchConfirmed": Words(UNIT, "{unit} 签收", "{unit} confirmed"),
    "ReturnRequested": Words(
        UNIT, "{unit} 申请退单：{reason}", "{unit} asked to return it: {reason}"
    ),
    "ReturnGranted": Words(
        HOTLINE, "同意 {unit} 退单，改派 {next_unit}", "Return by {unit} granted, next: {next_unit}"
    ),
    "ReturnRefused": Words(
        HOTLINE, "不同意 {unit} 退单：{reason}", "Return by {unit} refused: {reason}"
    ),
    "ReturnWindowEnded": Words(HOTLINE, "{unit} 不能再退单", "From here {unit} may not return it"),
    "CitizenContacted": Words(UNIT, "{unit} 已联系诉求人", "{unit} contacted the citizen"),
    "ProgressNoted": Words(UNIT, "{unit} 办理进展：{note}", "Progress at {unit}: {note}"),
    "TicketReplied": Words(
        UNIT,
        "{unit} 回复，已解决：{solved}。{public_answer}",
        "{unit} replied, solved: {solved}. {public_answer}",
    ),
    "ReplySentBack": Words(
        HOTLINE, "回复退回 {unit}：{reason}", "Reply sent back to {unit}: {reason}"
    ),
    "ReplyApproved": Words(HOTLINE, "{unit} 的回复审核通过", "Reply of {unit} approved"),
    "TicketCompleted": Words(HOTLINE, "办结，已解决：{solved}", "Completed, solved: {solved}"),
    "RedoOrdered": Words(HOTLINE, "{unit} 重办：{reason}", "Redo ordered from {unit}: {reason}"),
    "TicketArchived": Words(HOTLINE, "归档：{reason}", "Archived: {reason}"),
}
_EVALUATION = {
    "VisitScheduled": Words(HOTLINE, "安排回访", "Visit scheduled"),
    "VisitAttempted": Words(HOTLINE, "回访未成功：{reason}", "Visit attempted: {reason}"),
    "VisitCompleted": Words(
        HOTLINE,
        "回访：已联系 {contacted}，已解决 {solved}，满意 {satisfied}",
        "Visited: contacted {contacted}, solved {solved}, satisfied {satisfied}",
    ),
    "MissNoted": Words(
        HOTLINE, "{clock}超期计入 {unit} 考核", "The {clock} miss counts for the score of {unit}"
    ),
    "MissCleared": Words(
        HOTLINE, "{clock}超期不计入 {unit} 考核", "The {clock} miss no longer counts for {unit}"
    ),
    "MissExcused": Words(
        HOTLINE,
        "{clock}超期经裁定免责，不计入 {unit} 考核：{reason}",
        "The {clock} miss was excused and does not count for {unit}: {reason}",
    ),
    "ScoreBooked": Words(
        HOTLINE,
        "{unit} 计分：按时 {on_time}，已解决 {solved}，满意 {satisfied}",
        "Score of {unit}: on time {on_time}, solved {solved}, satisfied {satisfied}",
    ),
    "ScoreTakenBack": Words(
        HOTLINE, "撤销 {unit} 计分：{reason}", "Score of {unit} taken back: {reason}"
    ),
}
_KERNEL = {
    "TicketParked": Words(HOTLINE, "暂停处理：{reason}", "Parked: {reason}"),
}
TEMPLATES: Mapping[str, Words] = {
    f"hotline.{package}.v1.{name}": template
    for package, templates in {
        "intake": _INTAKE,
        "dispatch": _DISPATCH,
        "deadline": SUPERVISION,
        "evaluation": _EVALUATION,
        "kernel": _KERNEL,
    }.items()
    for name, template in templates.items()
}
