"""datasync, as the kernel runs it: it reads every fact and records none of its own."""

from __future__ import annotations

from services.datasync.adapters.view import SharingView
from services.kernel.codec import Codec
from services.kernel.service import Service


def service(view: SharingView) -> Service:
    """All stages, read only."""
    codec = Codec("datasync", own=())
    return Service(
        "datasync",
        codec,
        views=(view,),
        reads=lambda _: True,
        gather_s=0.05,
        hurried=True,
    )
