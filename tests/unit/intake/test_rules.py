"""Both shipped rule sets, rule by rule (S2, S4): which number, which outcome, and where to go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from services.intake.domain.matter import (
    VOCABULARY,
)
from tests.unit.intake.sets import (
    NO,
    PROCEDURES,
    REFUSE,
    SUZHOU,
    TRIAL,
    decide,
    told,
)

# One fact, what suzhou makes of it, what trial-measures makes of it; None accepts.
NUMBER = tuple[str, int] | None
PLAIN: list[tuple[dict[str, Any], NUMBER, NUMBER]] = [
    ({}, None, None),
    # R17: suzhou whole; trial-measures the malicious and the empty only
    ({"content": "substantive"}, None, None),
    ({"content": "malicious"}, ("R17", 8), ("R17", 7)),
    ({"content": "no_substance"}, ("R17", 8), ("R17", 7)),
    ({"content": "harassment"}, ("R17", 8), None),
    ({"content": "against_law"}, ("R17", 8), None),
    ({"content": "against_public_order"}, ("R17", 8), None),
    # R12: organs outside the government
    *(
        ({"organ": organ}, ("R12", 3), ("R12", 3))
        for organ in (
            "court", "procuratorate", "party_committee", "discipline_inspection",
            "peoples_congress", "cppcc", "army", "armed_police",
        )
    ),
    ({"organ": "mass_organisation"}, None, None),
    ({"organ": "government"}, None, None),
    # R13 and R14: both share a number in trial-measures, which knows three procedures
    *(
        ({"legal_status": "should", "legal_procedure": p}, ("R13", 4), ("R13", 4))
        for p in PROCEDURES
    ),
    *(
        ({"legal_status": status, "legal_procedure": p}, ("R14", 5), ("R14", 4))
        for status, p in product(("in", "through"), PROCEDURES)
    ),
    *(
        ({"legal_status": status, "legal_procedure": p}, ("R14", 5), None)
        for status, p in product(("in", "through"), ("petition", "information_disclosure"))
    ),
    ({"legal_status": "should", "legal_procedure": "petition"}, None, None),
    ({"legal_status": "should", "legal_procedure": "information_disclosure"}, None, None),
    ({"legal_status": "in"}, None, None),
    ({"legal_procedure": "litigation"}, None, None),
    # R15: suzhou has secrets and privacy only; one's own data is no ground
    *(
        ({"secrecy": word}, ("R15", 6), ("R15", 5))
        for word in ("state_secret", "commercial_secret", "privacy_of_others")
    ),
    ({"secrecy": "own_data"}, None, None),
    ({"discipline": True}, None, ("R15", 5)),
    # R19: trial-measures only
    *(
        ({"consumer_mediation": word}, None, ("R19", 9))
        for word in ("association", "administrative_in", "administrative_closed")
    ),
    # R10: the province is a local government (S4), but not the city's (S2)
    ({"duty": "local"}, None, None),
    ({"duty": "provincial"}, ("R10", 1), None),
    *(({"duty": d}, ("R10", 1), ("R10", 1)) for d in ("central_vertical", "other_city", "none")),
    # R20: suzhou only, with the written reason
    ({"other_ground": "a political rumour"}, ("R20", 9), None),
    # no ground at all
    ({"emergency_line": "119"}, None, None),
    ({"kb_answer": "KB-1"}, None, None),
    ({"about_unit": "transport"}, None, None),
    ({"about_unit": "transport", "about_conduct": True}, None, None),
    ({"duty_unit": "transport"}, None, None),
]  # fmt: skip


def cases() -> Iterator[tuple[str, dict[str, Any], NUMBER]]:
    for facts, suzhou, trial in PLAIN:
        yield SUZHOU, facts, suzhou
        yield TRIAL, facts, trial


@pytest.mark.parametrize(("name", "facts", "expected"), list(cases()))
def test_r10_to_r20_a_ground_refuses_by_its_rule_and_number(
    name: str, facts: dict[str, Any], expected: NUMBER
) -> None:
    decision = decide(name, **facts)
    if expected is None:
        assert told(decision) == (NO, "", 0)
        assert decision.matched == ()
        return
    assert told(decision) == (REFUSE, *expected)
    assert decision.matched == (expected[0],)
    assert all((decision.reason.zh, decision.reason.en, decision.right_place.both))


def test_every_word_of_the_vocabulary_was_tried() -> None:
    tried = {(name, value) for facts, *_ in PLAIN for name, value in facts.items()}
    words = {(name, word) for name, words in VOCABULARY.items() for word in words}
    assert words <= tried
