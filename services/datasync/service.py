"""datasync, as the kernel runs it: it reads every fact and records none of its own."""

from __future__ import annotations

from services.datasync.adapters.view import SharingView
from services.kernel.codec import Codec
from services.kernel.service import Service


def service(view: SharingView) -> Service:
    """All stages, read only."""
    return Service("datasync", Codec("datasync", own=()), views=(view,), reads=lambda _: True)
