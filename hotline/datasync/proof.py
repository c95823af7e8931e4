"""Prove that a department's feed is whole (R36): recompute its chain from what was received.

This imports nothing of the service that made the chain, so that an error there does not hide
here. It needs the standard library only. `entries` are those of a pull, of SSE or of webhooks,
`answer` is the JSON of `GET /v1/feeds/{subscription}/proof`:

    proof = verify_chain(map(Received.from_json, entries), proof_heads(answer))
    assert proof.ok, proof.first_broken

It proves that no entry is missing, exchanged or out of order. What a rule masked is served in
another form than the digest was made of, so it says nothing of the served `data` itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = bytes(32)
Feed = tuple[str, int]  # subscription, bucket
Head = tuple[int, bytes]  # sequence, chain


@dataclass(frozen=True, slots=True)
class Received:
    """The envelope of one entry: all that the proof needs, whatever was masked."""

    subscription: str
    bucket: int
    sequence: int
    event_id: str
    digest: bytes
    rule_version: str
    chain: bytes

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Received:
        """An entry of a webhook, an SSE event or a pull answer. Raises KeyError, ValueError."""
        return cls(
            entry["subscription"],
            entry["bucket"],
            entry["sequence"],
            entry["event_id"],
            bytes.fromhex(entry["digest"]),
            entry["rule_version"],
            bytes.fromhex(entry["chain"]),
        )

    @classmethod
    def from_message(cls, entry: Any) -> Received:
        """A `hotline.datasync.v1.FeedEntry` of the department's topic."""
        return cls(
            entry.subscription,
            entry.bucket,
            entry.sequence,
            entry.event_id,
            entry.digest,
            entry.rule_version,
            entry.chain,
        )


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place of a feed that does not hold, and why."""

    subscription: str
    bucket: int
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """`entries` counts what was proven, repeats left out; `heads` is where each feed ends."""

    entries: int
    heads: Mapping[Feed, Head]
    first_broken: Broken | None = None

    @property
    def ok(self) -> bool:
        return self.first_broken is None

    def __str__(self) -> str:
        if self.first_broken is None:
            return "ok"
        b = self.first_broken
        return f"{b.subscription} bucket {b.bucket} sequence {b.sequence}: {b.reason}"


def verify_chain(
    entries: Iterable[Received],
    heads: Mapping[Feed, Head] | None = None,
    *,
    after: Mapping[Feed, Head] | None = None,
) -> Proof:
    """Whether the entries are whole and unchanged, in whatever order they came.

    `heads` is what the proof route answered: with it a missing end is found too. `after` goes on
    from heads that were proven before, else every feed begins at sequence 1. An entry that came
    more than once counts once, if it is the same.
    """
    feeds: dict[Feed, list[Received]] = {}
    for entry in entries:
        feeds.setdefault((entry.subscription, entry.bucket), []).append(entry)
    begun = after or {}
    ends, count = dict(begun), 0
    for feed in sorted({*feeds, *(heads or {})}):
        received = feeds.get(feed, [])
        end, proven, broken = _walk(feed, received, begun.get(feed, (0, GENESIS)))
        count += proven
        ends[feed] = end
        if broken is None and heads is not None and feed in heads:
            broken = _otherwise(feed, {end[0]: end[1]}, received, heads[feed])
        if broken is not None:
            return Proof(count, ends, broken)
    return Proof(count, ends)


def proof_heads(answer: Mapping[str, Any]) -> dict[Feed, Head]:
    """`heads` from the JSON answer of `GET /v1/feeds/{subscription}/proof`."""
    return {
        (answer["subscription"], head["bucket"]): (head["sequence"], bytes.fromhex(head["chain"]))
        for head in answer["heads"]
    }


def _walk(feed: Feed, entries: list[Received], start: Head) -> tuple[Head, int, Broken | None]:
    sequence, chain = start
    last: Received | None = None
    proven = 0
    for entry in sorted(entries, key=lambda e: e.sequence):
        if entry.sequence <= start[0] or entry == last:
            continue
        reason = _fault(sequence, chain, entry)
        if reason:
            at = min(entry.sequence, sequence + 1)
            return (sequence, chain), proven, Broken(*feed, at, reason)
        sequence, chain, last = entry.sequence, entry.chain, entry
        proven += 1
    return (sequence, chain), proven, None


def _fault(sequence: int, chain: bytes, entry: Received) -> str:
    if entry.sequence == sequence:
        return "two different entries have this sequence"
    if entry.sequence != sequence + 1:
        return f"missing: the next one received is {entry.sequence}"
    if _link(chain, entry) != entry.chain:
        return "the chain does not follow: an entry was changed, exchanged or removed"
    return ""


def _otherwise(
    feed: Feed, ends: dict[int, bytes], received: list[Received], head: Head
) -> Broken | None:
    """What the service's head says against a chain that holds by itself.

    Entries behind the head came after the proof was asked for: they are no fault.
    """
    chains = {entry.sequence: entry.chain for entry in received} | ends
    if max(chains) < head[0]:
        return Broken(*feed, max(chains) + 1, f"missing: the feed goes on to {head[0]}")
    if chains.get(head[0], head[1]) != head[1]:
        return Broken(*feed, head[0], "the chain is not the service's")
    return None


def _link(previous: bytes, entry: Received) -> bytes:
    """SHA-256 over the parts, each preceded by its length in four bytes, big-endian."""
    parts = (
        previous,
        entry.sequence.to_bytes(8, "big"),
        entry.event_id.encode(),
        entry.digest,
        entry.rule_version.encode(),
    )
    return hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).digest()
