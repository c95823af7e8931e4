"""`hotline dev up` starts a real cluster and a standby, says where they are, and ends at Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hotline.dev.stack import erase
from tests.support.stack import ROOT, new_namespace


@pytest.fixture
def root() -> Iterator[Path]:
    ROOT.mkdir(parents=True, exist_ok=True)
    place = ROOT / new_namespace()
    yield place
    erase(place)


async def test_three_brokers_and_a_standby_are_up_until_ctrl_c(root: Path) -> None:
    words = ["dev", "up", "--brokers", "3", "--standby", "--run-dir", str(root)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline.cli.main", *words, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        info = json.loads(await process.stdout.readline())
        admin = AIOKafkaAdminClient(bootstrap_servers=info["bootstrap"])
        await admin.start()
        try:
            assert len((await admin.describe_cluster())["brokers"]) == 3
            [answer] = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.BROKER, "1")]
            )
            settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
            assert settings["min.insync.replicas"] == "2"
        finally:
            await admin.close()
        store = await asyncpg.connect(info["dsn"])
        assert await store.fetchval("select sync_state from pg_stat_replication") == "sync"
        await store.close()
    finally:
        process.send_signal(signal.SIGINT)
        ended = await asyncio.wait_for(process.wait(), timeout=20.0)
    assert ended == 0
