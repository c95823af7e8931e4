"""What a caller may read: staff everything, a department what its subscriptions are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import EVER, Reach
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import feed_of
from services.datasync.domain.sharing import FieldClass, Grants, Rule, Shown, Subscription


def reach_of(subscriptions: Iterable[Subscription]) -> list[Reach]:
    """The rules of the subscriptions as the list's query takes them.

    A row tells the state and the title of a ticket, so only rules that share whole tickets count;
    what a narrower rule shares is read in the feed and in the ticket file.
    """
    return [
        Reach(rule.role, s.department, s.level, s.since or EVER, category, area)
        for s in subscriptions
        for rule in s.rules
        if _shares_whole_tickets(rule)
        for category in rule.categories or ("",)
        for area in rule.areas or ("",)
    ]


def _shares_whole_tickets(rule: Rule) -> bool:
    narrowed = rule.types or rule.stages or rule.omit
    return not narrowed and rule.fields.get(FieldClass.INTERNAL) is Shown.PLAIN


def visible(
    grants: Grants,
    serving: Serving,
    subscriptions: Sequence[Subscription],
    facts: Sequence[Fact],
) -> list[Fact]:
    """The facts of one ticket that were given to the subscriptions, masked, in topic order.

    A fact that several subscriptions were given is shown under the first one's rule.
    """
    shown: dict[str, Fact] = {}
    for subscription in subscriptions:
        given = feed_of(grants, subscription.id, facts)
        for fact in serving.given_facts(given):
            shown.setdefault(fact.event_id, fact)
    return [shown[f.event_id] for f in facts if f.event_id in shown]
