"""A ticket's facts as the moments that pass it on: the basis of whose time it was (R33)."""

from __future__ import annotations

from collections.abc import Iterable

from services.datasync.domain.facts import Fact
from services.deadline.domain.shares import Moment, moment


def moments(facts: Iterable[Fact]) -> list[Moment]:
    """Of every service's facts."""
    found = (
        moment(fact.type, fact.time, *(str(fact.data.get(k) or "") for k in _FIELDS))
        for fact in facts
    )
    return [one for one in found if one is not None]


_FIELDS = ("unit", "reason", "clock")
