"""By which policy and calendar: those in effect at the instant of the command or fact.

A clock keeps the length that it started with, whatever takes effect later: what was used up stays
used up. Its acts, warnings and ladder are those of the policy in effect when they happen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.policy import Policy

Rulebook = Callable[[datetime], tuple[Policy, Calendar]]


def always(policy: Policy, calendar: Calendar) -> Rulebook:
    """The same at any time."""
    return lambda _: (policy, calendar)


def at_start(rules: Rulebook, clock: str, started_at: datetime, at: datetime) -> Policy:
    """The policy in effect when the clock started, whenever that is heard of (R27).

    That of `at` where the one before did not know such a clock.
    """
    policy, _ = rules(started_at)
    return policy if clock in policy.rows else rules(at)[0]
