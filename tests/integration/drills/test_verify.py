"""`hotline verify` finds every kind of damage that the ledger and the feeds promise to be without.

Each test breaks one promise on purpose, on the real broker and store.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
import pytest
from click.testing import CliRunner

from hotline.bench.past import loops
from hotline.cli.place import Place
from hotline.cli.verify import Verified, command, verify
from hotline.dev.stack import StackInfo
from services.datasync.adapters.registry import load
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.service import service as datasync
from services.kernel import decider
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of, schema_of, topic_of, vault_of
from services.kernel.pool_pg import connect
from tests.support.loops import real_loop, wait_until
from tests.support.past import CITY, execute, publish, record, with_past

TICKETS_OF_ALL = 40
BUCKETS = 4
KEPT = ("intake", "dispatch")
FACTS = list(loops(TICKETS_OF_ALL, BUCKETS))


@pytest.fixture
async def place(stack: StackInfo, namespace: str) -> Place:
    return await with_past(stack, namespace, TICKETS_OF_ALL, BUCKETS, KEPT)


async def verified(place: Place, *services: str) -> Verified:
    wanted = list(services) or list(KEPT)
    return await asyncio.to_thread(verify, place, wanted, processes=1)


async def findings(place: Place, *services: str) -> list[str]:
    found = await verified(place, *services)
    said = [f"{r.service} {r.bucket}: {what}" for r in found.reports for what in r.findings]
    assert found.ok == (not said)
    return said


def last_of(source: str) -> Fact:
    """The last fact of the service in the bucket of the last ticket."""
    return [f for f in FACTS[-1] if f.source == source][-1]


def following(fact: Fact, steps: int = 1) -> Fact:
    return replace(fact, position=fact.position + steps, version=fact.version + steps)


async def test_a_sound_city_is_ok_and_counted(place: Place) -> None:
    found = await verified(place)
    assert found.ok
    assert found.facts == sum(map(len, FACTS))
    kept = sum(f.source in KEPT for ticket in FACTS for f in ticket)
    assert sum(r.ledger for r in found.reports) == kept
    assert {(r.ledger - r.topic, r.waiting, r.repeats) for r in found.reports} == {(0, 0, 0)}


async def test_a_fact_that_the_ledger_lost_is_named(place: Place) -> None:
    at = last_of("dispatch")
    await execute(
        place,
        f"delete from {{schema}}.event where bucket = {at.bucket} and position = {at.position - 3}",
    )
    (said,) = await findings(place)
    assert said == (
        f"dispatch {at.bucket}: position {at.position - 3} is on the topic and not in the ledger"
    )


CHANGES = {
    "data = data || '\\x00'::bytea": "the body differs",
    'metadata = \'{"by":"somebody"}\'': "ce_by is b'replay', in the ledger b'somebody'",
    "time = time + interval '1 microsecond'": "ce_time is ",
    "type = 'hotline.dispatch.v1.ReturnRefused'": "ce_type is ",
    "recorded_at = recorded_at - interval '1 day'": "ce_recordedtime is ",
}


async def test_a_changed_byte_is_named(place: Place) -> None:
    last = last_of("dispatch")
    for back, change in enumerate(CHANGES):
        at = f"bucket = {last.bucket} and position = {last.position - back}"
        await execute(place, f"update {{schema}}.event set {change} where {at}")
    said = dict(enumerate(reversed(await findings(place))))
    for back, what in enumerate(CHANGES.values()):
        assert said[back].startswith(f"dispatch {last.bucket}: position {last.position - back}: ")
        assert what in said[back]


async def test_a_version_that_does_not_follow_is_named(place: Place) -> None:
    late = replace(following(last_of("intake")), version=9)
    await record(place, [late])
    await publish(place, [late])
    (said,) = await findings(place)
    assert said.endswith(f"version 9 of {late.ticket} follows 2")


async def test_a_ticket_in_the_wrong_bucket_is_named(place: Place) -> None:
    at = last_of("intake")
    stranger = next(
        t for t in (f"stranger-{n}" for n in range(99)) if bucket_of(t, BUCKETS) != at.bucket
    )
    wrong = replace(at, ticket=stranger, position=at.position + 1, version=1)
    await record(place, [wrong])
    await publish(place, [wrong])
    (said,) = await findings(place)
    assert said.endswith(f"{stranger} belongs to another bucket")


async def test_a_counter_that_is_ahead_of_its_facts_is_named(place: Place) -> None:
    await execute(place, "update {schema}.bucket set next_position = next_position + 1")
    assert len(await findings(place)) == BUCKETS


async def test_a_forged_fact_at_the_next_position_is_named(place: Place) -> None:
    forged = following(last_of("dispatch"))
    await publish(place, [forged])
    (said,) = await findings(place)
    assert said.endswith(f"position {forged.position} is on the topic and not in the ledger")


async def test_a_fork_is_named_also_where_consumers_dropped_it(place: Place) -> None:
    other = replace(last_of("dispatch"), data=b"other")
    await publish(place, [other])
    (said,) = await findings(place)
    assert f"position {other.position}: the body differs" in said


async def test_a_repeat_of_the_relay_is_counted_and_no_fault(place: Place) -> None:
    await publish(place, FACTS[-1])
    found = await verified(place)
    assert found.ok
    assert sum(r.repeats for r in found.reports) == sum(f.source in KEPT for f in FACTS[-1])


async def test_a_hole_in_the_topic_is_named(place: Place) -> None:
    first, second = following(last_of("dispatch")), following(last_of("dispatch"), 2)
    await record(place, [first, second])
    await publish(place, [second])
    said = await findings(place)
    assert any(f"position {first.position} is missing on the topic" in line for line in said)
    await publish(place, [first, second])  # as the relay mends it
    assert not await findings(place)


async def test_what_waits_for_the_relay_is_counted_and_named_once_it_is_late(place: Place) -> None:
    unsent = following(last_of("dispatch"))
    await record(place, [unsent])
    (said,) = await findings(place)
    assert f"position {unsent.position} has waited for the relay" in said
    await execute(
        place, "update {schema}.event set recorded_at = now() where position = "
        f"{unsent.position} and bucket = {unsent.bucket}",
    )  # fmt: skip
    found = await verified(place)
    assert found.ok
    assert sum(r.waiting for r in found.reports) == 1


async def test_a_hole_in_what_was_not_relayed_is_named(place: Place) -> None:
    await record(place, [following(last_of("dispatch"), 2)])
    said = await findings(place)
    assert any("a fact is missing" in line for line in said)


async def test_the_command_prints_a_table_or_json_and_says_it_by_its_exit_code(
    place: Place,
) -> None:
    where = ["--kafka", place.kafka, "--dsn", place.dsn, "--namespace", place.namespace]
    where += ["--city", CITY, "--buckets", str(BUCKETS)]
    done = await asyncio.to_thread(CliRunner().invoke, command, ["dispatch", *where])
    assert done.exit_code == 0, done.output
    assert done.stdout.count("dispatch") == BUCKETS + 1
    assert "registry" in done.stdout
    assert done.stdout.rstrip().endswith(": ok")
    await publish(place, [following(last_of("dispatch"))])
    done = await asyncio.to_thread(CliRunner().invoke, command, ["dispatch", "--json", *where])
    shown = orjson.loads(done.stdout)
    assert done.exit_code == 1
    assert shown["ok"] is False
    assert shown["facts_per_s"] > 0
    assert [b["log"] for b in shown["buckets"]] == ["tickets"] * BUCKETS + ["registry"]
    assert sum(b["wrong"] for b in shown["buckets"]) == 1


async def test_a_place_without_a_city_is_one_sentence(stack: StackInfo, namespace: str) -> None:
    where = ["--kafka", stack.bootstrap, "--dsn", stack.dsn, "--namespace", namespace]
    done = await asyncio.to_thread(CliRunner().invoke, command, where)
    assert done.exit_code == 1
    assert "hotline migrate" in done.output


# Feeds


@pytest.fixture
async def shared(stack: StackInfo, namespace: str) -> Place:
    """A city of which datasync has read everything."""
    place = await with_past(stack, namespace, TICKETS_OF_ALL, BUCKETS, ["datasync"])
    async with real_loop(stack, place.namespace) as loop:
        schema = schema_of(place.namespace, "datasync")
        pool = await connect(stack.dsn, schema)
        loop.resources.push_async_callback(pool.close)
        feeds = PostgresFeedStore(pool, schema, vault_of(place.namespace, "datasync"))
        view = SharingView(load(CITY).sharing, feeds)
        runtime = await loop.run(datasync(view))
        topic = topic_of(place.namespace, TICKETS)

        async def done() -> bool:
            found = [await runtime.store.expected(topic, b) for b in range(BUCKETS)]
            return sum(sum(e.values()) - len(e) for e in found) == sum(map(len, FACTS))

        await wait_until(done, 20.0, "reading the past")
    return place


async def test_whole_feeds_are_ok(shared: Place) -> None:
    found = await verified(shared, "datasync")
    assert found.ok
    assert sum(r.ledger for r in found.reports) == sum(r.topic for r in found.reports) > 100


DAMAGES = {
    "delete from {schema}.feed where sequence = 2 and bucket = 0": "missing: the next one",
    "delete from {schema}.feed f where bucket = 1 and sequence = (select max(sequence) "
    "from {schema}.feed g where g.subscription = f.subscription and bucket = 1)": "were due",
    "update {schema}.feed set chain = sha256(chain) where sequence = 2 and bucket = 2": (
        "the chain does not follow"
    ),
    "update {schema}.fact set data = data || '\\x00'::bytea where bucket = 3": (
        "the chain does not follow"
    ),
}


async def test_a_broken_feed_is_named(shared: Place) -> None:
    """R36: a department could prove it too, but we want to know it first."""
    for damage in DAMAGES:
        await execute(shared, damage, "datasync")
    said = await findings(shared, "datasync")
    for bucket, what in enumerate(DAMAGES.values()):
        lines = [line for line in said if line.startswith(f"datasync {bucket}: feed ")]
        assert lines
        assert all(what in line for line in lines)


async def test_a_feed_of_other_rules_is_named(
    shared: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chained by the book, but not what the rules give."""
    city = load(CITY)
    other = replace(city, sharing=decider.replace(city.sharing, version="2099-1"))
    monkeypatch.setattr("hotline.cli.verify.load", lambda _: other)
    said = await findings(shared, "datasync")
    assert said
    assert all("is not what the sharing rules of today give" in line for line in said)
