"""Ticket numbers: date, serial and a check digit (ISO/IEC 7064, MOD 11,10)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

SERIAL_DIGITS = 7
_FORM = re.compile(r"([0-9]{8})-([0-9]{7})-([0-9])")


def check_digit(digits: str) -> int:
    """The digit that makes `digits` valid (ISO/IEC 7064, MOD 11,10)."""
    return (11 - _product(digits)) % 10


def _product(digits: str, product: int = 10) -> int:
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return product


@lru_cache(maxsize=1_000)
def _of_day(day: date) -> tuple[str, int]:
    """What all numbers of a day begin with, and the product so far."""
    digits = f"{day:%Y%m%d}"
    return digits, _product(digits)


def ticket_number(day: date, serial: int) -> str:
    """`YYYYMMDD-NNNNNNN-C`. Raises ValueError for a serial of more than seven digits."""
    if not 0 < serial < 10**SERIAL_DIGITS:
        raise ValueError(f"serial {serial} is not from 1 to {10**SERIAL_DIGITS - 1}")
    digits, product = _of_day(day)
    number = f"{serial:0{SERIAL_DIGITS}d}"
    return f"{digits}-{number}-{(11 - _product(number, product)) % 10}"


def is_valid(number: str) -> bool:
    """Whether the form and the check digit are right: a typing error is found at once."""
    match = _FORM.fullmatch(number)
    return match is not None and check_digit(match[1] + match[2]) == int(match[3])


def day_and_serial(number: str) -> tuple[date, int] | None:
    """What a ticket's number was made of; None where it is no number of ours."""
    match = _FORM.fullmatch(number)
    if match is None or not is_valid(number):
        return None
    try:
        return date.fromisoformat(match[1]), int(match[2])
    except ValueError:
        return None
