"""Commands over HTTP: load, decide, append, answer. Any process may do it for any ticket."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from services.kernel.clock import Clock
from services.kernel.commands import Answer, decide_command, kept_hash, repeated_answer
from services.kernel.draft import Draft
from services.kernel.facts import Appended, CommandKey, Conflict, Repeated, TooLate
from services.kernel.measure import Meter
from services.kernel.names import bucket_of, full_position
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import Store
from services.kernel.writer import Writer

ATTEMPTS = 3
HEARD_S, LOOK_AGAIN_S = 1.0, 0.1


class Busy(Exception):
    """The command could not be recorded in time; nothing was written."""


class VersionMismatch(Exception):
    """If-Match names another version than the stream has; `version` is the current one."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class Performer:
    """`kept` is told of what was committed: caches and relay."""

    def __init__(
        self,
        service: Service,
        store: Store,
        states: States,
        writer: Writer,
        clock: Clock,
        meter: Meter,
        buckets: int,
        kept: Callable[[list[tuple[Draft, Appended]]], None],
    ) -> None:
        self._service, self._store, self._states = service, store, states
        self._writer, self._clock, self._meter = writer, clock, meter
        self._buckets, self._kept = buckets, kept

    async def perform(
        self,
        ticket: str,
        command: Any,
        *,
        sender: str,
        key: str,
        body_hash: bytes,
        meta: dict[str, str],
        if_match: int | None = None,
        extra: dict[str, Any] | None = None,
        new: bool = False,
    ) -> Answer:
        """The outcome of a command; a repeat gets the stored one. A `new` ticket is not looked up;
        of one that nobody has heard of, the first fact is waited for: it may be on its way here.

        Raises Busy, VersionMismatch, Overloaded, StoreUnavailable.
        """

        def decided(state: Any, version: int) -> tuple[Draft, CommandKey]:
            draft = Draft(bucket_of(ticket, self._buckets), ticket, state, version)
            stored = CommandKey(sender, key, kept_hash(self._service, body_hash), 0, b"")
            live = not meta.get("import_id")
            decide_command(
                self._service, draft, command, stored, meta, live=live, extra=extra or {}
            )
            return draft, stored

        for attempt in range(ATTEMPTS):
            fresh = new and not attempt
            state, version = self._states.unknown if fresh else await self._states.one(ticket)
            if if_match is not None and if_match != version:
                known = await self._store.answers([(sender, key)])
                if known:
                    return self._repeated(body_hash, known[sender, key])
                state, version = await self._at(ticket, if_match)
            draft, stored = decided(state, version)
            if stored.status == HTTPStatus.NOT_FOUND and version == 0:
                draft, stored = decided(*await self._heard_of(ticket))
            outcome = await self._writer.append(draft.append())
            match outcome:
                case Appended():
                    return self._done(draft, stored, outcome)
                case Repeated():
                    return self._repeated(body_hash, outcome)
                case TooLate():
                    raise Busy("it took longer than the grace")
                case Conflict():
                    self._meter.conflicts(1)
                    self._states.evict([ticket])
        raise Busy("the ticket is changing too fast")

    async def _at(self, ticket: str, wanted: int) -> tuple[Any, int]:
        """The state at the version that another process may have recorded."""
        state, version = await self._states.anew(ticket)
        if version != wanted:
            raise VersionMismatch(version)
        return state, version

    async def _heard_of(self, ticket: str) -> tuple[Any, int]:
        """The ticket's state once it has one, or after a second without."""
        give_up = self._clock.now().timestamp() + HEARD_S
        state, version = await self._states.anew(ticket)
        while version == 0 and self._clock.now().timestamp() < give_up:
            await self._clock.sleep(LOOK_AGAIN_S)
            state, version = await self._states.anew(ticket)
        return state, version

    def _done(self, draft: Draft, stored: CommandKey, outcome: Appended) -> Answer:
        self._kept([(draft, outcome)])
        self._meter.command("http", stored.status)
        position = None
        if draft.facts:
            last = outcome.position + len(draft.facts) - 1
            position = full_position(self._service.name, draft.bucket, last)
        return Answer(stored.status, stored.body, draft.version, position)

    def _repeated(self, body_hash: bytes, known: Repeated) -> Answer:
        bucket = bucket_of(known.ticket, self._buckets)
        return repeated_answer(self._service, bucket, body_hash, known)
