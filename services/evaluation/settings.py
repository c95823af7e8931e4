"""Settings of the live views' worker."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.settings import KernelSettings, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsSettings(KernelSettings):
    """The kernel's settings, but no store is needed: what is kept stands in topics."""

    dsn: str = setting("HOTLINE_DSN", "nothing: the store is not used", default="", secret=True)
