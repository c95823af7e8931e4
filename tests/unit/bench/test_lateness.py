"""Lateness, measured (R27): from the watermark that proves an instant to its miss in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hotline.bench.lateness import Promises, lateness_s
from hotline.kernel.v1.watermark_pb2 import Watermark
from services.kernel.bus_memory import MemoryRecord
from services.kernel.codec import put_datetime

START = datetime(2026, 3, 9, tzinfo=UTC)
SOURCES = ("deadline", "dispatch")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def promised(source: str, until: float, readable: float) -> MemoryRecord:
    message = Watermark(source=source)
    put_datetime(message.buckets.add(bucket=3, position=1).complete_until, at(until))
    stamp = int(at(readable).timestamp() * 1000)
    return MemoryRecord("w", 0, 0, stamp, None, message.SerializeToString(), [])


@pytest.fixture
def promises() -> Promises:
    found = Promises()
    for second in range(4):
        found.read(promised("dispatch", second, second + 2.0))
        found.read(promised("deadline", second, second + 2.25))
    return found


def test_an_instant_is_proven_once_the_last_of_its_sources_has_promised_it(
    promises: Promises,
) -> None:
    assert promises.proven_at(SOURCES, 3, at(1.0)) == at(3.25)
    assert promises.proven_at(SOURCES, 3, at(1.001)) == at(4.25)
    assert promises.proven_at(("dispatch",), 3, at(1.001)) == at(4.0)


def test_what_nobody_promised_is_never_proven(promises: Promises) -> None:
    with pytest.raises(IndexError):
        promises.proven_at(SOURCES, 3, at(3.5))
    with pytest.raises(KeyError):
        promises.proven_at(SOURCES, 4, at(1.0))


def test_a_promise_that_says_less_than_the_last_proves_nothing(promises: Promises) -> None:
    promises.read(promised("dispatch", 0.5, 9.0))
    assert promises.proven_at(SOURCES, 3, at(0.5)) == at(3.25)


def test_lateness_is_what_passes_from_the_proof_to_the_miss_in_the_ledger(
    promises: Promises,
) -> None:
    misses = [(3, at(1.0), at(3.3)), (3, at(2.0), at(4.25))]
    assert lateness_s(misses, promises, SOURCES) == [pytest.approx(0.05), 0.0]
