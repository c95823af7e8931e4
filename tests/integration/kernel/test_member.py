"""A member of a group whose client is stuck: another client joins in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from hotline.dev.stack import StackInfo
from services.kernel import consumer_kafka
from services.kernel.bus import BusUnavailable, Outgoing, Place
from services.kernel.bus_kafka import KafkaBus
from services.kernel.consumer_kafka import Member
from services.kernel.names import topic_of
from services.kernel.topics import Topic, make_topics
from tests.support.loops import wait_until

NOTES = Topic("hotline.notes.v1", 2, -1)


class Group:
    """One member, which reads from the begin of each partition that it is given."""

    def __init__(self, bus: KafkaBus, topic: str) -> None:
        self.bus, self.topic = bus, topic
        self.given: list[set[Place]] = []
        self.mine: set[Place] = set()
        self.read: list[bytes | None] = []
        self.member: Member

    async def assigned(self, places: Sequence[Place]) -> Mapping[Place, int]:
        self.given.append(set(places))
        self.mine |= set(places)
        return dict.fromkeys(places, 0)

    async def revoked(self, places: Sequence[Place]) -> None:
        self.mine -= set(places)

    async def joins(self) -> None:
        self.member = await self.bus.consumer(
            f"{self.topic}.readers", "readers-0", [self.topic], self.assigned, self.revoked
        )

    async def note(self, value: bytes) -> None:
        await self.bus.publish([Outgoing(self.topic, 1, b"key", value, [])])

    async def reads(self, value: bytes) -> bool:
        """Whether it has come; what makes the client fail is tried again, as the worker does."""
        try:
            self.read += [record.value for record in await self.member.fetch(10, 0.1)]
        except BusUnavailable:
            await asyncio.sleep(0.1)
        return value in self.read


@asynccontextmanager
async def group_of_one(stack: StackInfo, namespace: str) -> AsyncIterator[Group]:
    await make_topics(stack.bootstrap, namespace, [NOTES])
    bus = KafkaBus(stack.bootstrap, "test", lambda: datetime.now(UTC))
    group = Group(bus, topic_of(namespace, NOTES.name))
    try:
        await group.joins()
        yield group
        await group.member.stop()
    finally:
        await bus.close()


async def never(*_: Any) -> Any:
    await asyncio.Event().wait()


def no_heartbeat(coordinator: Any) -> None:
    coordinator._do_heartbeat = never


def no_end_of_a_rejoin(coordinator: Any) -> None:
    coordinator._do_rejoin_group = never
    coordinator.request_rejoin()


def no_coordination(coordinator: Any) -> None:
    coordinator._do_rejoin_group = Broken()
    coordinator.request_rejoin()


class Broken:
    def __call__(self, *_: Any) -> Awaitable[Any]:
        raise ZeroDivisionError("a defect of the client")


@pytest.mark.parametrize("fault", [no_heartbeat, no_end_of_a_rejoin, no_coordination])
async def test_a_member_whom_the_group_does_not_count_in_joins_anew(
    stack: StackInfo, namespace: str, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr(consumer_kafka, "REJOIN_S", 3.0)
    async with group_of_one(stack, namespace) as group:
        stuck = group.member._inner
        fault(stuck._coordinator)

        async def another_has_joined() -> bool:
            await group.reads(b"")
            return group.member._inner is not stuck

        await wait_until(another_has_joined, 30.0, "joining anew")
        places = {(group.topic, 0), (group.topic, 1)}
        assert group.given == [places, places]
        assert group.mine == places
        await group.note(b"after it")
        await wait_until(lambda: group.reads(b"after it"), 30.0, "reading on")


async def test_a_member_that_is_counted_in_stays(
    stack: StackInfo, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the answers to its heartbeats, also while there is nothing to read."""
    monkeypatch.setattr(consumer_kafka, "REJOIN_S", 3.0)
    async with group_of_one(stack, namespace) as group:
        stays = group.member._inner
        until = asyncio.get_running_loop().time() + 7.0
        while asyncio.get_running_loop().time() < until:
            assert not await group.reads(b"")
        assert group.member._inner is stays
        assert len(group.given) == 1
