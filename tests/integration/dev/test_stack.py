"""The embedded stack for real: found again, stopped whole, however it ends.

All tests share one folder, so each is also one more start on the same data.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hotline.dev import identity, postgres
from hotline.dev.failure import StackFailure
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.stack import Stack, StackInfo, erase, stack
from hotline.dev.supervisor import Supervisor

TOPIC = TopicPartition("found.again", 0)
TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stack")
    yield folder
    erase(folder)
    assert not folder.exists()


def silent(line: str) -> None:
    """Nobody reads the progress of these tests."""


def processes_of(root: Path) -> list[psutil.Process]:
    """Everything in the process table that works in this folder: broker, store, its children."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = " ".join(process.info["cmdline"] or ()) + (process.info["cwd"] or "")
        if str(root) in words and process.pid != os.getpid():
            found.append(process)
    return found


@asynccontextmanager
async def in_a_process(root: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m hotline.dev`, ready; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline.dev", str(root), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert "bootstrap" in json.loads(await process.stdout.readline())
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def write(info: StackInfo) -> None:
    """One row and one record."""
    connection = await asyncpg.connect(info.dsn)
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("INSERT INTO kept VALUES ('row')")
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=info.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC.topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=info.bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(TOPIC.topic, b"record", timestamp_ms=1_300_000_000_000)
    await producer.stop()


async def read_row(info: StackInfo) -> str:
    """The row that `write` wrote."""
    connection = await asyncpg.connect(info.dsn)
    try:
        return str(await connection.fetchval("SELECT word FROM kept"))
    finally:
        await connection.close()


async def read_record(info: StackInfo) -> tuple[bytes, int]:
    """The record that `write` wrote, and its time."""
    consumer = AIOKafkaConsumer(bootstrap_servers=info.bootstrap, auto_offset_reset="earliest")
    consumer.assign([TOPIC])
    await consumer.start()
    try:
        record = await consumer.getone()
        return record.value, record.timestamp
    finally:
        await consumer.stop()


async def test_the_second_start_finds_the_data_again(root: Path) -> None:
    async with stack(root, say=silent) as first:
        await write(first)
    async with stack(root, say=silent) as second:
        assert second == first
        assert await read_row(second) == "row"
        value, at_ms = await read_record(second)
        assert value == b"record"
        assert at_ms > 1_300_000_000_000, "the broker's time counts, not the sender's"
    assert processes_of(root) == []


async def test_the_store_is_durable_and_asks_for_its_password(root: Path) -> None:
    async with stack(root, say=silent) as info:
        connection = await asyncpg.connect(info.dsn)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.fetchval(f"SHOW {setting}") == "on"
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(info.dsn, password="guessed")
    assert (root / "postgres" / "password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_asked_to_stop_it_ends_well_and_leaves_nothing(
    root: Path, number: signal.Signals
) -> None:
    async with in_a_process(root) as process:
        assert len(processes_of(root)) >= 3
        process.send_signal(number)
        async with asyncio.timeout(TIMEOUT_S):
            assert await process.wait() == 0
    assert processes_of(root) == []


async def test_killed_it_leaves_nothing_and_the_next_start_finds_the_data(root: Path) -> None:
    async with in_a_process(root) as process:
        process.kill()
        await process.wait()
    gone, alive = psutil.wait_procs(processes_of(root), timeout=TIMEOUT_S)
    assert alive == [], f"left running beside {gone}"
    async with stack(root, say=silent) as info:
        assert await read_row(info) == "row"


async def test_a_second_run_on_the_same_folder_is_refused(root: Path) -> None:
    async with stack(root, say=silent) as info:
        with pytest.raises(StackFailure, match="already runs"):
            async with stack(root, say=silent):
                pytest.fail("two stacks run on one folder")
        assert await read_row(info) == "row"


async def test_a_port_in_use_is_one_sentence_and_starts_nothing(root: Path) -> None:
    port = json.loads((root / "ports.json").read_text())["postgres"]
    other = await asyncio.start_server(lambda reader, writer: writer.close(), LOCALHOST, port)
    async with other:
        with pytest.raises(StackFailure, match=f"Port {port}.*HOTLINE_PORT_POSTGRES"):
            async with stack(root, say=silent):
                pytest.fail("it runs")
    assert processes_of(root) == []


async def test_a_broker_that_dies_is_reported_with_its_log(root: Path) -> None:
    async with Stack(root, say=silent) as running:
        broker = json.loads((root / "pids" / "kafka.json").read_text())["pid"]
        os.kill(broker, signal.SIGKILL)
        with pytest.raises(StackFailure, match=r"(?s)kafka was ended by SIGKILL.*kafka\.log"):
            async with asyncio.timeout(TIMEOUT_S):
                await running.watch()
    assert processes_of(root) == []


async def test_a_process_id_that_came_round_again_does_not_stop_the_store(root: Path) -> None:
    data = next(root.glob("postgres/[0-9]*"))
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n")
    async with stack(root, say=silent) as info:
        assert await read_row(info) == "row"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
async def test_root_without_user_namespaces_runs_the_store_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "NAMESPACE", ("false",))
    store, dsn = await postgres.store(tmp_path / "postgres", free_port())
    supervisor = Supervisor(tmp_path)
    try:
        await supervisor.start(store)
        assert psutil.Process(supervisor.pid("postgres")).username() == "nobody"
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    finally:
        await supervisor.stop()
        erase(tmp_path)
    assert not identity.outside_folder(tmp_path / "postgres").exists()
