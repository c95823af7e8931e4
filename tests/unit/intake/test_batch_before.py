"""What came before a matter of a batch: earlier tickets (R16), a question to the citizen (R18)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.intake.batches import EARLIER, answer


@pytest.mark.parametrize(
    ("state", "suzhou", "trial"),
    [
        ("handling", "linked", "accepted"),
        ("in_progress", "linked", "accepted"),
        ("dispatched", "linked", "accepted"),
        ("handled", "linked", "linked"),
        ("completed", "linked", "linked"),
        ("archived", "linked", "linked"),
        ("Closed", "linked", "linked"),
        ("refused", "accepted", "accepted"),
        ("withdrawn", "accepted", "accepted"),
    ],
)
def test_r16_the_state_of_an_earlier_ticket_tells_how_far_it_has_come(
    state: str, suzhou: str, trial: str
) -> None:
    """R16: suzhou being handled or handled, trial-measures handled only."""
    for name, decision in (("suzhou", suzhou), ("trial-measures", trial)):
        told = answer(rule_set=name, earlier=[{**EARLIER, "state": state}])
        assert told["decision"] == decision


@pytest.mark.parametrize("name", ["suzhou", "trial-measures"])
@pytest.mark.parametrize(
    "change",
    [{"same_caller": False}, {"same_matter": False}, {"new_circumstance": True}],
)
def test_r16_what_is_not_the_same_matter_again_of_the_same_citizen_is_accepted(
    name: str, change: dict[str, Any]
) -> None:
    handled = {**EARLIER, "state": "handled"}
    assert answer(rule_set=name, earlier=[handled])["decision"] == "linked"
    told = answer(rule_set=name, earlier=[handled | change])
    assert (told["decision"], told["matched"]) == ("accepted", [])


@pytest.mark.parametrize(("name", "number"), [("suzhou", None), ("trial-measures", 8)])
@pytest.mark.parametrize(
    ("supplement", "decision"),
    [("none", "supplement_asked"), ("waiting", "supplement_asked"), ("expired", "refused")],
)
def test_r18_what_is_missing_is_asked_for_and_refused_only_when_the_time_has_run_out(
    name: str, number: int | None, supplement: str, decision: str
) -> None:
    told = answer(rule_set=name, supplement=supplement, facts={"missing": ["address"]})
    assert (told["decision"], told["rule"], told.get("number")) == (decision, "R18", number)


@pytest.mark.parametrize("name", ["suzhou", "trial-measures"])
def test_r18_what_was_supplied_is_accepted(name: str) -> None:
    told = answer(rule_set=name, supplement="supplied", facts={"missing": ["address"]})
    assert (told["decision"], told["matched"]) == ("accepted", [])
