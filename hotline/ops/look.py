"""What a city is doing: read from its store and its brokers, nothing is asked of the services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.protocol.admin import DescribeGroupsRequest_v2
from aiokafka.protocol.api import Request

from hotline.ops.place import CityPlace
from hotline.programs import SERVICES
from services.evaluation.adapters.windows_topics import APP
from services.kernel.names import MEASURES, TICKETS, release_of, schema_of, topic_of, vault_of

_LEDGER = """
select b.bucket, b.next_position - 1 as position, b.closed_until, i.expected
from {schema}.bucket b
left join {schema}.inbox i on i.topic = $1 and i.partition = b.bucket
order by b.bucket
"""
_INBOX = "select topic, partition, next_offset from {schema}.inbox order by 1, 2"
_WAITS = """
select
    (select count(distinct (bucket, ticket)) from {vault}.parked
     where dropped_at is null and early_until is null) as parked,
    (select count(*) from {vault}.command where reply_to <> '') as unanswered,
    (select count(*) from {schema}.timer) as timers,
    (select count(*) from {schema}.timer where due_at < now()) as due,
    (select count(*) from {schema}.timer where due_at < now() + interval '1 hour') as soon,
    (select extract(epoch from now() - min(closed_until))::float8 from {schema}.bucket
     where closed_until > '-infinity') as promise_age_s
"""
_FEEDS = """
select c.subscription, c.way, sum(greatest(0, f.sequence - c.delivered_sequence))::bigint as waiting
from {vault}.cursor c cross join lateral (
    select sequence from {schema}.feed f
    where f.subscription = c.subscription and f.bucket = c.bucket
    order by sequence desc limit 1) f
group by 1, 2 order by 3 desc, 1, 2
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """What a service has to read of one partition."""

    topic: str
    partition: int
    records: int


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One process in a group of readers, and the buckets that it owns.

    While a roll is under way two may have one name: that of before until its session is over.
    `release` is empty where it does not say.
    """

    process: str
    release: str
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ServiceLook:
    """One service: facts of its ledger, how far it is with everybody's, and what waits.

    `unpublished` facts stand in the ledger and were not read back; `promise_age_s` is None before
    the first promise.
    """

    name: str
    facts: int
    unpublished: int
    lags: tuple[Lag, ...]
    members: tuple[Member, ...]
    parked: int
    unanswered: int
    timers: int
    due: int
    soon: int
    promise_age_s: float | None

    @property
    def lag(self) -> int:
        return sum(each.records for each in self.lags)


@dataclass(frozen=True, slots=True)
class WindowsLook:
    """The live views: who counts, and what measures they have not counted. They own no ledger."""

    members: tuple[Member, ...] = ()
    lags: tuple[Lag, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedLook:
    """Entries that a department has not taken by one way."""

    subscription: str
    way: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Look:
    """The whole city at one moment."""

    services: tuple[ServiceLook, ...]
    feeds: tuple[FeedLook, ...] = ()
    windows: WindowsLook = WindowsLook()

    def underway(self) -> dict[str, int]:
        """What is not done yet, by name; empty when the city is at rest."""
        found: dict[str, int] = {}
        for s in self.services:
            found[f"{s.name}: facts to publish"] = s.unpublished
            found[f"{s.name}: records to read"] = s.lag
            found[f"{s.name}: answers to send"] = s.unanswered
        for feed in self.feeds:
            if feed.way == "topic":  # an endpoint that is away would hold a city for ever
                found[f"{feed.subscription}: entries to deliver"] = feed.waiting
        return {name: count for name, count in found.items() if count}


async def look(place: CityPlace) -> Look:
    """Raises OSError, asyncpg.PostgresError, KafkaError."""
    async with place.store() as store, place.brokers() as admin:
        inboxes = {name: await _fetch(store, place, name, _INBOX) for name in SERVICES}
        counted = await _counted(admin, place)
        read = [(r["topic"], r["partition"]) for rows in inboxes.values() for r in rows]
        ends = await _ends(place, {*read, *counted})
        services = [
            await _service(
                store, place, name, inboxes[name], ends, await _members(admin, place, name)
            )
            for name in SERVICES
        ]
        feeds = await _fetch(store, place, "datasync", _FEEDS)
        windows = WindowsLook(await _members(admin, place, APP, MEASURES), _lags(counted, ends))
    return Look(tuple(services), tuple(FeedLook(*row) for row in feeds), windows)


async def _service(
    store: asyncpg.Connection,
    place: CityPlace,
    name: str,
    inbox: Sequence[Any],
    ends: Mapping[tuple[str, int], int],
    members: tuple[Member, ...],
) -> ServiceLook:
    tickets = topic_of(place.namespace, TICKETS)
    ledger = await _fetch(store, place, name, _LEDGER, tickets)
    [waits] = await _fetch(store, place, name, _WAITS)
    back = sum(orjson.loads(r["expected"]).get(name, 1) - 1 for r in ledger if r["expected"])
    facts = sum(r["position"] for r in ledger)
    lags = _lags({(r["topic"], r["partition"]): r["next_offset"] for r in inbox}, ends)
    return ServiceLook(name, facts, max(0, facts - back), lags, members, **dict(waits))


def _lags(
    read: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]
) -> tuple[Lag, ...]:
    """`read` has the next offset of each partition; what is read to its end is left out."""
    found = (Lag(*at, ends.get(at, 0) - following) for at, following in read.items())
    return tuple(lag for lag in found if lag.records > 0)


async def _fetch(
    store: asyncpg.Connection, place: CityPlace, service: str, sql: str, *arguments: Any
) -> list[Any]:
    names = {
        "schema": schema_of(place.namespace, service),
        "vault": vault_of(place.namespace, service),
    }
    rows: list[Any] = await store.fetch(sql.format(**names), *arguments)
    return rows


async def _ends(place: CityPlace, read: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The ends of all partitions that anybody reads."""
    places = {TopicPartition(*at) for at in read}
    if not places:
        return {}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=place.kafka, group_id=None, request_timeout_ms=10_000, **place.security
    )
    await consumer.start()
    try:
        found = await consumer.end_offsets(places)
    finally:
        # A client that is stopped before its own task ran cannot stop.
        await asyncio.sleep(0)
        await consumer.stop()
    return {(tp.topic, tp.partition): end for tp, end in found.items()}


async def _counted(admin: AIOKafkaAdminClient, place: CityPlace) -> dict[tuple[str, int], int]:
    """How far the live views are with the measures."""
    found = await admin.list_consumer_group_offsets(topic_of(place.namespace, APP))
    return {(tp.topic, tp.partition): committed.offset for tp, committed in found.items()}


async def _members(
    admin: AIOKafkaAdminClient, place: CityPlace, group: str, topic: str = TICKETS
) -> tuple[Member, ...]:
    """Each with its partitions of the topic."""
    name, read = topic_of(place.namespace, group), topic_of(place.namespace, topic)
    answer = await admin._send_request(_Members(name), await admin.find_coordinator(name))
    [described] = answer.to_object()["groups"]
    return tuple(
        sorted(
            Member(*release_of(one["client_id"]), _buckets(one["member_assignment"], read))
            for one in described["members"]
        )
    )


class _Members(Request[DescribeGroupsRequest_v2]):
    """aiokafka's own asks in version 3 and reads the answer as one of version 2."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, struct: type[DescribeGroupsRequest_v2]) -> DescribeGroupsRequest_v2:
        return struct([self._group])


def _buckets(assignment: bytes, topic: str) -> tuple[int, ...]:
    if not assignment:
        return ()
    parts = ConsumerProtocolMemberAssignment.decode(assignment).partitions()
    return tuple(sorted(p.partition for p in parts if p.topic == topic))
