"""One fact of a ticket, from whichever service, as the views of this service read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Fact:
    """What happened, in the order of the topic.

    `data` is the event in proto3 JSON form under the proto's own field names (enums by name,
    instants as RFC 3339 text, bytes as base64); a field at its default may be left out. `body`
    and `digest` are the event's bytes as they stand in the ledger and their SHA-256; both may be
    empty where a fact is only shown. `traceparent` goes with it while it is in memory.
    """

    source: str
    ticket: str
    version: int
    position: int
    type: str
    time: datetime
    stage: str
    data: Mapping[str, Any]
    body: bytes = b""
    digest: bytes = b""
    traceparent: str = field(default="", compare=False)
    _event_id: str = field(default="", init=False, repr=False, compare=False)

    @property
    def event_id(self) -> str:
        """Unique among all sources: `<source>/<ticket>/<version>`."""
        if not self._event_id:
            self._event_id = f"{self.source}/{self.ticket}/{self.version}"
        return self._event_id
