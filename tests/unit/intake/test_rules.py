"""The sample city's rule set, rule by rule: what is accepted, refused and where, diverted."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain.matter import Kind
from services.intake.domain.ticket import TicketAccepted, TicketDiverted, TicketRefused
from tests.unit.intake.matters import CITY, NOON, TICKET, matter, when

VERSION = "2024-01-01"


def refusal(kind: Kind = Kind.COMPLAINT, **facts: Any) -> TicketRefused:
    _, event = when(matter(kind, **facts))
    assert isinstance(event, TicketRefused), event
    return event


def accepted(kind: Kind = Kind.COMPLAINT, **facts: Any) -> TicketAccepted:
    _, event = when(matter(kind, **facts))
    assert isinstance(event, TicketAccepted), event
    return event


REFUSALS: list[tuple[str, int, str, str, str, list[dict[str, Any]]]] = [
    (
        "R17", 7, "恶意攻击", "malicious", "12345",
        [{"content": c} for c in ("malicious", "harassment", "no_substance")],
    ),
    (
        "R12", 3, "法院", "court", "该机关的信访或举报渠道 the organ's own public line",
        [
            {"organ": organ}
            for organ in (
                "court", "procuratorate", "party_committee", "discipline_inspection",
                "peoples_congress", "cppcc", "army", "armed_police",
            )
        ],
    ),
    (
        "R14", 4, "已经进入", "has been through", "受理该程序的机关 the body that has the case",
        [
            {"legal_status": status, "legal_procedure": procedure}
            for status in ("in", "through")
            for procedure in ("litigation", "arbitration", "administrative_review")
        ],
    ),
    (
        "R15", 5, "国家秘密", "secret", "有权机关 the competent authority",
        [{"secrecy": s} for s in ("state_secret", "commercial_secret", "privacy_of_others")],
    ),
    ("R15", 5, "纪检监察机关", "bribery", "12388", [{"discipline": True}]),
    (
        "R13", 4, "应当通过诉讼", "settled by litigation", "12348",
        [
            {"legal_status": "should", "legal_procedure": procedure}
            for procedure in ("litigation", "arbitration", "administrative_review")
        ],
    ),
    (
        "R19", 9, "消费者协会", "consumer association", "12315",
        [
            {"consumer_mediation": m}
            for m in ("association", "administrative_in", "administrative_closed")
        ],
    ),
    (
        "R10", 1, "职责范围", "outside the powers", "有权部门 the department that has the power",
        [{"duty": duty} for duty in ("central_vertical", "other_city", "none")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "number", "zh", "en", "place", "facts"),
    [(*named, facts) for *named, cases in REFUSALS for facts in cases],
)
def test_a_refusal_names_its_rule_in_words_and_the_right_place(
    rule: str, number: int, zh: str, en: str, place: str, facts: dict[str, Any]
) -> None:
    found = refusal(**facts)
    assert (found.at, found.rule_set, found.rule_set_version) == (NOON, "trial-measures", VERSION)
    assert (found.number, found.rule, found.right_place) == (number, rule, place)
    assert zh in found.reason_zh
    assert en in found.reason_en


def test_these_are_all_rules_of_the_set() -> None:
    tried = {(rule, number) for rule, number, *_ in REFUSALS} | {("R11", 2)}
    assert {(r.rule, r.number) for r in CITY.rules.rules} == tried


@pytest.mark.parametrize("line", ["110", "119", "120", "122", "96333"])
def test_an_emergency_is_diverted_at_once_with_a_receipt(line: str) -> None:
    _, event = when(matter(emergency_ongoing=True, emergency_line=line))
    assert event == TicketDiverted(
        NOON, "trial-measures", VERSION, 2, "R11", line, f"{TICKET}/{line}"
    )


@pytest.mark.parametrize("line", ["", "911"])
def test_an_emergency_that_names_no_line_of_ours_goes_to_the_first(line: str) -> None:
    _, event = when(matter(emergency_ongoing=True, emergency_line=line))
    assert isinstance(event, TicketDiverted)
    assert event.line == "110"


def test_an_emergency_comes_before_every_other_rule() -> None:
    everything = {
        name: value
        for *_, cases in REFUSALS
        for name, value in cases[0].items()
    }  # fmt: skip
    _, event = when(matter(emergency_ongoing=True, **everything))
    assert isinstance(event, TicketDiverted)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"content": "malicious", "organ": "court"}, "R17"),
        ({"organ": "court", "legal_status": "in", "legal_procedure": "litigation"}, "R12"),
        ({"legal_status": "in", "legal_procedure": "arbitration", "discipline": True}, "R14"),
        ({"discipline": True, "duty": "none"}, "R15"),
        (
            {
                "legal_status": "should",
                "legal_procedure": "litigation",
                "consumer_mediation": "association",
            },
            "R13",
        ),
        ({"consumer_mediation": "association", "duty": "other_city"}, "R19"),
    ],
)
def test_where_several_rules_fit_the_first_decides(facts: dict[str, Any], rule: str) -> None:
    assert refusal(**facts).rule == rule


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"emergency_line": "119"},  # over, or only mentioned
        {"secrecy": "own_data"},  # R15: one's own data is no ground
        {"content": "substantive"},
        {"content": "against_law"},  # S4 has the malicious and the empty only
        {"duty": "local"},
        {"duty": "provincial"},  # S4: local governments at all levels
        {"legal_status": "in", "legal_procedure": "petition"},  # S4 has three procedures only
        {"legal_status": "through"},
        {"legal_procedure": "litigation"},
        {"about_unit": "market"},
    ],
)
def test_what_fits_no_rule_is_accepted(facts: dict[str, Any]) -> None:
    found = accepted(**facts)
    assert (found.rule_set, found.rule_set_version) == ("trial-measures", VERSION)


@pytest.mark.parametrize("kind", Kind)
def test_a_report_of_an_offence_is_not_closed_by_mediation(kind: Kind) -> None:
    _, event = when(matter(kind, consumer_mediation="administrative_closed"))
    assert isinstance(event, TicketAccepted) is (kind is Kind.REPORT)


def test_a_complaint_about_a_units_conduct_is_accepted_and_marked() -> None:
    received, event = when(matter(about_unit="transport", about_conduct=True))
    assert isinstance(event, TicketAccepted)
    assert event.about_unit == "transport"
    assert received.about_unit == "transport"  # type: ignore[union-attr]


def test_a_matter_that_only_names_a_unit_bars_nobody() -> None:
    assert accepted(about_unit="transport").about_unit == ""
