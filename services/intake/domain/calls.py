"""Telephone calls (R3): what an answered one says of itself, and what becomes of a missed one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.kernel.decider import Value

LONGEST_WAIT_S = 86_400


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """How the call went in which a matter was stated; the number called stands in the matter.

    `recording` is the reference under which the switchboard keeps it.
    """

    waited_s: int
    operator: str = ""
    recording: str = ""


class CallAnswered(Value):
    """R3: a call that made the ticket, or joined it."""

    at: datetime
    channel: str
    called_number: str
    called_mode: str
    waited_s: int
    operator: str
    recording: str


class CallMissed(Value):
    """R3: nobody answered: in a ticket of its own, to be called back."""

    at: datetime
    channel: str
    external_id: str
    called_number: str
    called_mode: str
    waited_s: int
    person_id: str
    caller: bytes


class CalledBack(Value):
    """R3."""

    at: datetime
    operator: str
    reached: bool
    recording: str
    became: str


class CallFigures(Value):
    """R3: what was answered of the calls of a span, and how many missed ones wait."""

    answered: int
    missed: int
    in_time: int
    waiting: int

    @property
    def connected_percent(self) -> float | None:
        """Of all calls; None where there were none."""
        return _percent(self.answered, self.answered + self.missed)

    @property
    def in_time_percent(self) -> float | None:
        """Of the answered ones; None where there were none."""
        return _percent(self.in_time, self.answered)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
