"""Golden records give the states, views and proofs that they gave when they were written.

`golden/<service>/states.json` names the records of a sequence and the state after them. What is
written by hand there stays; a state may get further fields.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import pytest

from hotline.contracts import golden
from hotline.contracts.golden import FOLDER, Golden
from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.evaluation.v1.measures_pb2 import Measure, Windows
from services.datasync.adapters.events import Fields, to_fact
from services.datasync.domain.ticket_file import ticket_file
from services.deadline.domain import ticket as deadline
from services.dispatch.domain import ticket as dispatch
from services.evaluation.domain import ticket as evaluation
from services.evaluation.windows import Keep, count
from services.intake.domain import ticket as intake
from services.kernel.fields import to_datetime
from services.kernel.watermarks import Proof

RECORDS = {record.variant: record for name in golden.covered() for record in golden.goldens(name)}
FOLDS: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "intake": (intake.Ticket(), intake.evolve),
    "dispatch": (dispatch.Ticket(), dispatch.evolve),
    "deadline": (deadline.Clocks(), deadline.evolve),
    "evaluation": (evaluation.Unopened(), evaluation.evolve),
}


def sequences(service: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((FOLDER / service / "states.json").read_text("utf-8"))
    return found


def told(service: str) -> list[Any]:
    return [pytest.param(service, name, id=f"{service}: {name}") for name in sequences(service)]


def holds(written: Any, actual: Any) -> bool:
    """Whether everything that was written is so."""
    if isinstance(written, dict):
        return isinstance(actual, dict) and all(
            key in actual and holds(part, actual[key]) for key, part in written.items()
        )
    if isinstance(written, list):
        return len(written) == len(actual) and all(map(holds, written, actual))
    return bool(written == actual)


def state_of(service: str, records: list[Golden]) -> Any:
    state, evolve = FOLDS[service]
    for record in records:
        state = evolve(state, golden.codecs()[service].decode(record.fact()))
    return state


@pytest.mark.parametrize(("service", "name"), [part for s in FOLDS for part in told(s)])
def test_the_records_give_the_state(service: str, name: str) -> None:
    part = sequences(service)[name]
    state = state_of(service, [RECORDS[event] for event in part["events"]])
    assert holds(part["state"], {"is": type(state).__name__, **golden.readable(state)})


@pytest.mark.parametrize("service", FOLDS)
def test_every_event_of_the_service_is_in_some_sequence(service: str) -> None:
    used = {RECORDS[e].type for part in sequences(service).values() for e in part["events"]}
    written = {
        record.type
        for record in RECORDS.values()
        if golden.service_of(record.type) == service and record.headers
    }
    assert used == written, f"write a sequence and its state in golden/{service}/states.json"


def test_a_state_that_is_not_as_written_is_noticed() -> None:
    part = sequences("dispatch")["archived"]
    records = [RECORDS[event] for event in part["events"]]
    assert holds(part["state"]["reply"], golden.readable(state_of("dispatch", records).reply))
    assert not holds(part["state"], golden.readable(state_of("dispatch", records[:-1])))
    assert not holds({"a": 1}, {})
    assert not holds([1], [1, 2])
    assert holds({}, {"new": 1})


def test_the_records_of_all_services_give_the_ticket_file() -> None:
    part = sequences("datasync")["whole ticket"]
    records = [RECORDS[event] for event in part["events"]]
    file = ticket_file([to_fact(record.fact()) for record in records])
    assert holds(part["state"], {"is": "TicketFile", **golden.readable(file)})
    assert {record.type for record in records} == {r.type for r in RECORDS.values() if r.headers}


def test_a_measure_is_counted_once_in_its_windows() -> None:
    measure = Measure.FromString(RECORDS["Measure.v1/full"].value)
    windows, keep = Windows(), Keep(24, 7, UTC)
    assert count(windows, measure, keep)
    assert not count(windows, measure, keep)
    assert dict(windows.counted) == {1012: 1099511627789}
    for window in (*windows.hours, *windows.days):
        assert (window.entries, window.visited, window.on_time) == (-1010, -1010, -1010)
    assert [str(to_datetime(w.start)) for w in windows.hours] == ["2026-11-02 08:00:00+00:00"]


def test_a_watermark_proves_its_buckets_silent() -> None:
    proof = Proof()
    proof.read(RECORDS["Watermark.v1/full"].record())
    assert (
        str(proof.until("source 1 号", 1003, 1099511627780)) == "2026-11-02 08:15:05.000005+00:00"
    )
    assert proof.until("source 1 号", 1103, 1099511627879).year == 1
    assert (
        str(proof.until("source 1 号", 1103, 1099511627880)) == "2026-11-02 08:15:45.000105+00:00"
    )


def test_the_chain_of_a_feed_is_proven_as_it_was_made() -> None:
    entries = [RECORDS[f"FeedEntry.v1.chain/{name}"] for name in ("first", "second")]
    proof = verify_chain(Received.from_message(FeedEntry.FromString(e.value)) for e in entries)
    assert (str(proof), proof.entries) == ("ok", 2)
    for record in entries:
        entry = FeedEntry.FromString(record.value)
        assert hashlib.sha256(entry.data).digest() == entry.digest
        assert Fields(entry.type, entry.data)
