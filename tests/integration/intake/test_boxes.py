"""Submissions sealed to the week's key, and parked ones, can be read by intake alone (R35)."""

from __future__ import annotations

import asyncio
import base64
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from hotline.cli import parked
from hotline.dev.stack import StackInfo
from hotline.intake.v1.commands_pb2 import RecordMissedCall, SubmitMatter
from hotline.intake.v1.events_pb2 import KIND_COMPLAINT, URGENCY_NORMAL
from services.intake.adapters.boxes import KEPT, KINDS, Boxes, BoxVault, tell, week_of
from services.intake.adapters.desk import Desk
from services.kernel.codec import BadBody
from services.kernel.registry import Registry
from services.kernel.registry_log import RegistryRelay, read_registry
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.security import Role
from services.kernel.store import KeyDestroyed
from tests.integration.intake.hall import Hall, problem
from tests.integration.intake.vaults import MASTERS
from tests.support.loops import BUCKETS, wait_until
from tests.support.scan import files_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


def submission(contact: str) -> SubmitMatter:
    return SubmitMatter(
        channel="web", kind=KIND_COMPLAINT, category="traffic/road", area="yingzhou",
        title="Pothole", contact=contact, urgency=URGENCY_NORMAL,
    )  # fmt: skip


def someone() -> str:
    return f"139{secrets.randbelow(10**8):08}"


async def test_a_sealed_submission_is_taken_and_its_contact_stands_nowhere(
    hall: Hall, stack: StackInfo
) -> None:
    contact, key = someone(), await hall.key()
    assert key.id == week_of(datetime.now(UTC))
    await hall.send("channel", submission(contact), "c-1", sealed_to=key)
    (answer,) = await hall.replies("channel", 1)
    assert answer.status == 201, answer.body
    assert (await hall.vault.person(contact)).id == await person_of(hall, answer.ticket_id)
    files = await files_of(stack, hall.loop.namespace)
    assert files.holding([contact.encode()]) == {"store": set(), "broker": set()}


async def person_of(hall: Hall, ticket: str) -> str:
    assert hall.runtime.states is not None
    state, _ = await hall.runtime.states.anew(ticket)
    found: str = state.person_id
    return found


@pytest.mark.parametrize("wrong", ["box", "key"])
async def test_what_is_sealed_to_another_key_is_refused_and_nothing_written(
    hall: Hall, wrong: str
) -> None:
    key = await hall.key()
    other = replace(key, id="2001-w01") if wrong == "box" else replace(key, public_key=b"k" * 32)
    await hall.send("channel", submission(someone()), "c-1", sealed_to=other)
    (answer,) = await hall.replies("channel", 1)
    assert answer.status == 400
    assert orjson.loads(answer.body)["type"] == "/problems/bad-body"


async def test_an_unsealed_contact_is_refused_once_a_key_is_known_and_nothing_written(
    hall: Hall,
) -> None:
    """R35: the topic keeps it for a week."""
    await hall.send("channel", submission(someone()), "c-1")
    (answer,) = await hall.replies("channel", 1)
    told = orjson.loads(answer.body)
    assert (answer.status, told["type"]) == (422, "/problems/unsealed")
    assert (await hall.key()).id in told["detail"]
    assert "GET /v1/submissions/key" in told["detail"]
    assert not await rows_of(hall, "person")
    await hall.send("channel", submission(""), "c-2")  # names nobody
    assert {a.status for a in await hall.replies("channel", 2)} == {422, 201}


async def test_a_missed_calls_number_is_sealed_too(hall: Hall) -> None:
    call = RecordMissedCall(channel="phone", called_number="12345", waited_s=9, caller=someone())
    await hall.send("channel", call, "m-1")
    await hall.send("channel", call, "m-2", sealed_to=await hall.key())
    answers = {a.command_id: a.status for a in await hall.replies("channel", 2)}
    assert answers == {"m-1": 422, "m-2": 201}


async def test_an_emergency_is_not_held_up_by_its_seal(hall: Hall) -> None:
    """R11."""
    matter = submission(someone())
    matter.facts.emergency_ongoing = True
    matter.facts.emergency_line = "119"
    await hall.send("channel", matter, "c-1")
    (answer,) = await hall.replies("channel", 1)
    assert (answer.status, orjson.loads(answer.body)["state"]) == (201, "diverted")


async def rows_of(hall: Hall, table: str) -> list[Any]:
    store: Any = hall.runtime.store
    rows: list[Any] = await store.pool.fetch(f"select * from {store.vault}.{table}")
    return rows


async def test_only_who_may_submit_is_told_the_key(hall: Hall) -> None:
    refused = await hall.http.get("/v1/submissions/key", headers=hall.headers(Role.ANALYST))
    assert problem(refused)[:2] == (403, "/problems/role-missing")


async def test_a_parked_submission_is_sealed_and_can_be_retried(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = someone()

    async def defect(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("made to fail")

    with monkeypatch.context() as broken:
        broken.setattr(Desk, "received", defect)
        await hall.send("channel", submission(contact), "c-1", sealed_to=await hall.key())
        row = await parked_row(hall)
    assert row["reason"].startswith("ZeroDivisionError")
    assert contact.encode() not in row["value"]
    assert await hall.runtime.worker.release("w-1") == 1
    (answer,) = await hall.replies("channel", 1)
    assert answer.status == 201, answer.body


async def test_a_parked_body_whose_key_was_destroyed_can_only_be_dropped_and_that_is_said(
    hall: Hall, stack: StackInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R35: what nobody can read any more must not hold its ticket for ever."""

    async def defect(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("made to fail")

    with monkeypatch.context() as broken:
        broken.setattr(Desk, "received", defect)
        await hall.send("channel", submission(someone()), "c-1", sealed_to=await hall.key())
        await parked_row(hall)
    where = ["--kafka", stack.bootstrap, "--dsn", stack.dsn, "--buckets", str(BUCKETS)]
    words = ["show", "w-1", "--service", "intake", "--namespace", hall.loop.namespace, *where]
    standing = await asyncio.to_thread(CliRunner().invoke, parked.command, words)
    assert "ZeroDivisionError" in standing.output
    assert parked.SHUT not in standing.output
    store: Any = hall.runtime.store
    later = await BoxVault(store, MASTERS).refreshed(datetime.now(UTC) + 2 * KEPT)
    store.seals.take(later)
    shown = await asyncio.to_thread(CliRunner().invoke, parked.command, words)
    assert (shown.exit_code, parked.SHUT in shown.output) == (0, True)
    with pytest.raises(KeyDestroyed, match="it can be dropped"):
        await hall.runtime.worker.release("w-1")
    assert await hall.runtime.worker.release("w-1", drop_by="ops") == 1
    assert await store.parked_records("w-1", 9) == []


async def parked_row(hall: Hall) -> Any:
    store: Any = hall.runtime.store
    rows: list[Any] = []

    async def waits() -> bool:
        rows[:] = await store.pool.fetch(f"select reason, value from {store.vault}.parked")
        return bool(rows)

    await wait_until(waits, what="the submission is parked")
    return rows[0]


# The weeks


async def test_a_week_has_one_pair_and_its_private_half_ends(hall: Hall) -> None:
    store: Any = hall.runtime.store
    one, two = BoxVault(store, MASTERS), BoxVault(store, MASTERS)
    first = await one.refreshed(NOW)
    assert await keys(two, NOW + timedelta(days=4)) == {n: bytes(b.key) for n, b in first.items()}
    boxes = Boxes()
    boxes.take(await one.refreshed(NOW + timedelta(days=7)))
    assert boxes.current().id == week_of(NOW + timedelta(days=7))
    body = boxes.shut(b"plain")
    boxes.take(await one.refreshed(NOW + timedelta(days=14)))
    assert boxes.opened(body) == b"plain"
    boxes.take(await one.refreshed(NOW + timedelta(days=7) + KEPT))
    with pytest.raises(BadBody, match="ask for the current key"):
        boxes.opened(body)
    wrapped = f"select wrapped from {store.vault}.box where id = $1"
    assert await store.pool.fetchval(wrapped, week_of(NOW + timedelta(days=7))) is None


async def keys(vault: BoxVault, now: datetime) -> dict[str, bytes]:
    return {name: bytes(box.key) for name, box in (await vault.refreshed(now)).items()}


def test_without_a_box_nobody_is_told_one() -> None:
    with pytest.raises(LookupError):
        Boxes().current()


@pytest.mark.parametrize("body", [b"", b"x", b"2026-w48\0", b"\xff\0x"])
def test_what_is_no_sealed_body_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Boxes().opened(body)


async def test_the_weeks_key_is_told_once_by_the_registry(hall: Hall) -> None:
    store: Any = hall.runtime.store
    entries = PostgresRegistry(store.pool, "intake", hall.loop.namespace)
    registry = Registry(entries, hall.runtime.clock, KINDS)
    boxes = Boxes()
    for week in (0, 0, 7):
        boxes.take(await BoxVault(store, MASTERS).refreshed(NOW + timedelta(days=week)))
        await tell(registry, boxes.current())
        await tell(Registry(entries, hall.runtime.clock, KINDS), boxes.current())  # a replica
    bus = hall.loop.bus()
    clock, namespace = hall.runtime.clock, hall.loop.namespace
    await RegistryRelay(entries, bus, clock, lambda: {0}, "intake", namespace).tick()
    told = [orjson.loads(e.document) for e in await read_registry(bus, namespace, "intake")]
    assert [t["id"] for t in told] == [week_of(NOW + timedelta(days=d)) for d in (0, 7)]
    public = base64.b64encode(bytes(boxes.current().key.public_key)).decode()
    assert told[1]["public_key"] == public
