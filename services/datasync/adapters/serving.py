"""What a department receives of a feed entry: masked by its rule, as protobuf or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from hotline.datasync.v1.feed_pb2 import FeedEntry
from services.datasync.adapters.events import classes, parse
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Given
from services.datasync.domain.masking import hidden, opened
from services.datasync.domain.sharing import REDACTION, Rule, Sharing
from services.kernel.codec import put_datetime, rfc3339


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed field, as it stands in the fact that brought the person."""

    ticket: str
    person_id: str
    field: str
    data: bytes


class Unopened(Exception):
    """Intake does not open the fields now: they are served sealed."""


class Opener(Protocol):
    """Asks intake to open sealed fields, for a purpose, leaving a record there."""

    async def open(self, fields: Sequence[Sealed], purpose: str) -> list[str | None]:
        """The plain texts in the same order; None where one is lost for ever. Raises Unopened."""


class _Mask(NamedTuple):
    """The fields of an event that are left out, and the sealed ones that are opened."""

    hidden: frozenset[str]
    opened: tuple[str, ...]


class Serving:
    """One version of the sharing rules, applied to what leaves the house.

    Rules are looked up by the id that an entry names: a rule that was tightened since masks
    more, one that was withdrawn leaves the envelope only.
    """

    def __init__(self, sharing: Sharing, opener: Opener | None = None) -> None:
        named = {rule.id: rule for s in sharing.subscriptions for rule in s.rules}
        self._rules = {**named, REDACTION.id: REDACTION}
        self._opener = opener
        self._whole: dict[tuple[str, str], bool] = {}
        self._masks: dict[tuple[str, str, bool], _Mask] = {}

    def message(self, entry: Entry) -> bytes:
        """The entry as a FeedEntry, personal fields sealed or left out."""
        fact = entry.fact
        message = FeedEntry()
        message.subscription = entry.subscription
        message.bucket = entry.bucket
        message.sequence = entry.sequence
        message.event_id = fact.event_id
        message.type = fact.type
        message.ticket_id = fact.ticket
        message.digest = fact.digest
        message.rule_version = entry.rule_version
        message.chain = entry.chain
        message.data = self._body(entry)
        put_datetime(message.time, fact.time)
        return message.SerializeToString(deterministic=True)

    async def json(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """Entries of one feed with their events as JSON; sealed fields in plain where the rule
        says so and intake opens them now."""
        served = [self._json(entry) for entry in entries]
        if self._opener is not None:
            await self._open(entries, served)
        return served

    def given_facts(self, given: Sequence[Given]) -> list[Fact]:
        """The facts of a feed with what their rules hide left out."""
        return [
            Fact(
                g.fact.source,
                g.fact.ticket,
                g.fact.version,
                g.fact.position,
                g.fact.type,
                g.fact.time,
                g.fact.stage,
                _without(g.fact.data, hidden(g.rule, classes(g.fact.type), _is_unnamed(g.fact))),
            )
            for g in given
        ]

    def _rule(self, entry: Entry) -> Rule | None:
        return self._rules.get(entry.rule_version.rpartition("/")[2])

    def _body(self, entry: Entry) -> bytes:
        fact = entry.fact
        key = (entry.rule_version, fact.type)
        whole = self._whole.get(key)
        if whole is None:
            whole = self._whole[key] = self._hides_nothing(entry)
        return fact.body if whole else self._masked_body(entry)

    def _hides_nothing(self, entry: Entry) -> bool:
        rule, fields = self._rule(entry), classes(entry.fact.type)
        return bool(fields) and not any(hidden(rule, fields, named) for named in (True, False))

    def _masked_body(self, entry: Entry) -> bytes:
        """An event that cannot be read cannot be masked, so nothing of it is shown."""
        fact = entry.fact
        message = parse(fact.type, fact.body)
        if message is None:
            return b""
        message.DiscardUnknownFields()
        for name in self._mask(entry).hidden:
            message.ClearField(name)
        return message.SerializeToString(deterministic=True)

    def _mask(self, entry: Entry) -> _Mask:
        key = entry.rule_version, entry.fact.type, _is_unnamed(entry.fact)
        if (mask := self._masks.get(key)) is None:
            of = self._rule(entry), classes(key[1]), key[2]
            mask = self._masks[key] = _Mask(hidden(*of), tuple(sorted(opened(*of))))
        return mask

    def _json(self, entry: Entry) -> dict[str, Any]:
        fact = entry.fact
        return {
            "subscription": entry.subscription,
            "bucket": entry.bucket,
            "sequence": entry.sequence,
            "event_id": fact.event_id,
            "type": fact.type,
            "stage": fact.stage,
            "ticket_id": fact.ticket,
            "time": rfc3339(fact.time),
            "digest": fact.digest.hex(),
            "rule_version": entry.rule_version,
            "chain": entry.chain.hex(),
            "data": _without(fact.data, self._mask(entry).hidden),
        }

    async def _open(self, entries: Sequence[Entry], served: list[dict[str, Any]]) -> None:
        places: list[tuple[dict[str, Any], str]] = []
        asked: list[Sealed] = []
        for entry, document in zip(entries, served, strict=True):
            fact, data = entry.fact, document["data"]
            for name in self._mask(entry).opened:
                if data.get(name):
                    places.append((data, name))
                    asked.append(self._sealed(fact, name))
        if asked and self._opener is not None:
            try:
                texts = await self._opener.open(asked, f"sharing with {entries[0].subscription}")
            except Unopened:
                return
            for (data, name), text in zip(places, texts, strict=True):
                data[name] = text

    @staticmethod
    def _sealed(fact: Fact, name: str) -> Sealed:
        body: bytes = getattr(parse(fact.type, fact.body), name)
        return Sealed(fact.ticket, fact.data.get("person_id", ""), name, body)


def _is_unnamed(fact: Fact) -> bool:
    """Whether the caller asked to stay unnamed."""
    return bool(fact.data.get("confidential"))


def _without(data: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
