"""The shipped rule sets, asked about one matter."""

from __future__ import annotations

from typing import Any

from services.intake.adapters.rule_sets import load_rules
from services.intake.domain.matter import Case, Earlier, Kind, MatterFacts, Progress, Supplement
from services.intake.domain.rules import Decision, Outcome

SUZHOU, TRIAL = "suzhou", "trial-measures"
BOTH = (SUZHOU, TRIAL)
SETS = {name: load_rules(name) for name in (*BOTH, "nyc")}
NO, REFUSE = Outcome.ACCEPT, Outcome.REFUSE
PROCEDURES = ("litigation", "arbitration", "administrative_review")
HANDLING, HANDLED, NOT = Progress.BEING_HANDLED, Progress.HANDLED, Progress.NOT_HANDLED


def decide(
    name: str,
    kind: Kind = Kind.COMPLAINT,
    earlier: tuple[Earlier, ...] = (),
    supplement: Supplement = Supplement.NONE,
    **facts: Any,
) -> Decision:
    return SETS[name].decide(Case(kind, MatterFacts(**facts), earlier, supplement))


def same(
    progress: Progress, *, caller: bool = True, matter: bool = True, new: bool = False, n: int = 1
) -> tuple[Earlier, ...]:
    return (Earlier(f"T{n}", progress, caller, matter, new),)


def told(decision: Decision) -> tuple[Outcome, str, int]:
    return decision.outcome, decision.rule, decision.number
