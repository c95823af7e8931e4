"""What is counted: calls (R3), and the answers of the knowledge base (R5)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Gauge

from services.intake.adapters.books import Books
from services.intake.adapters.codec import CODEC
from services.intake.domain.calls import CallFigures
from services.kernel.clock import Clock
from services.kernel.facts import Fact
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store import StoreUnavailable, Tx
from services.kernel.store_pg import PostgresStore

log = logging.getLogger("hotline.intake")
SHOWN_EVERY_S = 10.0
_ANSWERED, _MISSED, _BACK, _KNOWN, _UNHELPFUL, _REVIEWED = (
    f"hotline.intake.v1.{name}"
    for name in (
        "CallAnswered", "CallMissed", "CalledBack", "TicketAnswered", "AnswerUnhelpful",
        "AnswerReviewed",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArticleUse:
    """R5: how often an article answered at once, how often that did not help, how many of its
    answers were reviewed, and how many found wrong."""

    answered: int = 0
    unhelpful: int = 0
    reviewed: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    """R5: an answer given at once that nobody has reviewed."""

    ticket: str
    article: str
    at: datetime
    unhelpful: bool


class Counted(Protocol):
    """What is asked of the tallies. Raises StoreUnavailable."""

    async def calls(self, since: datetime, until: datetime, within_s: int) -> CallFigures: ...

    async def articles(self, since: date) -> Mapping[str, ArticleUse]: ...

    async def answers(self, limit: int) -> Sequence[WaitingAnswer]: ...


class Tallies:
    """The views, and what is asked of them."""

    def __init__(self, store: PostgresStore, books: Books) -> None:
        self._pool: Any = store.pool
        file = resources.files("services.intake") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)
        self._zone = books.city.zone

    async def calls(self, since: datetime, until: datetime, within_s: int) -> CallFigures:
        with store_faults():
            row = await self._pool.fetchrow(self._sql["call_figures"], since, until, within_s)
        return CallFigures(row["answered"], row["missed"], row["in_time"], row["waiting"])

    async def articles(self, since: date) -> Mapping[str, ArticleUse]:
        with store_faults():
            rows = await self._pool.fetch(self._sql["article_uses"], since)
        return {row["article"]: ArticleUse(*row[1:]) for row in rows}

    async def answers(self, limit: int) -> Sequence[WaitingAnswer]:
        """Those that wait for a review, the oldest first."""
        with store_faults():
            rows = await self._pool.fetch(self._sql["answers_to_review"], limit)
        return [WaitingAnswer(*row) for row in rows]

    # The view

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        by_type: dict[str, list[Fact]] = {}
        for fact in facts:
            by_type.setdefault(fact.type, []).append(fact)
        await self._calls(tx, by_type.get(_ANSWERED, []), by_type.get(_MISSED, []))
        backs = [(f.bucket, f.ticket) for f in by_type.get(_BACK, [])]
        await self._put(tx, "called_back", backs)
        known, unhelpful, reviewed = (by_type.get(t, []) for t in (_KNOWN, _UNHELPFUL, _REVIEWED))
        await self._articles(tx, known, unhelpful, reviewed)
        fresh = [fact for fact in known if not fact.import_id]  # of the past nobody reviews
        waiting = [(f.bucket, f.ticket, CODEC.decode(f).article, f.time) for f in fresh]
        await self._put(tx, "put_answers", waiting)
        await self._put(tx, "unhelpful_answers", [(f.bucket, f.ticket) for f in unhelpful])
        await self._put(tx, "reviewed_answers", [(f.bucket, f.ticket) for f in reviewed])

    async def _calls(self, tx: Tx, answered: Sequence[Fact], missed: Sequence[Fact]) -> None:
        waiting = [(f.bucket, f.ticket, f.time) for f in missed]
        rows = [
            (f.bucket, f.ticket, f.version, f.time, f.type == _ANSWERED, CODEC.decode(f).waited_s)
            for f in (*answered, *missed)
        ]
        await self._put(tx, "put_calls", rows)
        await self._put(tx, "put_missed_calls", waiting)

    async def _articles(
        self, tx: Tx, answered: Sequence[Fact], unhelpful: Sequence[Fact], reviewed: Sequence[Fact]
    ) -> None:
        wrong = [fact for fact in reviewed if not CODEC.decode(fact).right]
        counts = [self._counted(facts) for facts in (answered, unhelpful, reviewed, wrong)]
        keys = sorted({key for count in counts for key in count})
        rows = [(*key, *(count[key] for count in counts)) for key in keys]
        await self._put(tx, "use_articles", rows)

    def _counted(self, facts: Iterable[Fact]) -> Counter[tuple[int, str, date]]:
        return Counter(
            (f.bucket, CODEC.decode(f).article, f.time.astimezone(self._zone).date()) for f in facts
        )

    async def _put(self, tx: Tx, query: str, rows: list[Any]) -> None:
        if rows:
            await tx.connection.execute(self._sql[query], *columns(rows, len(rows[0])))

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for it."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


class Gauges:
    """The same for Prometheus; every replica tells the same. NaN: no calls, or no standard."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, what: str) -> Gauge:
            return Gauge(f"hotline_{name}", what, registry=registry)

        self._connected = gauge("calls_connected_ratio", "Calls answered, of all (R3).")
        self._in_time = gauge("calls_in_time_ratio", "Answered in time, of those answered (R3).")
        self._standard = gauge("calls_connected_wanted_ratio", "The city's standard (R3).")
        self._waiting = gauge("missed_calls_waiting", "Missed calls that nobody called back (R3).")
        for share in (self._connected, self._in_time):
            share.set(float("nan"))
        self._overdue = gauge("articles_overdue", "Articles whose upkeep is late (R5).")

    async def show(self, books: Books, counted: Counted, clock: Clock) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.take(books, counted, clock.now())
            except StoreUnavailable as error:
                log.warning("calls cannot be counted: %s", error)
            await asyncio.sleep(SHOWN_EVERY_S)

    async def take(self, books: Books, counted: Counted, now: datetime) -> None:
        """Once. Raises StoreUnavailable."""
        catalogue = books.at(now).catalogue
        day = catalogue.day(now)
        self._overdue.set(sum(a.is_overdue(day) for a in catalogue.articles.values()))
        if (standard := catalogue.switchboard.answering) is None:
            return
        since = now - timedelta(hours=standard.over_hours)
        figures = await counted.calls(since, now, standard.within_s)
        self._standard.set(standard.connected_percent / 100)
        self._waiting.set(figures.waiting)
        self._connected.set(_ratio(figures.connected_percent))
        self._in_time.set(_ratio(figures.in_time_percent))


def _ratio(percent: float | None) -> float:
    return float("nan") if percent is None else percent / 100
