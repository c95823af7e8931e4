"""R11: nobody but who was told it, or reads the facts, knows the receipt of a diversion."""

from __future__ import annotations

from services.intake.domain.acceptance import receipt_of
from services.intake.domain.commands import AcknowledgeDiversion
from services.intake.domain.events import DiversionAcknowledged
from services.kernel.decider import replace
from tests.unit.intake.matters import DIVERTED, LATER, RECEIPT, RECEIVED, TICKET, received, when


def test_a_receipt_names_its_line_and_has_128_bits_behind_it() -> None:
    line, _, drawn = RECEIPT.partition("-")
    assert line == "119"
    assert (len(drawn), int(drawn, 16).bit_length() > 96) == (32, True)
    assert TICKET not in RECEIPT


def test_a_receipt_hangs_on_all_that_is_random_about_a_ticket() -> None:
    others = (
        receipt_of(TICKET, received(person_id="p2"), "119"),
        receipt_of(TICKET, received(code_digest="other"), "119"),
        receipt_of("20260316-0000002-3", received(), "119"),
        receipt_of(TICKET, received(), "120"),
    )
    assert len({RECEIPT, *others}) == 5
    assert receipt_of(TICKET, received(), "119") == RECEIPT


def test_a_receipt_of_before_is_still_acknowledged() -> None:
    given = RECEIVED, replace(DIVERTED, receipt=f"{TICKET}/119")
    done = when(AcknowledgeDiversion(LATER, f"{TICKET}/119"), *given)
    assert done == [DiversionAcknowledged(LATER, f"{TICKET}/119", "119")]
