"""What happens in the city right now: counted from the facts, shown as one line per second."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping

import click
import httpx

from hotline.sim.actors import Seen

COUNTED: Mapping[str, str] = {
    "TicketReceived": "received",
    "TicketDispatched": "dispatched",
    "TicketCompleted": "closed",
    "DeadlineMissed": "missed",
}
SHOWN = ("received", "dispatched", "closed", "missed", "pushed")
WINDOW_S = 10
_DELIVERED = re.compile(r"^hotline_feed_delivered_total\{[^}]*\} (\S+)$", re.MULTILINE)


class Tally:
    """Totals since the start, and how many a second over the last ten."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self._past: deque[tuple[float, Counter[str]]] = deque(maxlen=WINDOW_S + 1)

    def see(self, fact: Seen) -> None:
        name = COUNTED.get(fact.type)
        if name:
            self.totals[name] += 1

    def line(self, now: float) -> str:
        """For the terminal; call it once a second."""
        self._past.append((now, self.totals.copy()))
        began, before = self._past[0]
        seconds = max(now - began, 1.0)
        parts = [
            f"{name} {self.totals[name]:,} {(self.totals[name] - before[name]) / seconds:.1f}/s"
            for name in SHOWN
        ]
        return " · ".join(parts)


async def show(tally: Tally, datasync_url: str) -> None:
    """Until cancelled."""
    over = "\r\x1b[K" if sys.stdout.isatty() else ""
    async with httpx.AsyncClient(base_url=datasync_url, timeout=2.0) as http:
        already = await pushed(http)
        while True:
            await asyncio.sleep(1.0)
            tally.totals["pushed"] = max(tally.totals["pushed"], await pushed(http) - already)
            line = tally.line(time.monotonic())
            if over:
                line = line[: shutil.get_terminal_size().columns - 1]
            click.echo(over + line, nl=not over)


async def pushed(http: httpx.AsyncClient) -> int:
    """Entries that departments have got since datasync started; 0 while it does not answer."""
    try:
        answer = await http.get("/metrics")
    except httpx.HTTPError:
        return 0
    return delivered(answer.text)


def delivered(metrics: str) -> int:
    """The sum over all subscriptions and ways."""
    return int(sum(float(value) for value in _DELIVERED.findall(metrics)))
