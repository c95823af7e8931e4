"""Rule sets as data: the first rule that fits decides, and is named (S2 nine, S4 nine)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.intake.domain.matter import Kind, MatterFacts

Condition = Callable[[MatterFacts], bool]


class Outcome(StrEnum):
    """What a rule does with a matter."""

    REFUSE = "refuse"
    DIVERT = "divert"


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` within the set, `rule` of the mission (R11), words for the citizen.

    `lines` are those that a diverting rule diverts to; the first is the one for all other cases.
    `kinds` are the matters that it is about; empty: all.
    """

    number: int
    rule: str
    outcome: Outcome
    condition: Condition
    reason_zh: str = ""
    reason_en: str = ""
    right_place: str = ""
    lines: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()

    def fits(self, kind: Kind, facts: MatterFacts) -> bool:
        """Whether it is about such a matter, and its condition holds."""
        return (not self.kinds or kind in self.kinds) and self.condition(facts)

    def line_for(self, stated: str) -> str:
        """R11: an emergency goes on at once, also where the line was left out or is unknown."""
        return stated if stated in self.lines else self.lines[0]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A city's rules in the order in which they are asked."""

    id: str
    version: str
    rules: tuple[Rule, ...]

    def decide(self, kind: Kind, facts: MatterFacts) -> Rule | None:
        """The first rule that fits; None accepts."""
        return next((rule for rule in self.rules if rule.fits(kind, facts)), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The categories and areas that the city knows, by id, with their names."""

    categories: Mapping[str, str]
    areas: Mapping[str, str]


def one_of(wanted: Mapping[str, frozenset[str] | bool]) -> Condition:
    """True where every named fact has one of its values."""

    def condition(facts: MatterFacts) -> bool:
        return all(
            getattr(facts, name) is value
            if isinstance(value, bool)
            else getattr(facts, name) in value
            for name, value in wanted.items()
        )

    return condition
