"""What the rules do beside refusing: divert, link, transfer, answer, ask."""

from __future__ import annotations

from itertools import product

import pytest

from services.intake.domain.categories import Element
from services.intake.domain.matter import Earlier, Kind, Supplement
from services.intake.domain.rules import Outcome
from tests.unit.intake.sets import (
    BOTH,
    HANDLED,
    HANDLING,
    NO,
    NOT,
    SETS,
    SUZHOU,
    TRIAL,
    decide,
    same,
    told,
)

# R11


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("line", ["110", "119", "120", "122", "96333"])
def test_r11_an_emergency_that_goes_on_is_diverted_to_its_line(name: str, line: str) -> None:
    """R11."""
    decision = decide(name, emergency_ongoing=True, emergency_line=line)
    assert (*told(decision), decision.to) == (Outcome.DIVERT, "R11", 2, line)


@pytest.mark.parametrize(
    ("name", "line", "to"),
    [
        (SUZHOU, "12395", "12395"),  # S2: 110, 119, 120 and others
        (TRIAL, "12395", "110"),  # S4 lists its lines
        (SUZHOU, "the police", "110"),
        (SUZHOU, "１１０", "110"),
        (SUZHOU, "", "110"),
        (TRIAL, "", "110"),
        ("nyc", "", "911"),
    ],
)
def test_r11_an_emergency_without_a_known_line_goes_to_the_first(
    name: str, line: str, to: str
) -> None:
    """R11: it goes on at once all the same."""
    assert decide(name, emergency_ongoing=True, emergency_line=line).to == to


# R16


@pytest.mark.parametrize(
    ("earlier", "suzhou", "trial"),
    [
        (same(HANDLED), "T1", "T1"),
        (same(HANDLING), "T1", ""),  # S4: handled only
        (same(NOT), "", ""),  # refused or withdrawn before: neither handled nor being handled
        (same(HANDLED, new=True), "", ""),
        (same(HANDLED, caller=False), "", ""),  # another citizen's: related
        (same(HANDLED, matter=False), "", ""),
        ((), "", ""),
        (same(HANDLING) + same(HANDLED, n=2), "T1", "T2"),
        (same(HANDLED, new=True) + same(HANDLED, n=2), "T2", "T2"),
    ],
)
def test_r16_the_same_matter_of_the_same_citizen_is_linked(
    earlier: tuple[Earlier, ...], suzhou: str, trial: str
) -> None:
    """R16."""
    for name, number, to in ((SUZHOU, 7, suzhou), (TRIAL, 6, trial)):
        decision = decide(name, earlier=earlier)
        linked = (Outcome.LINK, "R16", number, to)
        assert (*told(decision), decision.to) == (linked if to else (NO, "", 0, ""))
        if to:
            assert to in decision.reason.en


@pytest.mark.parametrize("name", BOTH)
def test_r16_another_citizens_same_matter_is_accepted_as_related(name: str) -> None:
    """R16: it may be merged later, and is never linked silently."""
    decision = decide(name, earlier=same(HANDLED, caller=False))
    assert decision.outcome is NO
    assert "T1" in decision.reason.zh
    assert "T1" in decision.reason.en


# R9, R5, R18, R19, R2


@pytest.mark.parametrize("name", BOTH)
def test_r9_a_matter_for_a_sub_centre_is_transferred_to_its_line(name: str) -> None:
    """R9."""
    decision = decide(name, sub_centre="12366", duty="central_vertical")
    assert (*told(decision), decision.to) == (Outcome.TRANSFER, "R9", 0, "12366")
    assert decision.matched == ("R9", "R10")


@pytest.mark.parametrize(("name", "kind"), list(product(BOTH, Kind)))
def test_r5_only_a_consultation_is_answered_at_once(name: str, kind: Kind) -> None:
    """R5."""
    decision = decide(name, kind, kb_answer="KB-1")
    is_answered = decision.outcome is Outcome.ANSWER
    assert is_answered is (kind is Kind.CONSULTATION)
    assert (decision.rule, decision.to) == (("R5", "KB-1") if is_answered else ("", ""))


@pytest.mark.parametrize("kind", Kind)
def test_r19_a_report_of_an_offence_is_not_closed_by_mediation(kind: Kind) -> None:
    """R19."""
    decision = decide(TRIAL, kind, consumer_mediation="administrative_closed")
    assert (decision.outcome is NO) is (kind is Kind.REPORT)


@pytest.mark.parametrize(
    ("supplement", "outcome"),
    [
        (Supplement.NONE, Outcome.ASK),
        (Supplement.WAITING, Outcome.ASK),
        (Supplement.EXPIRED, Outcome.REFUSE),
        (Supplement.SUPPLIED, Outcome.ACCEPT),
    ],
)
@pytest.mark.parametrize(("name", "number"), [(SUZHOU, 0), (TRIAL, 8)])
def test_r18_missing_elements_are_asked_first_and_refused_only_when_time_ran_out(
    name: str, number: int, supplement: Supplement, outcome: Outcome
) -> None:
    """R18: asking is every set's; suzhou has no number for it."""
    missing = ("address", "time")
    decision = decide(name, missing=missing, supplement=supplement)
    accepted = outcome is NO
    assert told(decision) == (outcome, "" if accepted else "R18", 0 if accepted else number)
    assert decision.missing == (missing if outcome is Outcome.ASK else ())
    assert accepted or "address, time" in decision.reason.en
    assert accepted or "详细地址、发生时间" in decision.reason.zh


@pytest.mark.parametrize("name", SETS)
def test_r18_every_element_that_a_category_requires_has_its_words_in_both_languages(
    name: str,
) -> None:
    named = SETS[name].elements
    for element in Element:
        assert not named[element].zh.isascii()
        assert element in named[element].en
    stated = decide(name, missing=("shoe size", Element.ADDRESS))
    assert "shoe size、详细地址" in stated.reason.zh


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("supplement", Supplement)
def test_r18_where_nothing_is_missing_no_supplement_matters(
    name: str, supplement: Supplement
) -> None:
    assert decide(name, supplement=supplement).outcome is NO


@pytest.mark.parametrize("name", BOTH)
def test_r2_a_complaint_about_conduct_is_accepted_and_says_who_will_not_handle_it(
    name: str,
) -> None:
    """R2."""
    decision = decide(name, about_unit="transport", about_conduct=True)
    assert decision.outcome is NO
    assert "transport" in decision.reason.en
