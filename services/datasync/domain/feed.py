"""A feed: which facts a subscription is given, in which order, chained so that it can be proven.

One feed per (subscription, bucket): a dense sequence from 1 and a chain of SHA-256 (R36). The
order is that of the topic, but for one thing: a department that becomes entitled to a ticket is
first given the ticket's earlier facts, then the one that entitled it: snapshot, then live.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.datasync.domain.facts import Fact
from services.datasync.domain.sharing import (
    FORGOTTEN,
    NOBODY,
    Granted,
    Grants,
    Rule,
    Subscription,
)
from services.datasync.domain.views import Summary, summarise
from services.kernel.decider import Value

GENESIS = bytes(32)
_OF_8, _OF_32 = (length.to_bytes(4, "big") for length in (8, 32))


@dataclass(slots=True)
class Given:
    """A fact that goes into a subscription's feed, and the rule under which it does."""

    subscription: Subscription
    rule: Rule
    fact: Fact


class Head(Value):
    """The end of one feed: the last sequence and the chain up to it."""

    sequence: int = 0
    chain: bytes = GENESIS


@dataclass(slots=True)
class Entry:
    """One entry of a feed, with the event that it refers to."""

    subscription: str
    bucket: int
    sequence: int
    rule_version: str
    chain: bytes
    fact: Fact


def link(previous: bytes, sequence: int, event_id: str, digest: bytes, rule_version: str) -> bytes:
    """The next chain value: SHA-256 over the parts, each preceded by its length in 4 bytes.

    The sequence is 8 bytes, big-endian; texts are UTF-8. It does not depend on what is masked.
    """
    name, version = event_id.encode(), rule_version.encode()
    return hashlib.sha256(
        b"".join(
            (
                _OF_32,
                previous,
                _OF_8,
                sequence.to_bytes(8, "big"),
                len(name).to_bytes(4, "big"),
                name,
                _OF_32,
                digest,
                len(version).to_bytes(4, "big"),
                version,
            )
        )
    ).digest()


def chained(head: Head, bucket: int, given: Iterable[tuple[Given, str]]) -> list[Entry]:
    """Entries that follow `head`; each given fact comes with its rule version."""
    sequence, chain = head.sequence, head.chain
    entries = []
    for item, rule_version in given:
        fact, sequence = item.fact, sequence + 1
        chain = link(chain, sequence, fact.event_id, fact.digest, rule_version)
        entries.append(Entry(item.subscription.id, bucket, sequence, rule_version, chain, fact))
    return entries


def granted(grants: Grants, row: Summary | None, fact: Fact) -> Granted:
    """Who is entitled to the fact, the ticket's row being so: to that a person was forgotten,
    everybody, for anybody may keep what is to be deleted now (R35)."""
    if fact.type == FORGOTTEN:
        return grants.everybody
    return NOBODY if row is None else grants.of(row.audience)


def widens(before: Granted, after: Granted) -> bool:
    """Whether somebody is entitled now who was not, so that the earlier facts are needed."""
    return after is not before and any(_gained(before, key, after[key][1]) for key in after)


def give(before: Granted, after: Granted, fact: Fact, earlier: Sequence[Given]) -> list[Given]:
    """What the fact brings to the feeds of all subscriptions.

    Who was entitled until now still gets the fact that ends it. `earlier` is what the ticket's
    facts so far leave to be given (`catch_up`) where the entitlement `widens`, else empty.
    """
    if after is before:
        return _give_live(after, fact)
    given = list(earlier)
    for key in sorted({*before, *after}):
        subscription, rules = _either(before, after, key)
        rule = subscription.rule_for(rules, fact)
        if rule is not None:
            given.append(Given(subscription, rule, fact))
    return given


def catch_up(
    grants: Grants, before: Granted, after: Granted, earlier: Sequence[Fact]
) -> list[Given]:
    """The earlier facts that newly entitled subscriptions have not been given yet, in order."""
    given = []
    for key, (subscription, rules) in after.items():
        if _gained(before, key, rules):
            _, rules = _either(before, after, key)
            for fact in _not_given(grants, key, earlier):
                rule = subscription.rule_for(rules, fact)
                if rule is not None:
                    given.append(Given(subscription, rule, fact))
    return given


def feed_of(grants: Grants, subscription: str, facts: Iterable[Fact]) -> list[Given]:
    """All that a subscription is given of one ticket with these facts, in order."""
    return _replay(grants, subscription, facts)[0]


def _not_given(grants: Grants, subscription: str, facts: Iterable[Fact]) -> list[Fact]:
    return _replay(grants, subscription, facts)[1]


def _replay(
    grants: Grants, subscription: str, facts: Iterable[Fact]
) -> tuple[list[Given], list[Fact]]:
    """(given, held back) after all these facts of one ticket."""
    given: list[Given] = []
    held: list[Fact] = []
    row: Summary | None = None
    for fact in facts:
        before, new = granted(grants, row, fact), summarise(row, fact)
        after = before if new is row else granted(grants, new, fact)
        row = new
        held.append(fact)
        if subscription in before or subscription in after:
            owner, rules = _either(before, after, subscription)
            now, held = held, []
            for waiting in now:
                rule = owner.rule_for(rules, waiting)
                if rule is None:
                    held.append(waiting)
                else:
                    given.append(Given(owner, rule, waiting))
    return given, held


def _give_live(granted_now: Granted, fact: Fact) -> list[Given]:
    given = []
    for subscription, rules in granted_now.values():
        rule = subscription.rule_for(rules, fact)
        if rule is not None:
            given.append(Given(subscription, rule, fact))
    return given


def _gained(before: Granted, key: str, rules: tuple[Rule, ...]) -> bool:
    return key not in before or any(rule not in before[key][1] for rule in rules)


def _either(before: Granted, after: Granted, key: str) -> tuple[Subscription, tuple[Rule, ...]]:
    """The subscription with the rules that grant before or after, in its own order."""
    if after is before:
        return after[key]
    subscription = (after.get(key) or before[key])[0]
    rules = (*before.get(key, (None, ()))[1], *after.get(key, (None, ()))[1])
    return subscription, tuple(rule for rule in subscription.rules if rule in rules)
