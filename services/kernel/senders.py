"""Who may send commands by Kafka: names, roles and public keys."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Sender:
    """`role` as in `security.Role`; a unit acts only for `unit`."""

    name: str
    role: str
    unit: str = ""
    keys: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)


class Senders:
    """A file of senders, read again when it changes."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._read_at = file, 0.0
        self._senders: dict[str, Sender] = {}

    def get(self, name: str) -> Sender | None:
        if name not in self._senders:
            self._refresh()
        return self._senders.get(name)

    def _refresh(self) -> None:
        if self._file is None or not self._file.exists():
            return
        changed = self._file.stat().st_mtime
        if changed != self._read_at:
            self._senders, self._read_at = read_senders(self._file.read_bytes()), changed


def read_senders(text: bytes) -> dict[str, Sender]:
    """`{name: {"role": …, "unit": …, "keys": {id: base64 of 32 bytes}}}`. Raises ValueError."""
    found = {}
    for name, entry in orjson.loads(text).items():
        keys = {
            key_id: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw))
            for key_id, raw in entry["keys"].items()
        }
        found[name] = Sender(name, entry["role"], entry.get("unit", ""), keys)
    return found
