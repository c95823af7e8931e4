"""Tickets that were decided in each way, for the specs of what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake.domain.events import Event
from services.intake.domain.matter import Earlier, Kind, Progress
from services.kernel.decider import replace
from tests.unit.intake.matters import matter, when

HANDLED = (Earlier("T1", Progress.HANDLED, same_caller=True, same_matter=True),)


def decided(kind: Kind = Kind.COMPLAINT, **facts: Any) -> tuple[Event, ...]:
    return tuple(when(matter(kind, **facts)))


ASKED = decided(missing=("address",))
ANSWERED = decided(Kind.CONSULTATION, kb_answer="KB-1")
DIVERTED = decided(emergency_ongoing=True, emergency_line="119")
REFUSED = decided(organ="court")
TRANSFERRED = decided(sub_centre="12366")
LINKED = tuple(when(replace(matter(), earlier=HANDLED)))


def then(command: Any, given: Sequence[Event]) -> tuple[Event, ...]:
    return (*given, *when(command, *given))
