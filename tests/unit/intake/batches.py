"""Lines of `hotline accept --batch`, and their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import orjson

from services.intake.adapters.batch import decided
from services.intake.adapters.hotlines import load_register

REGISTER, _ = load_register("sample")
LINE: dict[str, Any] = {
    "id": "m-1",
    "rule_set": "suzhou",
    "title": {"zh": "路灯不亮", "en": "Street lamp out"},
    "description": "In front of number 7.",
    "kind": "complaint",
    "channel": "phone",
    "called_number": "12345",
    "caller": {"type": "citizen", "contact": "13800138000", "confidential": False},
    "facts": {},
}
EARLIER = {
    "ticket": "T1",
    "state": "handling",
    "same_caller": True,
    "same_matter": True,
    "new_circumstance": False,
}


def batch(lines: Sequence[bytes]) -> Iterator[bytes]:
    return decided(lines, lambda facts: REGISTER.transferable(facts, date(2026, 11, 26)))


def answer(**changes: Any) -> dict[str, Any]:
    (line,) = batch([orjson.dumps({**LINE, **changes})])
    assert line.endswith(b"\n")
    told: dict[str, Any] = orjson.loads(line)
    return told
