"""What an importer is held to (design: time): the tickets of its own import, in their order.

An importer acts for others and states the time itself. So the role is off unless HOTLINE_IMPORTS
switches it on, what it records names sender and import, and its beginning is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.kernel.bus import Record
from services.kernel.cloudevents import attributes
from services.kernel.codec import to_datetime
from services.kernel.decider import Rejection
from services.kernel.facts import Fact
from services.kernel.names import bucket_of
from services.kernel.store import Store

log = logging.getLogger("hotline.security")
OFF = (
    403,
    "imports-off",
    "Imports are switched off: HOTLINE_IMPORTS=1 at every service admits importers.",
)
MOST_NOTED = 1_000
MOST_ID = 200  # characters of an import's name or a command's id


class NotOfThisImport(Rejection):
    """An import acts only on the tickets that it created."""

    status = 403


class BeforeLastFact(Rejection):
    """An import states no time before the ticket's last fact."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The import that began a stream (none: empty) and when its last fact happened."""

    import_id: str
    last_at: datetime


def standing_of(facts: Sequence[Fact]) -> Standing | None:
    """Of a stream as the ledger has it; None where nothing was recorded yet. That a ticket was
    parked is the kernel's own fact, of now, and no part of the history."""
    told = [f for f in facts if not f.type.startswith("hotline.kernel.")]
    return Standing(told[0].import_id, told[-1].time) if told else None


def require_own(import_id: str, at: datetime, standing: Standing, last_at: datetime) -> None:
    """Raises NotOfThisImport, BeforeLastFact."""
    if import_id != standing.import_id:
        raise NotOfThisImport(import_id)
    if at < last_at:
        raise BeforeLastFact(at.isoformat(), f"last fact {last_at.isoformat()}")


@dataclass(frozen=True, slots=True)
class Frontier:
    """An import has sent all that it has up to `until`; `final`: all that it will ever send."""

    import_id: str
    until: datetime
    final: bool


def frontier_of(message: type[Any] | None, fact: Fact) -> Frontier | None:
    """What a fact says of how far its import has come, where it is such a `message`."""
    if message is None or fact.type != message.DESCRIPTOR.full_name:
        return None
    told = message.FromString(fact.data)
    return Frontier(told.import_id, to_datetime(told.until), told.final)


def closed(import_id: str) -> tuple[int, str, str]:
    """Status, slug and detail of the answer to what comes first after the end."""
    detail = (
        f"The import {import_id!r} was closed by its final frontier and takes nothing more. What "
        "it had sent before is answered as it was; what is still to come needs another import."
    )
    return 409, "import-closed", detail


def named(headers: Mapping[str, bytes]) -> tuple[str, str, str]:
    """A command's import, sender and id, as they are stated."""
    import_id, sender, command_id = (
        headers.get(name, b"").decode(errors="replace")
        for name in ("ce_importid", "ce_source", "ce_id")
    )
    return import_id, sender, command_id


def is_id(text: str) -> bool:
    """Whether it may name an import, a unit or a command: the store and its indexes can hold it."""
    return 0 < len(text) <= MOST_ID and text.isprintable()


class Imports:
    """Where they are admitted: logs each once per process, when its first command comes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: set[tuple[str, str]] = set()

    async def too_late(self, asked: Collection[tuple[str, str, str]]) -> set[tuple[str, str]]:
        """(import, sender, key): the senders and keys of commands that came after their import had
        been closed and were not answered before. Raises StoreUnavailable."""
        sound = [each for each in asked if all(map(is_id, each))]
        ids = {import_id for import_id, _, _ in sound}
        ended = await self._store.closed_imports(ids) if ids else set()
        late = [(sender, key) for import_id, sender, key in sound if import_id in ended]
        return set(late) - (await self._store.answers(late)).keys() if late else set()

    async def too_late_behind(
        self,
        waiting: Sequence[tuple[str, Record]],
        late: Collection[tuple[str, str]],
        buckets: int,
    ) -> list[tuple[str, Record]]:
        """Of commands behind a parked ticket those that came after their import had been closed,
        which are among those that are too `late`.

        They are refused when they come: at the release nobody can tell any more which came before,
        and those count (what counts is when an act reached us). The repeat of one that waits is no
        late one; it gets the answer of the first.
        """
        if not late:
            return []
        stated = [(t, r, named(attributes(r.headers))) for t, r in waiting]
        found = [(t, r, name[1:]) for t, r, name in stated if name[0] and name[1:] in late]
        if not found:
            return []
        places = [(bucket_of(ticket, buckets), ticket) for ticket in {t for t, _, _ in found}]
        headers = await self._store.parked_headers(places)
        known = {named(attributes(each))[1:] for each in headers}
        return [(t, r) for t, r, key in found if key not in known]

    def note(self, sender: str, import_id: str) -> None:
        if (sender, import_id) not in self._seen:
            if len(self._seen) >= MOST_NOTED:
                self._seen.clear()
            self._seen.add((sender, import_id))
            log.warning("%s imports under the name %s", sender, import_id)
