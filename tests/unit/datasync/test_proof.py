"""A department can prove that it has everything, and finds what is wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.datasync.proof import Head, Received, proof_heads, verify_chain
from services.datasync.domain.feed import GENESIS, link


def chain(length: int, subscription: str = "dot", bucket: int = 0) -> list[Received]:
    """As the service makes it, by the service's own `link`."""
    previous, entries = GENESIS, []
    for sequence in range(1, length + 1):
        digest = bytes([sequence % 256]) * 32
        event_id = f"dispatch/T{sequence % 3}/{sequence}"
        previous = link(previous, sequence, event_id, digest, "nyc/1/lead-unit")
        entries.append(
            Received(subscription, bucket, sequence, event_id, digest, "nyc/1/lead-unit", previous)
        )
    return entries


def head(entries: list[Received]) -> dict[tuple[str, int], Head]:
    last = entries[-1]
    return {(last.subscription, last.bucket): (last.sequence, last.chain)}


def test_a_whole_feed_is_proven() -> None:
    entries = chain(20)
    proof = verify_chain(entries, head(entries))
    assert proof.ok
    assert (proof.entries, str(proof), proof.heads) == (20, "ok", head(entries))


def test_feeds_of_several_buckets_are_proven_each_by_itself() -> None:
    one, two = chain(5, bucket=1), chain(7, bucket=2)
    assert verify_chain(one + two, head(one) | head(two)).entries == 12


def test_a_feed_that_was_never_received_is_missing() -> None:
    broken = verify_chain([], head(chain(3))).first_broken
    assert broken is not None
    assert (broken.sequence, broken.reason) == (1, "missing: the feed goes on to 3")


@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_order_of_arrival_and_repeats_do_not_matter(length: int, rng: random.Random) -> None:
    entries = chain(length)
    arrived = entries + rng.choices(entries, k=5)
    rng.shuffle(arrived)
    assert verify_chain(arrived, head(entries)).ok


@given(st.data())
def test_a_dropped_entry_is_found_where_it_is_missing(data: st.DataObject) -> None:
    entries = chain(data.draw(st.integers(1, 30)))
    index = data.draw(st.integers(0, len(entries) - 1))
    broken = verify_chain(entries[:index] + entries[index + 1 :], head(entries)).first_broken
    assert broken is not None
    assert broken.sequence == index + 1


@given(st.data())
def test_two_exchanged_entries_are_found(data: st.DataObject) -> None:
    entries = chain(data.draw(st.integers(2, 30)))
    a = data.draw(st.integers(0, len(entries) - 2))
    b = data.draw(st.integers(a + 1, len(entries) - 1))
    one, two = entries[a], entries[b]
    entries[a], entries[b] = replace(two, sequence=a + 1), replace(one, sequence=b + 1)
    broken = verify_chain(entries).first_broken
    assert broken is not None
    assert broken.sequence == a + 1


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "dispatch/T9/9"},
        {"digest": bytes(32)},
        {"rule_version": "nyc/2/lead-unit"},
        {"chain": bytes(32)},
    ],
)
def test_a_changed_entry_is_found(change: dict[str, str | bytes]) -> None:
    entries = chain(9)
    entries[4] = replace(entries[4], **change)  # type: ignore[arg-type]
    broken = verify_chain(entries).first_broken
    assert broken is not None
    assert broken.sequence == 5


def test_one_sequence_with_two_contents_is_found() -> None:
    entries = chain(9)
    forged = replace(entries[4], digest=bytes(32))
    broken = verify_chain([*entries, forged]).first_broken
    assert broken is not None
    assert broken.sequence == 5


def test_a_chain_that_holds_by_itself_but_is_not_the_services_is_found() -> None:
    entries = chain(9)
    for longer in (entries, chain(12)):
        broken = verify_chain(longer, {("dot", 0): (9, bytes(32))}).first_broken
        assert broken is not None
        assert (broken.sequence, broken.reason) == (9, "the chain is not the service's")


def test_entries_that_came_after_the_proof_was_asked_for_are_no_fault() -> None:
    assert verify_chain(chain(12), head(chain(9))).ok


def test_a_proof_goes_on_from_where_the_last_one_ended() -> None:
    entries = chain(12)
    first = verify_chain(entries[:8])
    second = verify_chain(entries[8:], head(entries), after=first.heads)
    assert (second.ok, second.entries) == (True, 4)
    assert not verify_chain(entries[9:], head(entries), after=first.heads).ok


def test_entries_and_heads_are_read_from_the_services_json() -> None:
    entry = chain(1)[0]
    document = {
        "subscription": "dot",
        "bucket": 0,
        "sequence": 1,
        "event_id": entry.event_id,
        "digest": entry.digest.hex(),
        "rule_version": entry.rule_version,
        "chain": entry.chain.hex(),
        "data": {},
    }
    answer = {
        "subscription": "dot",
        "heads": [{"bucket": 0, "sequence": 1, "chain": entry.chain.hex()}],
    }
    assert Received.from_json(document) == entry
    assert proof_heads(answer) == head([entry])
