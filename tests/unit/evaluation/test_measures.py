"""Measures on the wire: what is written of a fact, and what is refused when it is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import asdict

from hotline.evaluation.v1.measures_pb2 import Measure
from hotline.intake.v1 import events_pb2 as intake_pb
from services.evaluation.adapters.codec import CODEC
from services.evaluation.adapters.measures import BadMeasure, key_of, measure_of, records
from services.evaluation.domain.ticket import MissNoted, ScoreBooked, ScoreTakenBack
from services.kernel.codec import to_datetime
from services.kernel.facts import Fact
from tests.unit.evaluation.windows import a_matter, a_measure

AT = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
VISITED = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
BOOKED = ScoreBooked(
    AT, 1, "DPR", "trees", "QUEENS", "city",
    contacted=True, solved=True, satisfied=False, on_time=True, confirmed_on_time=False,
    visited=True, formula="f/1", visited_at=VISITED,
)  # fmt: skip


def fact_of(event: object) -> Fact:
    new = CODEC.encode(event, b"{}")
    return Fact("evaluation", 3, 17, "T1", 4, new.type, new.data, new.time, AT)


def accepted() -> Fact:
    message = intake_pb.TicketAccepted(category="trees", area="QUEENS")
    name, data = message.DESCRIPTOR.full_name, message.SerializeToString()
    return Fact("intake", 5, 9, "T2", 2, name, data, AT, AT)


def test_a_booked_score_is_counted_for_its_unit_at_the_time_of_the_visit() -> None:
    [record] = records(fact_of(BOOKED))
    assert (record.key, record.source, record.bucket, record.position) == (
        b"DPR", "evaluation", 3, 17,
    )  # fmt: skip
    measure = measure_of(record.key, record.value)
    assert (measure.id, measure.bucket, measure.position) == ("evaluation/T1/4", 3, 17)
    assert (measure.kind, measure.weight) == (Measure.KIND_SCORE, 1)
    assert to_datetime(measure.at) == VISITED
    assert (measure.contacted, measure.solved, measure.satisfied) == (True, True, False)
    assert (measure.on_time, measure.confirmed_on_time, measure.visited) == (True, False, True)


def test_a_released_fact_says_so_in_its_measure() -> None:
    fact = fact_of(BOOKED)
    assert [measure_of(r.key, r.value).released for r in records(fact, released=True)] == [True]
    assert [measure_of(r.key, r.value).released for r in records(fact)] == [False]


def test_a_score_taken_back_is_the_same_with_the_opposite_weight() -> None:
    back = ScoreTakenBack(**asdict(BOOKED), reason="a miss was withdrawn")
    [before], [after] = records(fact_of(BOOKED)), records(fact_of(back))
    taken = measure_of(after.key, after.value)
    assert taken.weight == -1
    taken.weight = 1
    assert taken == measure_of(before.key, before.value)


def test_an_accepted_matter_is_counted_for_its_category_and_area() -> None:
    [record] = records(accepted())
    measure = measure_of(record.key, record.value)
    assert record.key == b"trees@QUEENS"
    assert (measure.kind, measure.category, measure.area) == (
        Measure.KIND_ACCEPTED, "trees", "QUEENS",
    )  # fmt: skip
    assert (measure.bucket, measure.position, measure.weight) == (5, 9, 1)


def test_other_facts_are_not_counted() -> None:
    assert records(fact_of(MissNoted(AT, "resolve", 1, "DPR"))) == []


def test_a_measure_as_it_is_written_is_read() -> None:
    for measure in (a_measure(AT, 1), a_matter(AT, 1)):
        key = key_of(measure).encode()
        assert measure_of(key, measure.SerializeToString()) == measure


def without(*fields: str) -> bytes:
    measure = a_measure(AT, 1)
    for field in fields:
        measure.ClearField(field)
    return measure.SerializeToString()


GOOD = without()


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"NYPD", b"\xff\xff", "no message"),
        (b"NYPD", None, "kind is 0"),
        (b"NYPD", b"", "kind is 0"),
        (b"NYPD", without("kind"), "kind is 0"),
        (b"NYPD", a_measure(AT, 1, kind=77).SerializeToString(), "kind is 77"),
        (b"DPR", GOOD, "another key"),
        (None, GOOD, "another key"),
        (b"\xff", GOOD, "another key"),
        (b"noise@QUEENS", a_matter(AT, 1, area="BRONX").SerializeToString(), "another key"),
        (b"NYPD", without("position"), "place or its time"),
        (b"NYPD", without("at"), "place or its time"),
        (b"NYPD", a_measure(datetime.max.replace(tzinfo=UTC), 1).SerializeToString(), "its time"),
        (b"NYPD", a_measure(datetime.min.replace(tzinfo=UTC), 1).SerializeToString(), "its time"),
    ],
)
def test_what_is_no_measure_is_refused_with_the_reason(
    key: bytes | None, value: bytes | None, reason: str
) -> None:
    with pytest.raises(BadMeasure, match=reason):
        measure_of(key, value)
