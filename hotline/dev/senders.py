"""Development senders: keys made in the run folder, their public halves where services look."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from nacl.signing import SigningKey

from hotline.client.commands import Signer

FILE = "senders.json"
KEYS = "sender_keys.json"
KEY_ID = "dev"


@dataclass(frozen=True, slots=True)
class DevSender:
    """A sender to make: `role` as in security.Role, `unit` for a unit."""

    name: str
    role: str
    unit: str = ""


def city_senders(units: Iterable[str]) -> list[DevSender]:
    """One per unit, and the desk, a channel and the importer."""
    fixed = [
        DevSender("desk", "supervisor"),
        DevSender("channel", "channel"),
        DevSender("importer", "importer"),
    ]
    return [*fixed, *(DevSender(unit_sender(u), "unit", u) for u in units)]


def unit_sender(unit: str) -> str:
    """The name under which a unit sends its commands."""
    return f"unit-{unit.lower()}"


def make_senders(run_dir: Path, senders: Iterable[DevSender]) -> None:
    """Make the keys that are missing; those that exist stay."""
    run_dir.mkdir(parents=True, exist_ok=True)
    keys = _read(run_dir / KEYS)
    for sender in senders:
        raw = bytes(SigningKey.generate())
        keys.setdefault(sender.name, base64.b64encode(raw).decode())
    _write(run_dir / KEYS, keys, 0o600)
    public = {
        s.name: {"role": s.role, "unit": s.unit, "keys": {KEY_ID: _public(keys[s.name])}}
        for s in senders
    }
    _write(run_dir / FILE, public, 0o644)


def signer(run_dir: Path, name: str, namespace: str, buckets: int) -> Signer:
    """A sender's own side. Raises KeyError for one that was not made."""
    key = SigningKey(base64.b64decode(_read(run_dir / KEYS)[name]))
    return Signer(name, KEY_ID, key, namespace, buckets)


def _public(raw: str) -> str:
    return base64.b64encode(bytes(SigningKey(base64.b64decode(raw)).verify_key)).decode()


def _read(file: Path) -> dict[str, str]:
    return orjson.loads(file.read_bytes()) if file.exists() else {}


def _write(file: Path, content: Mapping[str, object], mode: int) -> None:
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.rename(file)
