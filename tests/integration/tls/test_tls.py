"""Broker, store and HTTP over TLS with certificates made here, and who is not let in."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.services import service_command
from hotline.dev.stack import StackInfo
from services.kernel.bus import BusUnavailable, Outgoing
from services.kernel.bus_kafka import KafkaBus
from services.kernel.settings import parse
from services.kernel.tokens import dev_token
from services.kernel.topics import Topic, make_topics
from services.kernel.transport import TransportSettings, kafka_security
from tests.integration.tls.conftest import Secure
from tests.support.certificates import CA, CERTIFICATE, KEY, authority, mutual
from tests.support.stack import new_namespace

_WAIT_S = 40.0


def other_ca(folder: Path) -> Path:
    """Of an authority that signed nothing of ours."""
    authority("other").issue("other").write(folder)
    return folder / CA


def bus(secure: Secure, protocol: str, env: dict[str, str] | None = None) -> KafkaBus:
    settings = parse(TransportSettings, env or secure.env(protocol, **_PLAIN.get(protocol, {})))
    where, security = secure.at(protocol), kafka_security(settings)
    return KafkaBus(where, "test", lambda: datetime.now(UTC), **security)


_STRANGER = "file of another authority"
_PLAIN = {"sasl_plaintext": {"HOTLINE_KAFKA_MECHANISM": "PLAIN"}}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("protocol", ["ssl", "sasl_ssl", "sasl_plaintext"])
async def test_who_is_known_makes_topics_and_writes(secure: Secure, protocol: str) -> None:
    settings = parse(TransportSettings, secure.env(protocol, **_PLAIN.get(protocol, {})))
    topic, where = Topic(f"x.{protocol}", 2, 60_000), secure.at(protocol)
    await make_topics(where, "", [topic], **kafka_security(settings))
    found = bus(secure, protocol)
    await found.publish([Outgoing(topic.name, 1, b"k", b"v", [])])
    reader = await found.reader([(topic.name, 1)], from_end=False)
    assert [record.value for record in await reader.fetch(1, 10.0)] == [b"v"]
    await reader.stop()
    await found.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("protocol", "change"),
    [
        ("sasl_ssl", {"HOTLINE_KAFKA_PASSWORD": "wrong"}),
        ("sasl_plaintext", {"HOTLINE_KAFKA_PASSWORD": "wrong", **_PLAIN["sasl_plaintext"]}),
        ("ssl", {"HOTLINE_KAFKA_CERT": "", "HOTLINE_KAFKA_KEY": ""}),
        ("sasl_ssl", {"HOTLINE_CA": _STRANGER}),
        ("ssl", {"HOTLINE_KAFKA_CA": _STRANGER}),
        ("ssl", dict.fromkeys(mutual(Path()), "") | {"HOTLINE_KAFKA_PROTOCOL": "plaintext"}),
    ],
    ids=[
        "wrong password",
        "wrong plain password",
        "no certificate",
        "stranger",
        "stranger for brokers",
        "no tls",
    ],
)
async def test_who_is_not_is_refused(
    secure: Secure, tmp_path: Path, protocol: str, change: dict[str, str]
) -> None:
    other = str(other_ca(tmp_path))
    change = {name: other if value == _STRANGER else value for name, value in change.items()}
    found = bus(secure, protocol, secure.env(protocol, **change))
    with pytest.raises(BusUnavailable):
        await asyncio.wait_for(found.partitions("any"), 30.0)
    await found.close()


# The store


async def _connected(dsn: str) -> bool:
    """Whether by TLS; again while the server reads its settings anew."""
    connection = await asyncpg.connect(dsn, timeout=10.0)
    try:
        query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
        return bool(await connection.fetchval(query))
    finally:
        await connection.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_store_is_reached_by_tls_and_a_stranger_is_not_believed(
    secure_dsn: str, tmp_path: Path
) -> None:
    if not secure_dsn:
        pytest.skip(
            "no PostgreSQL that was built with TLS: the tests' own and pg_config's were not"
        )
    assert await _connected(secure_dsn)
    for wrong in (
        secure_dsn.rpartition("=")[0] + f"={other_ca(tmp_path)}",
        secure_dsn.replace(LOCALHOST, "localhost.localdomain"),
    ):
        with pytest.raises((ssl.SSLError, OSError)):
            await _connected(wrong)


# A whole process


@pytest.mark.asyncio(loop_scope="module")
async def test_a_service_speaks_tls_to_all_three_sides(
    stack: StackInfo, secure: Secure, secure_dsn: str, tmp_path: Path
) -> None:
    port = free_port()
    env = secure.env("sasl_ssl") | {
        "HOTLINE_KAFKA": secure.at("sasl_ssl"),
        "HOTLINE_DSN": secure_dsn or stack.dsn,
        "HOTLINE_NAMESPACE": new_namespace(),
        "HOTLINE_HTTP_PORT": str(port),
        "HOTLINE_HTTP_CERT": str(secure.server / CERTIFICATE),
        "HOTLINE_HTTP_KEY": str(secure.server / KEY),
        "HOTLINE_DEV": "1",
        "HOTLINE_RUN_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    migrate = [sys.executable, "-m", "hotline.cli.main", "migrate"]
    done = await asyncio.to_thread(subprocess.run, migrate, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    process = await asyncio.create_subprocess_exec(*service_command("dispatch"), env=env)
    try:
        await _answered(process, port, secure, tmp_path)
    finally:
        process.terminate()
        assert await process.wait() == 0


async def _answered(process: Any, port: int, secure: Secure, run_dir: Path) -> None:
    trust = ssl.create_default_context(cafile=secure.ca)
    token = dev_token("staff", "clerk", run_dir=run_dir)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}
    until = asyncio.get_running_loop().time() + _WAIT_S
    async with httpx.AsyncClient(base_url=f"https://{LOCALHOST}:{port}", verify=trust) as client:
        while True:
            assert process.returncode is None, "the service ended"
            try:
                ready = await client.get("/readyz")
                if ready.status_code == 200:
                    break
            except httpx.TransportError:
                assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.1)
        answer = await client.post("/v1/tickets/T-1/approve", json={}, headers=headers)
        assert answer.status_code in (404, 409), answer.text
    async with httpx.AsyncClient() as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get(f"http://{LOCALHOST}:{port}/livez")
    async with httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.get(f"https://{LOCALHOST}:{port}/livez")
