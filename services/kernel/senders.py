"""Who may send commands by Kafka: names, roles and public keys."""

from __future__ import annotations

import base64
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from nacl.signing import VerifyKey

log = logging.getLogger("hotline.security")
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Sender:
    """`role` as in `security.Role`; a unit acts only for `unit`."""

    name: str
    role: str
    unit: str = ""
    keys: Mapping[str, VerifyKey] = field(default_factory=dict)


class Senders:
    """A file of senders, read again within LOOK_S of a change; at once for an unknown name.

    A file that cannot be read changes nothing: those who were known stay known.
    """

    def __init__(self, file: Path | None, now: Callable[[], float] = time.monotonic) -> None:
        self._file, self._now = file, now
        self._looked_at = -math.inf
        self._read: tuple[int, ...] = ()
        self._senders: dict[str, Sender] = {}

    def get(self, name: str) -> Sender | None:
        if name not in self._senders or self._now() - self._looked_at >= LOOK_S:
            self._refresh()
        return self._senders.get(name)

    def _refresh(self) -> None:
        self._looked_at = self._now()
        if self._file is None or not self._file.exists():
            return
        found = self._file.stat()
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._read:
            self._read = seen
            try:
                self._senders = read_senders(self._file.read_bytes())
            except (OSError, ValueError) as error:
                log.error("%s was not read: %s", self._file, error)


def read_senders(text: bytes) -> dict[str, Sender]:
    """`{name: {"role": …, "unit": …, "keys": {id: base64 of 32 bytes}}}`. Raises ValueError."""
    try:
        return {name: _sender(name, entry) for name, entry in orjson.loads(text).items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a file of senders: {error!r}") from None


def _sender(name: str, entry: Mapping[str, Any]) -> Sender:
    keys = {
        key_id: VerifyKey(base64.b64decode(raw, validate=True))
        for key_id, raw in entry["keys"].items()
    }
    return Sender(name, entry["role"], entry.get("unit", ""), keys)
