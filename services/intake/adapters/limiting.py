"""A channel's rate limit (R3): so many matters per minute, in each process."""

from __future__ import annotations

import math
from datetime import datetime

_MINUTE_S = 60.0


class Limits:
    """A bucket per channel, which a minute fills; full at the start."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, datetime]] = {}

    def wait_s(self, channel: str, per_minute: int, at: datetime) -> int:
        """0 and one less in the bucket, or after how many seconds there is one again."""
        left, since = self._left.get(channel, (float(per_minute), at))
        gained = max(0.0, (at - since).total_seconds()) * per_minute / _MINUTE_S
        left = min(float(per_minute), left + gained)
        if left < 1.0:
            self._left[channel] = (left, max(at, since))
            return max(1, math.ceil((1.0 - left) * _MINUTE_S / per_minute))
        self._left[channel] = (left - 1.0, max(at, since))
        return 0
