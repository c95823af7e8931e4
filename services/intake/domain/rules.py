"""Rule sets as data: the first rule that fits decides, and is named (S2 nine, S4 nine)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from services.intake.domain.matter import Case, Progress
from services.kernel.decider import Value, field

# Whether each rule's condition holds, in the order of the set.
Conditions = Callable[[Case], Sequence[bool]]


class Outcome(StrEnum):
    """What is done with a matter."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    DIVERT = "divert"
    TRANSFER = "transfer"
    LINK = "link"
    ASK = "ask"
    ANSWER = "answer"


class Words(Value):
    """The same in both languages; `{name}` stands for a fact of the matter."""

    zh: str = ""
    en: str = ""

    def filled(self, in_zh: Mapping[str, str], in_en: Mapping[str, str]) -> Words:
        """With the facts in their places; one that is not stated leaves no gap."""
        if "{" not in self.zh + self.en:
            return self
        zh, en = self.zh.format_map(in_zh), self.en.format_map(in_en)
        return Words(" ".join(zh.split()), " ".join(en.split()))

    @property
    def both(self) -> str:
        """One text: what reads the same in each language stands once."""
        return self.zh if self.zh == self.en else f"{self.zh} / {self.en}"


NO_WORDS = Words()


class Rule(Value):
    """`number` within the set (0: it has none), `rule` of the mission (R11), words for the citizen.

    `places`: right places by the value of one fact, `place` for every other. `lines`: those that a
    diverting rule diverts to, the first for an emergency that names none; `any_line`: others too.
    `links`: how far an earlier ticket has come that a linking rule links to.
    """

    rule: str
    outcome: Outcome
    number: int = 0
    reason: Words = NO_WORDS
    place: Words = NO_WORDS
    place_fact: str = ""
    places: Mapping[str, Words] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    any_line: bool = False
    links: frozenset[Progress] = frozenset()

    def line_for(self, stated: str) -> str:
        """R11: an emergency goes on at once, also where the line was left out or is unknown."""
        is_known = stated in self.lines or (self.any_line and stated.isascii() and stated.isdigit())
        return stated if is_known else self.lines[0]

    def link_for(self, case: Case) -> str:
        """R16: the first ticket that the matter repeats and the rule links to."""
        return next((e.ticket for e in case.repeats if e.progress in self.links), "")

    def place_for(self, case: Case) -> Words:
        """Where to go instead."""
        value = getattr(case.facts, self.place_fact) if self.place_fact else ""
        return self.places.get(value, self.place)


class Decision(Value):
    """What becomes of a matter, by which rule, and in which words.

    `matched` are the rules of all conditions that held, in the order of the set. `to` is the line
    of a diversion or transfer, the earlier ticket of a link, the article of an answer.
    """

    outcome: Outcome
    rule: str = ""
    number: int = 0
    matched: tuple[str, ...] = ()
    to: str = ""
    missing: tuple[str, ...] = ()
    reason: Words = NO_WORDS
    right_place: Words = NO_WORDS


class RuleSet(Value):
    """A city's rules in the order in which they are asked.

    `elements` are the names of what a matter may lack (R18); one without a name is told as it is.
    """

    id: str
    version: str
    rules: tuple[Rule, ...]
    conditions: Conditions
    accepted: Words = NO_WORDS
    accepted_barred: Words = NO_WORDS
    accepted_related: Words = NO_WORDS
    elements: Mapping[str, Words] = field(default_factory=dict)

    @property
    def emergency_lines(self) -> frozenset[str]:
        """R11: those that it diverts to, and that may hand over what is no emergency."""
        diverting = (rule for rule in self.rules if rule.outcome is Outcome.DIVERT)
        return frozenset(line for rule in diverting for line in rule.lines)

    def decide(self, case: Case) -> Decision:
        """The first rule that fits decides; where none does, the matter is accepted."""
        held = [r for r, h in zip(self.rules, self.conditions(case), strict=True) if h]
        fitting = [r for r in held if r.outcome is not Outcome.LINK or r.link_for(case)]
        matched = tuple(dict.fromkeys(r.rule for r in fitting))
        return self._decision(fitting[0], case, matched) if fitting else self._accepted(case)

    def _accepted(self, case: Case) -> Decision:
        parts = [self.accepted]
        parts += [self.accepted_barred] if case.barred_unit else []
        parts += [self.accepted_related] if case.related else []
        text = Words("".join(p.zh for p in parts), " ".join(p.en for p in parts))
        return Decision(Outcome.ACCEPT, reason=text.filled(*self._values(case, "")))

    def _decision(self, rule: Rule, case: Case, matched: tuple[str, ...]) -> Decision:
        to = _target(rule, case)
        values = self._values(case, to)
        return Decision(
            outcome=rule.outcome,
            rule=rule.rule,
            number=rule.number,
            matched=matched,
            to=to,
            missing=case.facts.missing if rule.outcome is Outcome.ASK else (),
            reason=rule.reason.filled(*values),
            right_place=rule.place_for(case).filled(*values),
        )

    def _values(self, case: Case, to: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What the words may name, in Chinese and in English."""
        stated = _stated(case, to)
        if not case.facts.missing:
            return stated, stated
        named = [self.elements.get(e, Words(e, e)) for e in case.facts.missing]
        zh, en = "、".join(e.zh for e in named), ", ".join(e.en for e in named)
        return stated | {"missing": zh}, stated | {"missing": en}


def _target(rule: Rule, case: Case) -> str:
    match rule.outcome:
        case Outcome.DIVERT:
            return rule.line_for(case.facts.emergency_line)
        case Outcome.TRANSFER:
            return case.facts.sub_centre
        case Outcome.LINK:
            return rule.link_for(case)
        case Outcome.ANSWER:
            return case.facts.kb_answer
        case _:
            return ""


# What the words of a rule may name.
PLACEHOLDERS = frozenset({"to", "duty_unit", "about_unit", "other_ground", "missing", "related"})


def _stated(case: Case, to: str) -> dict[str, str]:
    facts = case.facts
    return {
        "to": to,
        "duty_unit": facts.duty_unit,
        "about_unit": facts.about_unit,
        "other_ground": facts.other_ground,
        "missing": "",
        "related": ", ".join(case.related),
    }
