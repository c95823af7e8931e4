"""Earlier tickets for R16: a view of what was received, and the look-up of what is alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from rapidfuzz import fuzz, utils

from services.intake.adapters.codec import CODEC
from services.intake.domain import events
from services.intake.domain.matter import Earlier, Progress
from services.intake.domain.similar import Recent, SameMatter, cell_of, cells_near, earlier_of
from services.kernel.facts import Fact
from services.kernel.faults_pg import store_faults
from services.kernel.gather import Gather
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store import Tx
from services.kernel.store_pg import PostgresStore

MOST = 20
_MOVES: Mapping[str, Progress] = {
    "hotline.intake.v1.TicketAccepted": Progress.BEING_HANDLED,
    "hotline.intake.v1.SupplementAsked": Progress.BEING_HANDLED,
    "hotline.intake.v1.TicketAnswered": Progress.HANDLED,
    "hotline.intake.v1.TicketRefused": Progress.NOT_HANDLED,
    "hotline.intake.v1.TicketWithdrawn": Progress.NOT_HANDLED,
    "hotline.dispatch.v1.TicketCompleted": Progress.HANDLED,
    "hotline.dispatch.v1.RedoOrdered": Progress.BEING_HANDLED,
}
_RECEIVED = "hotline.intake.v1.TicketReceived"
_CORRECTED = "hotline.intake.v1.CategoryCorrected"


def reads(type_name: str) -> bool:
    """The facts that say how far a ticket has come."""
    return type_name in _MOVES


def likeness(one: str, other: str) -> float:
    """From 0 to 100 by characters, so that Chinese counts as well; case and signs do not."""
    return float(fuzz.ratio(one, other, processor=utils.default_process))


@dataclass(frozen=True, slots=True)
class Question:
    """What a matter is looked up by."""

    new: Recent
    is_new: bool


class RecentMatters:
    """The view, and what is asked of it. Raises StoreUnavailable."""

    def __init__(self, store: PostgresStore, same: SameMatter) -> None:
        self._pool: Any = store.pool
        file = resources.files("services.intake") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)
        self._same = same
        self._gathered = Gather(self._each)

    async def earlier(self, new: Recent, *, is_new: bool) -> tuple[Earlier, ...]:
        """What the matter repeats or is related to; callers at the same time share the queries."""
        return await self._gathered(Question(new, is_new))

    async def _each(self, asked: Sequence[Question]) -> list[tuple[Earlier, ...]]:
        numbers = list(range(len(asked)))
        matters = [question.new for question in asked]
        since = [matter.received_at - self._same.within for matter in matters]
        categories = [matter.category for matter in matters]
        persons = [matter.person for matter in matters]
        areas = [matter.area for matter in matters]
        cells = [
            (n, matter.category, cell, start)
            for n, matter, start in zip(numbers, matters, since, strict=True)
            for cell in cells_near(matter.latitude, matter.longitude, self._same.radius_m)
        ]
        with store_faults():
            rows = await self._pool.fetch(
                self._sql["recent_matters"],
                numbers, persons, categories, since, areas, *columns(cells, 4), MOST,
            )  # fmt: skip
        found: list[dict[str, Recent]] = [{} for _ in asked]
        for row in rows:
            found[row["n"]][row["ticket"]] = _recent(row)
        return [
            earlier_of(q.new, list(alike.values()), self._same, likeness, is_new=q.is_new)
            for q, alike in zip(asked, found, strict=True)
        ]

    # The view

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        radius_m = self._same.radius_m
        received = [_row(f, CODEC.decode(f), radius_m) for f in facts if f.type == _RECEIVED]
        moved = {(f.bucket, f.ticket): _MOVES[f.type].value for f in facts if f.type in _MOVES}
        filed = {
            (f.bucket, f.ticket): CODEC.decode(f).category for f in facts if f.type == _CORRECTED
        }
        await self._put(tx, "put_recent", received)
        await self._put(tx, "move_recent", [(*key, to) for key, to in sorted(moved.items())])
        await self._put(tx, "refile_recent", [(*key, to) for key, to in sorted(filed.items())])

    async def _put(self, tx: Tx, query: str, rows: list[Any]) -> None:
        if rows:
            await tx.connection.execute(self._sql[query], *columns(rows, len(rows[0])))

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for it."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


def _row(fact: Fact, event: events.TicketReceived, radius_m: float) -> tuple[Any, ...]:
    return (
        fact.bucket, fact.ticket, event.person_id, event.category, event.area, event.title,
        event.latitude, event.longitude, Progress.NOT_HANDLED.value, event.at,
        cell_of(event.latitude, event.longitude, radius_m),
    )  # fmt: skip


def _recent(row: Any) -> Recent:
    return Recent(
        row["ticket"], row["person"], row["category"], row["area"], row["title"], row["latitude"],
        row["longitude"], Progress(row["progress"]), row["received_at"],
    )  # fmt: skip
