"""What a city is doing: read from its store and its brokers, nothing is asked of the services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from services.kernel.names import TICKETS, release_of, schema_of, topic_of, vault_of

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


@dataclass(frozen=True, slots=True)
class ServiceLook:
    """One service: facts of its ledger, how far it is with everybody's, and what waits.

    `unpublished` facts stand in the ledger and were not read back; `owners` are the buckets by
    member of its group, `releases` what each member runs (empty: it does not say);
    `promise_age_s` is None before the first promise.
    """

    name: str
    facts: int
    unpublished: int
    lags: tuple[Lag, ...]
    owners: Mapping[str, tuple[int, ...]]
    parked: int
    unanswered: int
    timers: int
    due: int
    soon: int
    promise_age_s: float | None
    releases: Mapping[str, str] = field(default_factory=dict)

    @property
    def lag(self) -> int:
        return sum(each.records for each in self.lags)


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
    feeds: tuple[FeedLook, ...] = field(default=())

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
        members = await _members(admin, place)
        inboxes = {name: await _fetch(store, place, name, _INBOX) for name in SERVICES}
        ends = await _ends(place, (row for rows in inboxes.values() for row in rows))
        services = [
            await _service(store, place, name, inboxes[name], ends, members.get(name, {}))
            for name in SERVICES
        ]
        feeds = await _fetch(store, place, "datasync", _FEEDS)
    return Look(tuple(services), tuple(FeedLook(*row) for row in feeds))


async def _service(
    store: asyncpg.Connection,
    place: CityPlace,
    name: str,
    inbox: Sequence[Any],
    ends: Mapping[tuple[str, int], int],
    members: Mapping[str, tuple[int, ...]],
) -> ServiceLook:
    tickets = topic_of(place.namespace, TICKETS)
    ledger = await _fetch(store, place, name, _LEDGER, tickets)
    [waits] = await _fetch(store, place, name, _WAITS)
    back = sum(orjson.loads(r["expected"]).get(name, 1) - 1 for r in ledger if r["expected"])
    facts = sum(r["position"] for r in ledger)
    lags = (
        Lag(
            r["topic"], r["partition"], ends.get((r["topic"], r["partition"]), 0) - r["next_offset"]
        )
        for r in inbox
    )
    found = tuple(lag for lag in lags if lag.records > 0)
    named = {client: release_of(client) for client in members}
    owners = {named[client][0]: buckets for client, buckets in members.items()}
    releases = dict(named.values())
    return ServiceLook(
        name, facts, max(0, facts - back), found, owners, **dict(waits), releases=releases
    )


async def _fetch(
    store: asyncpg.Connection, place: CityPlace, service: str, sql: str, *arguments: Any
) -> list[Any]:
    names = {
        "schema": schema_of(place.namespace, service),
        "vault": vault_of(place.namespace, service),
    }
    rows: list[Any] = await store.fetch(sql.format(**names), *arguments)
    return rows


async def _ends(place: CityPlace, inbox: Iterable[Any]) -> dict[tuple[str, int], int]:
    """The ends of all partitions that anybody reads."""
    places = {TopicPartition(row["topic"], row["partition"]) for row in inbox}
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


async def _members(
    admin: AIOKafkaAdminClient, place: CityPlace
) -> dict[str, dict[str, tuple[int, ...]]]:
    """By service and client: its buckets."""
    groups = {topic_of(place.namespace, name): name for name in SERVICES}
    tickets = topic_of(place.namespace, TICKETS)
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for group, name in groups.items():
        answer = await admin._send_request(_Members(group), await admin.find_coordinator(group))
        [described] = answer.to_object()["groups"]
        found[name] = {
            member["client_id"]: _buckets(member["member_assignment"], tickets)
            for member in described["members"]
        }
    return found


class _Members(Request[DescribeGroupsRequest_v2]):
    """aiokafka's own asks in version 3 and reads the answer as one of version 2."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, struct: type[DescribeGroupsRequest_v2]) -> DescribeGroupsRequest_v2:
        return struct([self._group])


def _buckets(assignment: bytes, tickets: str) -> tuple[int, ...]:
    if not assignment:
        return ()
    parts = ConsumerProtocolMemberAssignment.decode(assignment).partitions()
    return tuple(sorted(p.partition for p in parts if p.topic == tickets))
