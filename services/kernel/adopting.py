"""A forked bucket goes on: the log, which everybody has read, is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.kernel import names
from services.kernel.bus import Bus, Record
from services.kernel.facts import Fact
from services.kernel.healing import own_facts
from services.kernel.healing_pg import HealingLedger
from services.kernel.scanning import scan
from services.kernel.store_pg import PostgresStore

PAGE = 1_000


class NotForked(Exception):
    """There is nothing to adopt."""


class AdoptRefused(Exception):
    """The log contradicts itself."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """The bucket's incarnation from now on. `adopted` facts came from the log; of ours that gave
    way `moved` stand behind them now, `disowned` contradict them and are kept in the vault."""

    incarnation: int
    adopted: int
    moved: int
    disowned: int


async def adopt(store: PostgresStore, bus: Bus, bucket: int) -> Adopted:
    """Make the ledger of a forked bucket what the log is, under its next incarnation.

    Raises NotForked, AdoptRefused, BusUnavailable, StoreUnavailable.
    """
    ledger = HealingLedger(store)
    topic = names.topic_of(store.namespace, names.TICKETS)
    async with ledger.alone():
        if bucket not in await ledger.forked():
            raise NotForked(f"Bucket {bucket} of {store.service} is not forked.")
        marks = await store.marks()
        theirs = await _accepted(bus, topic, store.service, bucket)
        _require_versions(theirs)
        rows = await _ours(store, bucket)
        new = [fact for fact, _ in theirs if _differs(fact, rows)]
        new_at = {fact.position for fact in new}
        gone = [f for p, f in sorted(rows.items()) if p in new_at or p > len(theirs)]
        again = _following(gone, theirs)
        adopted = await ledger.adopt(bucket, [f.position for f in gone], [*new, *again])
        keyed = (topic, names.topic_of(store.namespace, names.COMMANDS))
        await store.claim([(name, bucket) for name in keyed])
    assert adopted == marks[bucket].incarnation + 1
    return Adopted(adopted, len(new), len(again), len(gone) - len(again))


async def _accepted(bus: Bus, topic: str, service: str, bucket: int) -> list[tuple[Fact, Record]]:
    """The service's facts as consumers applied them: the first at each expected position."""
    found: list[tuple[Fact, Record]] = []
    incarnations: dict[int, dict[str, int]] = {bucket: {}}
    async for records in scan(bus, topic, {bucket: 0}):
        for fact, record in own_facts(records, service, incarnations).get(bucket, ()):
            if fact.position == len(found) + 1:
                found.append((fact, record))
    return found


async def _ours(store: PostgresStore, bucket: int) -> dict[int, Fact]:
    found: dict[int, Fact] = {}
    while facts := await store.page(bucket, max(found, default=0) + 1, PAGE):
        found.update({fact.position: fact for fact in facts})
    return found


def _differs(fact: Fact, rows: Mapping[int, Fact]) -> bool:
    mine = rows.get(fact.position)
    if mine is None:
        return True
    same = replace(mine, stage=fact.stage, offset=fact.offset, broker_time=fact.broker_time)
    return same != fact


def _following(gone: Sequence[Fact], theirs: Sequence[tuple[Fact, Record]]) -> list[Fact]:
    """Those of ours that the log does not contradict, at new positions behind it."""
    last = {fact.ticket: fact.version for fact, _ in theirs}
    upcoming, found = len(theirs) + 1, list[Fact]()
    for fact in gone:
        if fact.version == last.get(fact.ticket, 0) + 1:
            last[fact.ticket] = fact.version
            found.append(replace(fact, position=upcoming + len(found)))
    return found


def _require_versions(facts: Sequence[tuple[Fact, Record]]) -> None:
    """Two facts cannot be the same version of a ticket; a gap can be lived with."""
    seen: set[tuple[str, int]] = set()
    for fact, _ in facts:
        if (fact.ticket, fact.version) in seen:
            raise AdoptRefused(
                f"Position {fact.position} of the log repeats version {fact.version} of "
                f"{fact.ticket}: no ledger can hold both; the topic has to be repaired first."
            )
        seen.add((fact.ticket, fact.version))
