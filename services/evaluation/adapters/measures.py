"""Measures on the wire: the thin stream that the live views count."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from hotline.evaluation.v1.measures_pb2 import Measure
from services.evaluation.adapters.codec import COUNTED
from services.evaluation.domain import views
from services.kernel.codec import put_datetime
from services.kernel.facts import Fact

_KINDS = {
    views.Kind.SCORE: Measure.KIND_SCORE,
    views.Kind.ACCEPTED: Measure.KIND_ACCEPTED,
}


_FIRST_S, _END_S = 0, 253_370_764_800  # 1970 to the end of 9998: what a calendar can place


class BadMeasure(ValueError):
    """What nobody may have written; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the measures topic, with the place of the fact that it came from."""

    source: str
    bucket: int
    position: int
    key: bytes
    value: bytes


def records(fact: Fact, *, released: bool = False) -> list[Record]:
    """What the live views need of one fact; empty for most."""
    if not COUNTED.knows(fact.type):
        return []
    return [
        Record(fact.source, fact.bucket, fact.position, m.key.encode(), _value(m, fact, released))
        for m in views.measures(COUNTED.decode(fact))
    ]


def measure_of(key: bytes | None, value: bytes | None) -> Measure:
    """The measure of a record. Raises BadMeasure."""
    try:
        measure = Measure.FromString(value or b"")
    except DecodeError:
        raise BadMeasure("it is no message of this type") from None
    if measure.kind not in _KINDS.values():
        raise BadMeasure(f"its kind is {measure.kind}")
    if key != key_of(measure).encode():
        raise BadMeasure("the record has another key than its measure")
    if not measure.position or not _FIRST_S < measure.at.seconds < _END_S:
        raise BadMeasure("its place or its time is missing")
    return measure


def key_of(measure: Measure) -> str:
    """What the tables are kept by, and the key of the record."""
    if measure.kind == Measure.KIND_SCORE:
        return measure.unit
    return f"{measure.category}@{measure.area}"


def _value(measure: views.Measure, fact: Fact, released: bool) -> bytes:
    message = Measure(
        id=fact.event_id,
        kind=_KINDS[measure.kind],
        bucket=fact.bucket,
        position=fact.position,
        unit=measure.unit,
        category=measure.category,
        area=measure.area,
        contacted=measure.contacted,
        solved=measure.solved,
        satisfied=measure.satisfied,
        on_time=measure.on_time,
        confirmed_on_time=measure.confirmed_on_time,
        visited=measure.visited,
        promise_missed=measure.promise_missed,
        weight=measure.weight,
        released=released,
    )
    put_datetime(message.at, measure.at)
    return message.SerializeToString()
