"""Figures that only the store knows, asked for at times: what waits, of all buckets of a service.

Every replica tells the same; take the greatest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.faults_pg import store_faults
from services.kernel.queries import placed
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.census")
EVERY_S = 10.0
MOST_SERIES = 500


@dataclass(frozen=True, slots=True)
class Count:
    """A gauge, and the statement whose rows are its labels' values and then the figure.

    The statement names `{schema}` and `{vault}`, and costs no more when the history is long.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    sql: str


COUNTS = (
    Count(
        "hotline_timers_open",
        "Timers that wait for their due instant: clocks that run, in deadline.",
        ("timer",),
        "select split_part(name, '/', 1), count(*) from {schema}.timer group by 1",
    ),
    Count(
        "hotline_timers_overdue",
        "Timers whose due instant has passed and that have not fired.",
        (),
        "select count(*) from {schema}.timer where due_at < now() - interval '5 s'",
    ),
    Count(
        "hotline_parked_tickets",
        "Tickets of which records wait for an operator.",
        (),
        "select count(distinct (bucket, ticket)) from {vault}.parked where dropped_at is null"
        " and early_until is null",
    ),
    Count(
        "hotline_commands_unanswered",
        "Commands by Kafka whose answer was not sent yet.",
        (),
        "select count(*) from {vault}.command where reply_to <> ''",
    ),
)


class Census:
    """The counts of one service."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        schema: str,
        vault: str,
        counts: Sequence[Count],
        registry: CollectorRegistry,
    ) -> None:
        fill = placed(schema, vault)
        self._pool = pool
        self._counts = [
            (Gauge(c.name, c.help, c.labels, registry=registry), fill(c.sql)) for c in counts
        ]

    async def run(self) -> None:
        """Until cancelled. What cannot be asked keeps its last figure."""
        while True:
            try:
                await self.take()
            except StoreUnavailable as error:
                log.warning("the store cannot be counted: %s", error)
            await asyncio.sleep(EVERY_S)

    async def take(self) -> None:
        """Ask once. Raises StoreUnavailable."""
        for gauge, sql in self._counts:
            with store_faults():
                rows = await self._pool.fetch(f"{sql} limit {MOST_SERIES}")
            _show(gauge, rows)


def _show(gauge: Gauge, rows: Sequence[Any]) -> None:
    """A label that is gone shows nothing rather than its last figure."""
    if not gauge._labelnames:
        gauge.set(rows[0][0])
        return
    gauge.clear()
    for *labels, value in rows:
        gauge.labels(*labels).set(value)
