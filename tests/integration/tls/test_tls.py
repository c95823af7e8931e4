"""Broker, store and HTTP over TLS with certificates made here, and who is not let in."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from hotline.dev import artifacts, fetchers, kafka, postgres
from hotline.dev.command import CommandFailed, run
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.services import service_command
from hotline.dev.stack import StackInfo
from hotline.dev.supervisor import Supervisor
from services.kernel.bus import BusUnavailable, Outgoing
from services.kernel.bus_kafka import KafkaBus
from services.kernel.settings import parse
from services.kernel.tokens import dev_token
from services.kernel.topics import Topic, make_topics
from services.kernel.transport import TransportSettings, kafka_security
from tests.support.certificates import Authority, Pair
from tests.support.stack import new_namespace

PASSWORD = "correct-horse-battery"
_WAIT_S = 40.0


@dataclass(frozen=True)
class Secure:
    """A broker that wants certificates at one port and passwords at two others, by TLS or not."""

    authority: Authority
    server: Pair
    client: Pair
    ports: dict[str, int]

    def at(self, protocol: str) -> str:
        return f"{LOCALHOST}:{self.ports[protocol]}"

    def env(self, protocol: str, **more: str) -> dict[str, str]:
        own = {"HOTLINE_KAFKA_PROTOCOL": protocol}
        if protocol.endswith("ssl"):
            own["HOTLINE_CA"] = str(self.authority.file)
        if protocol.startswith("sasl"):
            own |= {"HOTLINE_KAFKA_USER": "hotline", "HOTLINE_KAFKA_PASSWORD": PASSWORD}
        else:
            own["HOTLINE_KAFKA_CERT"] = str(self.client.cert)
            own["HOTLINE_KAFKA_KEY"] = str(self.client.key)
        return own | more


def _broker_settings(secure: Secure, plain: int, controller: int) -> dict[str, str]:
    ports = secure.ports
    listeners = (
        f"PLAINTEXT://{LOCALHOST}:{plain},SSL://{LOCALHOST}:{ports['ssl']},"
        f"SASL_SSL://{LOCALHOST}:{ports['sasl_ssl']},"
        f"SASL_PLAINTEXT://{LOCALHOST}:{ports['sasl_plaintext']}"
    )
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    word = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'user_hotline="{PASSWORD}";'
    )
    names = ("PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT")
    return {
        "listeners": f"{listeners},CONTROLLER://{LOCALHOST}:{controller}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": ",".join(
            [f"{name}:{name}" for name in names] + ["CONTROLLER:PLAINTEXT"]
        ),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.sasl_ssl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": word,
        "listener.name.sasl_plaintext.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.ssl.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(secure.server.both),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(secure.authority.file),
    }


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Secure]:
    authority = Authority(folder / "certificates")
    ports = {name: free_port() for name in ("ssl", "sasl_ssl", "sasl_plaintext")}
    secure = Secure(authority, authority.pair("server"), authority.pair("client"), ports)
    plain, controller = free_port(), free_port()
    jars = await artifacts.fetched(
        artifacts.locked_jars(), fetchers.available(), artifacts.cache_folder(), lambda _: None
    )
    program = await kafka.broker(
        folder / "kafka", jars, plain, controller,
        besides=_broker_settings(secure, plain, controller), users={"hotline": PASSWORD},
    )  # fmt: skip
    supervisor = Supervisor(folder)
    try:
        await supervisor.start(program)
        yield secure
    finally:
        await supervisor.stop(3.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secure() -> AsyncIterator[Secure]:
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        async with running(folder) as found:
            yield found


def bus(secure: Secure, protocol: str, env: dict[str, str] | None = None) -> KafkaBus:
    settings = parse(TransportSettings, env or secure.env(protocol, **_PLAIN.get(protocol, {})))
    where, security = secure.at(protocol), kafka_security(settings)
    return KafkaBus(where, "test", lambda: datetime.now(UTC), **security)


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
        ("ssl", {"HOTLINE_CA": "another authority"}),
        ("ssl", {"HOTLINE_KAFKA_PROTOCOL": "plaintext", "HOTLINE_KAFKA_CERT": ""}),
    ],
    ids=["wrong password", "wrong plain password", "no certificate", "stranger", "no tls"],
)
async def test_who_is_not_is_refused(
    secure: Secure, tmp_path: Path, protocol: str, change: dict[str, str]
) -> None:
    if change.get("HOTLINE_CA"):
        change = {"HOTLINE_CA": str(Authority(tmp_path, "other").file)}
    found = bus(secure, protocol, secure.env(protocol) | change)
    with pytest.raises(BusUnavailable):
        await asyncio.wait_for(found.partitions("any"), 30.0)
    await found.close()


# The store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secure_dsn(stack: StackInfo, secure: Secure) -> AsyncIterator[str]:
    """A store with TLS: the tests' own, or one of this machine's programs; empty where neither
    was built with it."""
    async with AsyncExitStack() as resources:
        dsn = stack.dsn
        if not await _has_tls(dsn):
            dsn = await resources.enter_async_context(_other_store())
        if dsn:
            await _encrypt(dsn, secure.server)
            resources.push_async_callback(_plain, dsn)
        yield f"{dsn}?sslmode=verify-full&sslrootcert={secure.authority.file}" if dsn else ""


async def _has_tls(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval("show ssl_library"))
    finally:
        await connection.close()


@asynccontextmanager
async def _other_store() -> AsyncIterator[str]:
    """Of the programs that `pg_config` names; the embedded ones know no TLS."""
    try:
        places = [await run(["pg_config", word], timeout_s=10.0) for word in _PG_CONFIG]
    except CommandFailed:
        places = ["", ""]
    if "openssl" not in places[1]:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "find_binaries", partial(_found, Path(places[0])))
        patch.setattr(postgres, "_MINIMUM_MAJOR", 13)
        supervisor = Supervisor(Path(folder))
        program, dsn = await postgres.store(Path(folder) / "store", free_port())
        try:
            await supervisor.start(program)
            yield dsn
        finally:
            await supervisor.stop(3.0)


async def _found(place: Path) -> Path:
    return place


_PG_CONFIG = ("--bindir", "--configure")


async def _encrypt(dsn: str, server: Pair) -> None:
    """Puts the pair beside the server's data, as the server's own user."""
    connection = await asyncpg.connect(dsn)
    try:
        folder = await connection.fetchval("show data_directory")
        for name, file in (("test.crt", server.cert), ("test.key", server.key)):
            target = f"{folder}/{name}"
            large = await connection.fetchval("select lo_from_bytea(0, $1)", file.read_bytes())
            await connection.execute(f"select lo_export({large}, '{target}')")
            await connection.execute(f"select lo_unlink({large})")
            await connection.execute(
                f"copy (select 1) to program 'cat > /dev/null; chmod 600 {target}'"
            )
        await connection.execute("alter system set ssl_cert_file = 'test.crt'")
        await connection.execute("alter system set ssl_key_file = 'test.key'")
        await connection.execute("alter system set ssl = on")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


async def _plain(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for name in ("ssl", "ssl_cert_file", "ssl_key_file"):
            await connection.execute(f"alter system reset {name}")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


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
    other = Authority(tmp_path, "other")
    for wrong in (
        secure_dsn.rpartition("=")[0] + f"={other.file}",
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
        "HOTLINE_HTTP_CERT": str(secure.server.cert),
        "HOTLINE_HTTP_KEY": str(secure.server.key),
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
    trust = ssl.create_default_context(cafile=str(secure.authority.file))
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
