"""Settings of intake."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from services.kernel.settings import KernelSettings, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings(KernelSettings):
    """What intake reads beside the kernel's settings."""

    index_key: tuple[bytes, ...] = setting(
        "HOTLINE_INDEX_KEY",
        "32 random bytes as base64: the key of the blind index over contacts",
        default=(),
        secret=True,
        low=32,
        high=32,
    )


def keys_of(settings: IntakeSettings) -> tuple[tuple[bytes, ...], bytes]:
    """(master keys, index key): as set, or in development those of the run folder.

    Raises ValueError where neither is there.
    """
    if settings.master_keys and settings.index_key:
        return settings.master_keys, settings.index_key[0]
    if not settings.dev:
        raise ValueError("set HOTLINE_MASTER_KEY and HOTLINE_INDEX_KEY: 32 random bytes as base64")
    made = _development_key(settings.run_dir / "master.key")
    return (made,), hashlib.sha256(b"hotline-index\0" + made).digest()


def _development_key(file: Path) -> bytes:
    """Made once; two processes at once make one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(os.urandom(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_bytes()
