"""The tables of the store's twin."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.kernel.facts import NEVER, Fact, Repeated, Timer
from services.kernel.store import ParkedRecord


@dataclass
class InboxTable:
    """One row of the inbox."""

    next_offset: int = 0
    epoch: int = 0
    read_until: datetime = NEVER
    expected: dict[str, int] = field(default_factory=dict)


@dataclass
class Tables:
    """Everything that one service keeps."""

    events: dict[int, list[Fact]]
    streams: dict[tuple[int, str], list[Fact]] = field(default_factory=dict)
    closed: dict[int, datetime] = field(default_factory=dict)
    inbox: dict[tuple[str, int], InboxTable] = field(default_factory=dict)
    timers: dict[tuple[int, str, str], Timer] = field(default_factory=dict)
    frontier: dict[tuple[int, str], tuple[datetime, bool]] = field(default_factory=dict)
    commands: dict[tuple[str, str], Repeated] = field(default_factory=dict)
    unsent: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: dict[tuple[str, str], Repeated] = field(default_factory=dict)
    parked: list[tuple[int, ParkedRecord]] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)

    def copied(self) -> Tables:
        """Rows but an inbox's are never changed in place; what views keep is theirs to copy."""
        return Tables(
            {bucket: list(facts) for bucket, facts in self.events.items()},
            {stream: list(facts) for stream, facts in self.streams.items()},
            dict(self.closed),
            copy.deepcopy(self.inbox),
            dict(self.timers),
            dict(self.frontier),
            dict(self.commands),
            dict(self.unsent),
            dict(self.refused),
            list(self.parked),
            copy.deepcopy(self.views),
        )
