"""Facts that are counted, published as evaluation publishes them, and what they add up to."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.evaluation.v1.measures_pb2 import Measure
from hotline.intake.v1 import events_pb2 as intake_pb
from services.evaluation.adapters.codec import CODEC
from services.evaluation.adapters.measures import measure_of, records
from services.evaluation.domain.ticket import ScoreBooked, ScoreTakenBack
from services.evaluation.windows import Keep
from services.kernel.facts import Fact
from tests.unit.evaluation.windows import Rows, days_of, hours_of

BEGAN = datetime(2011, 3, 12, 6, tzinfo=UTC)  # a day before New York's summer time
ACCEPTED = intake_pb.TicketAccepted.DESCRIPTOR.full_name


class Source:
    """Facts of many tickets and buckets; what it gives is a function of the seed."""

    def __init__(self, seed: int, units: Sequence[str], areas: Sequence[str]) -> None:
        self._random, self._units, self._areas = random.Random(seed), units, areas
        self._positions: dict[tuple[str, int], int] = {}

    def facts(self, count: int) -> list[Fact]:
        """The next of them, spread over five days in no order of time."""
        return [self._fact() for _ in range(count)]

    def _fact(self) -> Fact:
        at = BEGAN + timedelta(minutes=self._random.randrange(5 * 24 * 60))
        if self._random.random() < 0.3:
            area = self._random.choice(self._areas)
            data = intake_pb.TicketAccepted(category="noise", area=area).SerializeToString()
            return self._placed("intake", ACCEPTED, data, at)
        new = CODEC.encode(self._score(at), b"{}")
        return self._placed("evaluation", new.type, new.data, at)

    def _score(self, at: datetime) -> ScoreBooked | ScoreTakenBack:
        values: dict[str, Any] = {"at": at, "entry": 1, "unit": self._random.choice(self._units)}
        values |= {"category": "noise", "area": "QUEENS", "level": "city", "formula": "nyc/1"}
        flags = (
            "contacted",
            "solved",
            "satisfied",
            "on_time",
            "confirmed_on_time",
            "visited",
            "promise_missed",
        )
        values |= {name: self._random.random() < 0.7 for name in flags}
        if self._random.random() < 0.1:
            return ScoreTakenBack(**values, reason="a miss was withdrawn", visited_at=at)
        return ScoreBooked(**values, visited_at=at)

    def _placed(self, source: str, name: str, data: bytes, at: datetime) -> Fact:
        place = (source, self._random.randrange(24))
        position = self._positions[place] = self._positions.get(place, 0) + 1
        return Fact(source, place[1], position, "T1", position, name, data, at, at)


def by_key(facts: Iterable[Fact]) -> dict[str, list[Measure]]:
    """The measures of the facts, under the keys of their windows."""
    found: dict[str, list[Measure]] = {}
    for fact in facts:
        for record in records(fact):
            measure = measure_of(record.key, record.value)
            found.setdefault(record.key.decode(), []).append(measure)
    return found


def expected(measures: Sequence[Measure], keep: Keep) -> dict[str, Rows]:
    """What the worker must show of one unit."""
    return {"hours": hours_of(measures, keep), "days": days_of(measures, keep)}
