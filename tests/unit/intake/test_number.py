"""Ticket numbers and their check digit (ISO/IEC 7064, MOD 11,10)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.number import check_digit, is_valid, ticket_number

DAYS = st.dates(date(2000, 1, 1), date(2999, 12, 31))
SERIALS = st.integers(1, 9_999_999)
PLACES = st.integers(0, 15)


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("0794", 5),  # the example of the standard
        ("79462", 3),
        ("00200667308", 5),
        ("6943515153", 0),  # a Croatian OIB
        ("13669597", 6),  # a German VAT number
        ("8609574271", 9),  # a German tax id
    ],
)
def test_the_check_digit_is_that_of_the_standard(digits: str, check: int) -> None:
    assert check_digit(digits) == check


def test_a_number_is_date_serial_and_check_digit() -> None:
    assert (
        ticket_number(date(2026, 3, 16), 42) == f"20260316-0000042-{check_digit('202603160000042')}"
    )
    assert is_valid(ticket_number(date(2026, 3, 16), 42))


@given(DAYS, SERIALS, st.integers(1, 10_000), SERIALS)
def test_no_two_tickets_have_the_same_number(day: date, serial: int, days: int, other: int) -> None:
    number = ticket_number(day, serial)
    assert is_valid(number)
    assert number != ticket_number(day - timedelta(days), other)
    assert (number == ticket_number(day, other)) is (serial == other)


@pytest.mark.parametrize("serial", [-1, 0, 10_000_000])
def test_a_serial_has_one_to_seven_digits(serial: int) -> None:
    with pytest.raises(ValueError, match=f"serial {serial} is not from 1 to 9999999"):
        ticket_number(date(2026, 3, 16), serial)


@given(DAYS, SERIALS, PLACES, st.integers(1, 9))
def test_every_wrong_digit_is_found(day: date, serial: int, place: int, by: int) -> None:
    digits = _digits(ticket_number(day, serial))
    digits[place] = (digits[place] + by) % 10
    assert not is_valid(_number(digits))


@given(DAYS, SERIALS, st.integers(0, 14))
def test_two_digits_changed_about_are_found_unless_they_are_neighbours(
    day: date, serial: int, place: int
) -> None:
    digits = _digits(ticket_number(day, serial))
    one, two = digits[place], digits[place + 1]
    digits[place], digits[place + 1] = two, one
    if (one - two) % 10 not in (0, 1, 9):
        assert not is_valid(_number(digits))


def test_of_neighbours_changed_about_the_standard_misses_one_pair_in_ten() -> None:
    """Neighbours are 0 and 1, 1 and 2, … 9 and 0; which pair slips depends on what precedes."""
    for head in range(100):
        pairs = [(a, (a + 1) % 10) for a in range(10)]
        missed = [p for p in pairs if _check(head, *p) == _check(head, *reversed(p))]
        assert len(missed) == 1


@pytest.mark.parametrize(
    "number",
    [
        "",
        "20260316-0000042",
        "20260316-000042-1",
        "202603160000042",
        "２0260316-0000042-1",
        "x" * 18,
    ],
)
def test_another_form_is_no_number(number: str) -> None:
    assert not is_valid(number)


def _check(*parts: int) -> int:
    return check_digit("".join(map(str, parts)))


def _digits(number: str) -> list[int]:
    return [int(digit) for digit in number.replace("-", "")]


def _number(digits: list[int]) -> str:
    text = "".join(map(str, digits))
    return f"{text[:8]}-{text[8:15]}-{text[15:]}"
