"""Bodies hold contacts: what is kept of them is a hash that nobody finds by trying numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.intake.v1.events_pb2 import KIND_COMPLAINT, URGENCY_NORMAL
from services.intake.adapters.vault import PostgresVault
from services.kernel.commands import KEYED, hash_of
from tests.integration.intake.hall import MATTER, Hall, problem


async def hashes(hall: Hall) -> dict[str, bytes]:
    store: Any = hall.runtime.store
    rows = await store.pool.fetch(f"select key, body_hash from {store.vault}.command")
    return {row["key"]: row["body_hash"] for row in rows}


def before_there_was_a_key(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version of intake, over HTTP and by Kafka."""
    plain = replace(hall.runtime.service, hash_key=b"")
    for part in (hall.runtime.performer, hall.runtime.commands):
        monkeypatch.setattr(part, "_service", plain)


def message() -> SubmitMatter:
    return SubmitMatter(
        channel="web", kind=KIND_COMPLAINT, category="traffic/road", area="yingzhou",
        title="Pothole", urgency=URGENCY_NORMAL,
    )  # fmt: skip


async def test_a_body_cannot_be_guessed_from_its_hash(hall: Hall) -> None:
    await hall.post("tickets", MATTER, key="k-1")
    await hall.send("channel", message(), "c-1")
    await hall.replies("channel", 1)
    kept = await hashes(hall)
    name = SubmitMatter.DESCRIPTOR.full_name
    assert kept.keys() == {"k-1", "c-1"}
    assert all(found[:1] == KEYED and len(found) == 33 for found in kept.values())
    assert hash_of(name, message().SerializeToString()) not in kept["c-1"]


async def test_what_was_answered_before_there_was_a_key_is_answered_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        before_there_was_a_key(hall, earlier)
        first = await hall.post("tickets", MATTER, key="k-1")
        await hall.send("channel", message(), "c-1")
        (taken,) = await hall.replies("channel", 1)
    assert {len(found) for found in (await hashes(hall)).values()} == {32}
    for n in range(2):
        again = await hall.post("tickets", MATTER, key="k-1")
        assert (again.status_code, again.content) == (201, first.content)
        other = await hall.post("tickets", {**MATTER, "contact": "13800138001"}, key="k-1")
        assert problem(other)[:2] == (422, "/problems/command-id-reused")
        await hall.send("channel", message(), "c-1")
        told = await hall.replies("channel", 2 + n)
        assert {(a.status, a.ticket_id, a.body) for a in told} == {
            (201, taken.ticket_id, taken.body)
        }
        assert isinstance(hall.vault, PostgresVault)
        assert await hall.vault.rehash() == (0 if n else 2)
        assert {len(found) for found in (await hashes(hall)).values()} == {33}
