"""A person who was forgotten is found nowhere: facts, topics, files, backups without keys (R35)."""

from __future__ import annotations

import base64
import logging
import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from hotline.cli.migrate import migrations
from hotline.dev.stack import StackInfo
from hotline.intake.v1.events_pb2 import TicketReceived
from services.datasync.adapters.registry import load as sharing_of
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.service import service as datasync
from services.intake.adapters.desk import Desk
from services.intake.adapters.forgetting import forget_again, stream_of
from services.kernel.cloudevents import to_record
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, bucket_of, schema_of, topic_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, problem
from tests.integration.intake.test_boxes import parked_row, submission
from tests.support.loops import BUCKETS, wait_until
from tests.support.scan import files_of
from tests.unit.datasync.tickets import Topic, dispatched

FORGET = {"basis": "request 2026-17"}


@dataclass
class Matter:
    """Of a person, in words that stand nowhere else."""

    contact: str
    description: str
    address: str
    title: str
    told: dict[str, Any]
    fact: TicketReceived

    @property
    def person(self) -> str:
        return self.fact.person_id

    @property
    def secrets(self) -> list[bytes]:
        found = (self.contact, self.description, self.address, self.told["code"])
        return [text.encode() for text in found]


async def matter(hall: Hall) -> Matter:
    contact = f"139{secrets.randbelow(10**8):08}"
    words = {name: f"{name}-{secrets.token_hex(8)}" for name in ("description", "address", "title")}
    told = await hall.submit(contact=contact, **words)
    (received, _) = await hall.loop.facts(
        lambda found: len([f for f in found if f.ticket == told["ticket"]]) == 2
    )
    return Matter(contact, **words, told=told, fact=TicketReceived.FromString(received.data))


async def opened(hall: Hall, found: Matter) -> list[str | None]:
    """What staff read of the contact."""
    asked = {
        "ticket": found.told["ticket"], "person_id": found.person, "field": "contact",
        "sealed": base64.b64encode(found.fact.contact).decode(), "purpose": "call back",
    }  # fmt: skip
    answer = await hall.post("personal/open", {"fields": [asked]}, Role.STAFF)
    texts: list[str | None] = answer.json()["texts"]
    return texts


async def forget(hall: Hall, person: str, role: Role = Role.SUPERVISOR, **more: Any) -> Any:
    return await hall.post(f"persons/{person}/forget", FORGET, role, **more)


async def shared(hall: Hall, stack: StackInfo, ticket: str) -> None:
    """The ticket goes to a unit, and stands in the feed of its department."""
    namespace = hall.loop.namespace
    await migrate(stack.dsn, "datasync", namespace, migrations("datasync"), BUCKETS)
    pool = await connect(stack.dsn, schema_of(namespace, "datasync"), size=2)
    hall.loop.resources.push_async_callback(pool.close)
    feeds = PostgresFeedStore(
        pool, schema_of(namespace, "datasync"), vault_of(namespace, "datasync")
    )
    await hall.loop.run(datasync(SharingView(sharing_of("sample").sharing, feeds)))
    sent = Topic().say(ticket, dispatched("transport"))
    await hall.loop.bus().publish([to_record(sent, topic_of(namespace, TICKETS))])

    async def stands() -> bool:
        return bool(await pool.fetchval("select count(*) from feed where ticket = $1", ticket))

    await wait_until(stands, 20.0, "the feed has it")


async def parked(hall: Hall, contact: str) -> None:
    """A matter of the same citizen that waits, since the code fails."""

    async def defect(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("made to fail")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Desk, "received", defect)
        await hall.send("channel", submission(contact), "c-1", sealed_to=await hall.key())
        assert await parked_row(hall)


async def test_a_forgotten_person_is_found_nowhere(
    hall: Hall, stack: StackInfo, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in ledger, feed, topics and what is parked, which is what their files hold and every
    backup of them, nor in what was logged meanwhile."""
    with caplog.at_level(logging.DEBUG):
        found = await matter(hall)
        await shared(hall, stack, found.told["ticket"])
        await parked(hall, found.contact)
        assert await opened(hall, found) == [found.contact]
        answer = await forget(hall, found.person)
        assert (answer.status_code, answer.json()["facts"]) == (201, ["PersonForgotten"])
    assert await opened(hall, found) == [None]
    assert not [mark for mark in found.secrets if mark.decode() in caplog.text]
    files = await files_of(stack, hall.loop.namespace)
    public = found.title.encode()  # that it is found shows that the search finds
    assert files.holding([*found.secrets, public]) == {"store": {public}, "broker": {public}}


async def test_a_repeat_still_learns_the_code_that_no_store_holds(
    hall: Hall, stack: StackInfo
) -> None:
    first = await hall.post("tickets", {**MATTER, "title": "Code"}, key="same")
    again = await hall.post("tickets", {**MATTER, "title": "Code"}, key="same")
    assert first.content == again.content
    told = first.json()
    assert (await hall.state(told["ticket"], told["code"])).status_code == 200
    files = await files_of(stack, hall.loop.namespace)
    assert files.holding([told["code"].encode()]) == {"store": set(), "broker": set()}


async def test_forgetting_is_one_fact_and_a_repeat_quiet(hall: Hall) -> None:
    found = await matter(hall)
    first = await forget(hall, found.person, key="f-1")
    assert (await forget(hall, found.person, key="f-1")).content == first.content
    other = await forget(hall, found.person, Role.ADMINISTRATOR)
    assert (other.status_code, other.json()["facts"]) == (200, [])
    stream = stream_of(found.person)
    loaded = await hall.runtime.store.load([(bucket_of(stream, BUCKETS), stream)])
    assert [f.type.rpartition(".")[2] for f in loaded[stream]] == ["PersonForgotten"]


async def test_only_supervisors_and_administrators_forget_and_only_who_is_known(hall: Hall) -> None:
    found = await matter(hall)
    refused = await forget(hall, found.person, Role.STAFF)
    assert problem(refused)[:2] == (403, "/problems/role-missing")
    unknown = await forget(hall, "0" * 24)
    assert problem(unknown)[:2] == (404, "/problems/unknown-person")
    for person in ("x" * 24, "0" * 25, "%00"):
        assert (await forget(hall, person)).status_code in (400, 404)
    empty = await hall.post(f"persons/{found.person}/forget", {"basis": " "}, Role.SUPERVISOR)
    assert empty.status_code == 422
    assert await opened(hall, found) == [found.contact]


async def test_the_same_contact_comes_back_as_another_person(hall: Hall) -> None:
    found = await matter(hall)
    await forget(hall, found.person)
    again = await hall.vault.person(found.contact)
    assert again.id != found.person


@pytest.mark.parametrize("known_by", ["ledger", "topic"])
async def test_after_a_restore_a_person_is_forgotten_again_before_anyone_is_served(
    hall: Hall, known_by: str
) -> None:
    found = await matter(hall)
    backup = await vault_row(hall, found.person)
    await forget(hall, found.person)
    stream = stream_of(found.person)
    await hall.loop.facts(lambda facts: any(f.ticket == stream for f in facts))
    await restore(hall, backup, stream if known_by == "topic" else "")
    assert await opened(hall, found) == [found.contact]  # as the backup had it
    topic = topic_of(hall.loop.namespace, TICKETS)
    bus = hall.loop.bus()
    assert await forget_again(hall.vault, bus, topic, BUCKETS) == [found.person]
    assert await opened(hall, found) == [None]
    assert await forget_again(hall.vault, bus, topic, BUCKETS) == []


async def vault_row(hall: Hall, person: str) -> Any:
    vault, pool = hall.runtime.store.vault, hall.vault._pool  # type: ignore[attr-defined]
    return await pool.fetchrow(f"select * from {vault}.person where person = $1", person)


async def restore(hall: Hall, row: Any, lost_stream: str) -> None:
    """The vault as it was; and if need be the ledger, which has not read the topic since."""
    store: Any = hall.runtime.store
    pool = hall.vault._pool
    await pool.execute(
        f"update {store.vault}.person set wrapped = $2, blind = $3 where person = $1",
        row["person"], row["wrapped"], row["blind"],
    )  # fmt: skip
    if lost_stream:
        await hall.runtime.stop()
        await pool.execute(f"delete from {store.schema}.event where stream = $1", lost_stream)
        await pool.execute(f"update {store.schema}.inbox set next_offset = 0")
