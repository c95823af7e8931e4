"""What an importer is held to (design: time): the tickets of its own import, in their order.

An importer acts for others and states the time itself. So the role is off unless HOTLINE_IMPORTS
switches it on, what it records names sender and import, and its beginning is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.decider import Rejection
from services.kernel.facts import Fact

log = logging.getLogger("hotline.security")
OFF = (
    403,
    "imports-off",
    "Imports are switched off: HOTLINE_IMPORTS=1 at every service admits importers.",
)
MOST_NOTED = 1_000


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


class Imports:
    """Where they are admitted: logs each once per process, when its first command comes."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def note(self, sender: str, import_id: str) -> None:
        if (sender, import_id) not in self._seen:
            if len(self._seen) >= MOST_NOTED:
                self._seen.clear()
            self._seen.add((sender, import_id))
            log.warning("%s imports under the name %s", sender, import_id)
