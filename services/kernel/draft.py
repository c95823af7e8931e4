"""What one batch wants to append to one stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from services.kernel.codec import Codec
from services.kernel.decider import Decider, Rejection
from services.kernel.facts import Append, Appended, CommandKey, Fact, NewFact
from services.kernel.imports import Standing, require_own

MOST_FACT = 262_144  # bytes of a fact that a command brings


class TooLarge(Rejection):
    """What the command says is, all together, more than one fact may carry.

    The broker takes four times as much: a fact comes with headers, and what others make of it, such
    as JSON for a department, may be larger than itself. What no topic takes would hold up all the
    facts behind it.
    """

    status = 413


class Draft:
    """Decides in memory against the state that the stream had at `base`."""

    __slots__ = ("base", "bucket", "commands", "facts", "live_from", "standing", "state", "ticket")

    def __init__(self, bucket: int, ticket: str, state: Any, version: int) -> None:
        self.bucket, self.ticket, self.state, self.base = bucket, ticket, state, version
        self.facts: list[NewFact] = []
        self.live_from: datetime | None = None
        self.standing: Standing | None = None  # what an import is held to
        self.commands: list[CommandKey] = []

    @property
    def version(self) -> int:
        return self.base + len(self.facts)

    def decide(
        self,
        command: Any,
        decider: Decider[Any, Any, Any],
        codec: Codec,
        metadata: Mapping[str, str],
        *,
        live: bool,
        largest: int | None = None,
    ) -> Sequence[Any]:
        """Run one command; its events stand in the draft. Raises Rejection, draft unchanged;
        TooLarge where a fact would have more bytes than the `largest` may.

        An event dated before its command is a due instant that the command found passed: a
        timer's fact, of which watermarks do not speak.
        """
        if self.standing is not None and not live:
            last_at = self.facts[-1].time if self.facts else self.standing.last_at
            require_own(metadata.get("import_id", ""), command.at, self.standing, last_at)
        events = decider.decide(command, self.state)
        if events:
            packed = orjson.dumps(metadata)
            facts = [codec.encode(event, packed) for event in events]
            for fact in facts:
                if largest is not None and len(fact.data) > largest:
                    raise TooLarge(f"{largest} bytes")
            self.facts += facts
            for event in events:
                self.state = decider.evolve(self.state, event)
                at = event.at
                if live and at >= command.at and (self.live_from is None or at < self.live_from):
                    self.live_from = at
        return events

    def append(self) -> Append:
        return Append(
            self.bucket, self.ticket, self.base, self.facts, self.live_from, self.commands
        )

    def committed(self, codec: Codec, outcome: Appended) -> list[Fact]:
        """The facts as they stand in the ledger now."""
        facts: list[Fact] = []
        packed, told = b"", ("",) * 5
        for k, new in enumerate(self.facts):
            if new.metadata is not packed:  # those of one command share it
                packed = new.metadata
                told = _told(packed)
            fact = Fact(
                codec.source,
                self.bucket,
                outcome.position + k,
                self.ticket,
                self.base + k + 1,
                new.type,
                new.data,
                new.time,
                outcome.recorded_at,
                codec.stages.get(new.type, ""),
                *told,
            )
            facts.append(fact)
        return facts


def _told(metadata: bytes) -> tuple[str, str, str, str, str]:
    """In the order of a fact's fields: names would cost as much again as the fact itself."""
    get = orjson.loads(metadata).get
    return (
        get("import_id", ""),
        get("command_id", ""),
        get("causation", ""),
        get("by", ""),
        get("traceparent", ""),
    )
