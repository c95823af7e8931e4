"""The audit fails for what is known to be weak, and never passes in silence."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.ops.audit import verdict

GOOD = {"name": "good", "version": "1.0", "vulns": []}
WEAK = {"name": "weak", "version": "0.1", "vulns": [{"id": "PYSEC-2020-1"}]}
LEFT = {"name": "left", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([GOOD], 0, "no known weakness in 1 packages."),
        ([GOOD, LEFT], 0, "Not known there: left."),
        ([GOOD, WEAK], 1, "weak 0.1: PYSEC-2020-1"),
        ([LEFT], 0, "SKIPPED"),
        ([], 0, "SKIPPED"),
    ],
)
def test_the_verdict_says_what_was_found(packages: Any, code: int, said: str) -> None:
    found = verdict({"dependencies": packages})
    assert found[0] == code
    assert said in found[1]


def test_without_a_report_it_says_that_it_was_skipped() -> None:
    assert verdict(None) == (0, "audit: SKIPPED: the advisories cannot be reached from here.")
