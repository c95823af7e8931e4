"""The rights that a cluster gives are enough for the loop, and no more, on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from click.testing import CliRunner

from hotline.cli.main import cli
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import services
from hotline.dev.stack import StackInfo
from hotline.ops.kafka_users import channel_user, department_user, unit_user, users
from hotline.programs import PROGRAMS
from services.kernel import names
from services.kernel.tokens import dev_token
from services.kernel.topics import (
    department_topic,
    make_topics,
    replies_topic,
    ticket_topics,
)
from tests.support.secured import ADMIN, Secured, secured_broker

MATTER = {
    "channel": "web",
    "kind": "complaint",
    "category": "NYPD/Noise - Residential",
    "area": "BRONX",
    "title": "Loud music",
}
DENIED = (
    TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError,
)  # fmt: skip
NYPD = department_user("NYPD", sender="unit-nypd")
WEB = channel_user("web")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    async with secured_broker(tmp_path_factory.mktemp("secured")) as made:
        await made.allow([*users(), NYPD, WEB, department_user("DOT"), unit_user("unit-dpr")])
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full(broker: Secured) -> Secured:
    """With all topics that the tests name: what is not seen then is refused, not missing."""
    departments = map(department_topic, ("NYPD", "DOT"))
    answers = map(replies_topic, ("web", "unit-dpr", "unit-nypd"))
    topics = [*ticket_topics(24), *departments, *answers]
    await make_topics(broker.bootstrap, "", topics, **broker.options(ADMIN))
    return broker


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_six_programs_do_their_work_with_these_rights_alone(
    broker: Secured, stack: StackInfo, namespace: str, tmp_path: Path
) -> None:
    # Topics are named as in a city of its own, since the rights are; the schemas are this test's.
    dsn = await _database(stack.dsn, namespace)
    make_senders(tmp_path, city_senders([]))
    city = services(
        StackInfo(broker.bootstrap, dsn), "", run_dir=tmp_path, city="nyc", only=PROGRAMS,
        env=broker.env(ADMIN), env_of={name: broker.env(name) for name in PROGRAMS},
        say=lambda _: None,
    )  # fmt: skip
    async with city as running:
        token = dev_token("channel", "web", run_dir=tmp_path)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "m1"}
        async with httpx.AsyncClient(base_url=running.urls["intake"]) as http:
            answer = await http.post("/v1/tickets", json=MATTER, headers=headers)
        assert answer.status_code == 201, answer.text
        entries = await _read(broker, "department-nypd", names.department_of("NYPD"), 4)
    assert {key.decode() for key, _ in entries} == {answer.json()["ticket"]}
    env = {
        "HOTLINE_KAFKA": broker.bootstrap, "HOTLINE_DSN": dsn, "HOTLINE_CITY": "nyc",
        **broker.env("dispatch"),
    }  # fmt: skip
    for words in (("verify", "dispatch"), ("heal", "dispatch"), ("ops", "lag")):
        done = await asyncio.to_thread(CliRunner(env=env).invoke, cli, words)
        assert done.exit_code == 0, done.output
    done = await asyncio.to_thread(CliRunner(env=env).invoke, cli, ("ops", "doctor"))
    assert "ok    brokers: " in done.output, done.output
    for name in PROGRAMS:
        log = (tmp_path / "logs" / f"{name}.log").read_text("utf-8")
        assert "AuthorizationFailed" not in log, log


async def _database(dsn: str, name: str) -> str:

    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return dsn.rpartition("/")[0] + f"/{name}"


async def _read(broker: Secured, user: str, topic: str, count: int) -> list[tuple[bytes, bytes]]:
    """The first records of a topic, read as this user."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", request_timeout_ms=10_000,
        **broker.options(user),
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in range(6)])
        found: list[tuple[bytes, bytes]] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [(r.key, r.value) for r in records]
        return found
    finally:
        await consumer.stop()


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("department-nypd", names.TICKETS),
        ("department-nypd", names.WATERMARKS),
        ("department-nypd", names.REGISTRY),
        ("intake", names.MEASURES),
        ("intake", names.department_of("NYPD")),
        ("datasync", names.replies_of("unit-nypd")),
        ("windows", names.TICKETS),
        ("migrate", names.TICKETS),
        ("department-dot", names.COMMANDS),
        ("department-nypd", names.SUBMISSIONS),
        ("channel-web", names.replies_of("unit-nypd")),
        ("channel-web", names.TICKETS),
        ("sender-unit-dpr", names.SUBMISSIONS),
        ("sender-unit-dpr", names.TICKETS),
    ],
)
async def test_nobody_writes_what_is_not_theirs(full: Secured, user: str, topic: str) -> None:
    with pytest.raises(DENIED):
        await _write(full, user, topic)


async def test_a_department_that_may_send_commands_does(full: Secured) -> None:
    await _write(full, "department-nypd", names.COMMANDS)


async def test_a_channel_hands_in_matters_and_commands_and_reads_its_answers_alone(
    full: Secured,
) -> None:
    for topic in (names.SUBMISSIONS, names.COMMANDS):
        await _write(full, "channel-web", topic)
    answers = names.replies_of("web")
    await _write(full, "intake", answers)
    assert await _read(full, "channel-web", answers, 1) == [(b"k", b"v")]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=full.bootstrap, auto_offset_reset="earliest", request_timeout_ms=10_000,
        **full.options("channel-web"),
    )  # fmt: skip
    await consumer.start()
    try:
        own = {names.SUBMISSIONS, names.COMMANDS, answers}
        assert await consumer.topics() == own
        for topic in (names.SUBMISSIONS, names.COMMANDS):  # others' matters
            consumer.assign([TopicPartition(topic, 0)])
            with pytest.raises(DENIED):
                await consumer.getone()
    finally:
        await consumer.stop()


async def test_a_unit_sends_commands_and_reads_its_answers(full: Secured) -> None:
    answers = names.replies_of("unit-dpr")
    await _write(full, "sender-unit-dpr", names.COMMANDS)
    await _write(full, "dispatch", answers)
    assert await _read(full, "sender-unit-dpr", answers, 1) == [(b"k", b"v")]


async def _write(broker: Secured, user: str, topic: str) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, request_timeout_ms=10_000, acks="all",
        **broker.options(user),
    )  # fmt: skip
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"v", key=b"k", partition=0)
    finally:
        await producer.stop()


async def test_a_department_sees_and_reads_no_topic_but_its_own(full: Secured) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=full.bootstrap, auto_offset_reset="earliest", request_timeout_ms=10_000,
        **full.options("department-nypd"),
    )  # fmt: skip
    await consumer.start()
    try:
        own = {names.department_of("NYPD"), names.COMMANDS, names.replies_of("unit-nypd")}
        assert await consumer.topics() == own
        others = [names.TICKETS, names.REGISTRY, names.department_of("DOT"), names.COMMANDS]
        consumer.assign([TopicPartition(topic, 0) for topic in others])
        with pytest.raises(DENIED):
            await consumer.getone()
    finally:
        await consumer.stop()


async def test_a_department_joins_no_group_of_ours(full: Secured) -> None:
    consumer = AIOKafkaConsumer(
        names.department_of("NYPD"), bootstrap_servers=full.bootstrap, group_id="intake",
        request_timeout_ms=10_000, **full.options("department-nypd"),
    )  # fmt: skip
    with pytest.raises(DENIED):
        await _start(consumer)


async def test_without_a_certificate_nobody_comes_in(full: Secured) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=full.bootstrap, request_timeout_ms=2_000, retry_backoff_ms=100
    )
    with pytest.raises(KafkaConnectionError):
        await _start(consumer)


async def _start(consumer: Any) -> None:
    try:
        await consumer.start()
        await consumer.getone()
    finally:
        await consumer.stop()
