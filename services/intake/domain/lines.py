"""What goes to and fro between 12345 and other lines: handed back (R9), handed over (R11)."""

from __future__ import annotations

from datetime import datetime

from services.kernel.decider import Value


class TransferReturned(Value):
    """R9: the sub-centre says that the matter is not its own."""

    at: datetime
    line: str
    reason: str


class HandoverAcknowledged(Value):
    """R11, the way back: an emergency line handed the matter over, and keeps the receipt."""

    at: datetime
    line: str
    reference: str
    receipt: str
