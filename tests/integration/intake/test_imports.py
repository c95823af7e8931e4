"""Imports into intake: who may state the time, how far one has come, and its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.client.commands import Import
from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, pothole, problem
from tests.support.loops import BUCKETS

OLD = datetime(2011, 3, 16, 4, tzinfo=UTC)


async def test_only_an_importer_states_the_time(hall: Hall) -> None:
    stated: dict[str, Any] = {"Hotline-Import": "old", "Hotline-Import-Time": OLD.isoformat()}
    forbidden = await hall.post("tickets", MATTER, **stated)
    assert problem(forbidden)[:2] == (403, "/problems/not-an-importer")
    missing = await hall.post("tickets", MATTER, Role.IMPORTER)
    assert problem(missing)[:2] == (400, "/problems/import-missing")
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    early = await hall.post(
        "tickets", MATTER, Role.IMPORTER, **{**stated, "Hotline-Import-Time": ahead}
    )
    assert problem(early)[:2] == (400, "/problems/bad-time")
    done = await hall.post("tickets", MATTER, Role.IMPORTER, **stated)
    assert done.status_code == 201, done.text
    assert done.json()["ticket"].startswith("20110316-0000001-")
    for sender in ("channel", "importer"):
        await hall.send(sender, pothole(), "i-1", Import("old", OLD))
    (refused,) = await hall.replies("channel", 1)
    (taken,) = await hall.replies("importer", 1)
    assert (refused.status, taken.status) == (403, 201)
    facts = await hall.loop.facts(lambda found: len(found) >= 4)
    assert {(f.time, f.import_id) for f in facts} == {(OLD, "old")}
    assert {f.by for f in facts} == {"importer"}


async def test_an_importer_says_how_far_it_has_come(hall: Hall) -> None:
    until = {"until": OLD.isoformat(), "final": False}
    forbidden = await hall.post("imports/old/frontier", until)
    assert problem(forbidden)[:2] == (403, "/problems/role-missing")
    done = await hall.post("imports/old/frontier", until, Role.IMPORTER)
    assert done.status_code == 201, done.text
    facts = await hall.loop.facts(lambda found: len(found) >= BUCKETS)
    assert {(f.bucket, f.type.rpartition(".")[2]) for f in facts} == {
        (bucket, "HistoryClosed") for bucket in range(BUCKETS)
    }
    naive = {"until": "2011-03-16T04:00:00", "final": False}
    refused = await hall.post("imports/old/frontier", naive, Role.IMPORTER)
    assert problem(refused)[:2] == (422, "/problems/body-invalid")


async def test_a_closed_import_takes_nothing_new_and_answers_again_what_it_had(
    hall: Hall,
) -> None:
    stated = {"Hotline-Import": "old", "Hotline-Import-Time": OLD.isoformat()}
    first = await hall.post("tickets", MATTER, Role.IMPORTER, key="m-1", **stated)
    await hall.send("importer", pothole(), "k-1", Import("old", OLD))
    (taken,) = await hall.replies("importer", 1)
    end = {"until": OLD.isoformat(), "final": True}
    done = await hall.post("imports/old/frontier", end, Role.IMPORTER, key="end")
    assert (first.status_code, taken.status, done.status_code) == (201, 201, 201)

    late = await hall.post("tickets", MATTER, Role.IMPORTER, key="m-2", **stated)
    assert problem(late)[:2] == (409, "/problems/import-closed")
    assert "'old'" in late.json()["detail"]
    await hall.send("importer", pothole(), "k-2", Import("old", OLD))
    await hall.send("importer", pothole(), "k-1", Import("old", OLD))
    answers = {(a.command_id, a.status) for a in await hall.replies("importer", 3)}
    assert answers == {("k-1", 201), ("k-2", 409)}
    again = await hall.post("tickets", MATTER, Role.IMPORTER, key="m-1", **stated)
    assert (again.status_code, again.content) == (201, first.content)
    closed = await hall.post("imports/old/frontier", end, Role.IMPORTER, key="end")
    assert (closed.status_code, closed.content) == (201, done.content)
    other = {**stated, "Hotline-Import": "older"}
    assert (await hall.post("tickets", MATTER, Role.IMPORTER, **other)).status_code == 201
    facts = await hall.loop.facts(lambda found: len(found) >= BUCKETS + 6)
    assert len(facts) == BUCKETS + 6
