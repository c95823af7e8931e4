"""The register of merged hotlines (R7-R9): what became of each number, and what a call to it is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from services.intake.domain.matter import MatterFacts
from services.intake.domain.rules import NO_WORDS, Words
from services.kernel.decider import Value

_NUMBER = re.compile(r"^[0-9]{3,}")
OWN_NUMBER = "12345"
_RESTORED = "a cancelled number is not restored without an approval (R7)"
_SET_UP = "no new departmental line or county platform without an approval (R7)"
EMERGENCY = frozenset({"110", "119", "120", "122"})


class Mode(StrEnum):
    """R7: how a line was merged."""

    MERGED = "merged"
    DUAL_PARALLEL = "dual_parallel"
    SUB_CENTRE = "sub_centre"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    NOT_OPENED = "not_opened"


class SetUpBy(StrEnum):
    """R7: whose line it is."""

    CITY = "city"
    COUNTY = "county"
    STATE_COUNCIL = "state_council"
    VERTICAL = "vertical"


class Fate(StrEnum):
    """What became of the number, and of the seats; each by itself."""

    KEPT = "kept"
    MERGED = "merged"
    CANCELLED = "cancelled"
    NONE = "none"


class Hotline(Value):
    """One line from a day on. `plan` is the mode under which the city's plan counts it.

    `transfer_line` is where 12345 transfers a matter to; `approval` the document that allows what
    R7 refuses in principle.
    """

    number: str
    name: Words
    set_up_by: SetUpBy
    mode: Mode
    plan: Mode
    number_is: Fate
    seats_are: Fate
    since: date
    until: date | None = None
    transfer_line: str = ""
    reason: Words = NO_WORDS
    approval: str = ""
    opened: bool = False

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Unnamed(Value):
    """Lines that the plan counts without naming them."""

    plan: Mode
    count: int
    reason: Words


class Register(Value):
    """All lines of a city; a number may have several entries, one after the other."""

    id: str
    version: str
    lines: tuple[Hotline, ...]
    unnamed: tuple[Unnamed, ...] = ()

    def line(self, number: str, day: date) -> Hotline | None:
        """What the number is on that day; None: it is not registered."""
        return next((h for h in self.lines if h.number == number and h.holds_on(day)), None)

    def transferable(self, facts: MatterFacts, day: date) -> MatterFacts:
        """R9: the facts with the line of the sub-centre that was stated by number or name.

        Without it where that is no sub-centre but 12345 or another line of the register, which
        would hand the matter back, or the very unit whose conduct the matter is about (R2).
        Raises LookupError where nobody knows what was stated, but of an emergency (R11).
        """
        stated = facts.sub_centre
        if not stated:
            return facts
        line = self._named(stated, day)
        if line is None and stated != OWN_NUMBER and not facts.emergency_ongoing:
            raise LookupError(stated)
        is_own = facts.about_conduct and line in (self._named(facts.about_unit, day), None)
        to = line.transfer_line or line.number if line and line.plan is Mode.SUB_CENTRE else ""
        return dataclasses.replace(facts, sub_centre="" if is_own else to)

    def _named(self, stated: str, day: date) -> Hotline | None:
        """The line of that number or name, or whose number begins the text."""
        texts = {stated.lower(), *_NUMBER.findall(stated)} - {""}
        for line in self.lines:
            known = {line.number, line.transfer_line, line.name.zh, line.name.en.lower()}
            if line.holds_on(day) and texts & known:
                return line
        return None

    def counted(self, plan: Mode) -> int:
        """R8: how many lines the plan counts under that mode; county platforms stand beside it."""
        lines = (line for line in self.lines if line.set_up_by is not SetUpBy.COUNTY)
        named = {line.number for line in lines if line.plan is plan}
        return len(named) + sum(part.count for part in self.unnamed if part.plan is plan)


NO_REGISTER = Register("", "", ())


def refusals(register: Register) -> Sequence[str]:
    """What R7 does not allow, each as a sentence; nothing where all is in order."""
    found: list[str] = []
    for line in register.lines:
        found += [f"{line.number}: {why}" for why in _against_r7(line, register)]
    return found


def _against_r7(line: Hotline, register: Register) -> Sequence[str]:
    found = []
    if line.number in EMERGENCY:
        found.append("an emergency number never merges (R7)")
    if line.until is not None and line.until <= line.since:
        found.append("it ends before it begins")
    if line.seats_are is Fate.KEPT and line.number_is is Fate.KEPT and not line.transfer_line:
        found.append("where number and seats stay, there is a transfer line (R7)")
    if line.mode is Mode.SUB_CENTRE and line.seats_are is not Fate.KEPT:
        found.append("a sub-centre keeps its seats (R7)")
    if line.mode is Mode.MERGED and line.number_is is Fate.KEPT:
        found.append("a merged line's number is cancelled (R7)")
    if not line.approval and _is_restored(line, register):
        found.append(_RESTORED)
    if not line.approval and line.opened:
        found.append(_SET_UP)
    return found


def against_r7(before: Register, after: Register) -> Sequence[str]:
    """What a change of the register does against R7 without a recorded approval."""
    known = {line.number for line in before.lines}
    cancelled = {h.number for h in before.lines if h.number_is is Fate.CANCELLED}
    found: list[str] = []
    for line in after.lines:
        if line.approval or line.number_is is not Fate.KEPT or line in before.lines:
            continue
        if line.number in cancelled:
            found.append(f"{line.number}: {_RESTORED}")
        elif line.number not in known:
            found.append(f"{line.number}: {_SET_UP}")
    return found


def _is_restored(line: Hotline, register: Register) -> bool:
    earlier = (h for h in register.lines if h.number == line.number and h.since < line.since)
    was_cancelled = any(h.number_is is Fate.CANCELLED for h in earlier)
    return was_cancelled and line.number_is is Fate.KEPT
