"""A broker and a store that want TLS, with certificates made here."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from hotline.dev import artifacts, fetchers, kafka, postgres
from hotline.dev.command import CommandFailed, run
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.stack import StackInfo
from hotline.dev.supervisor import Supervisor
from tests.support.certificates import CA, CERTIFICATE, KEY, authority, mutual

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Secure:
    """A broker that wants certificates at one port and passwords at two others, by TLS or not.

    `server` and `client` are the folders of their certificates.
    """

    server: Path
    client: Path
    ports: dict[str, int]

    @property
    def ca(self) -> str:
        return str(self.client / CA)

    def at(self, protocol: str) -> str:
        return f"{LOCALHOST}:{self.ports[protocol]}"

    def env(self, protocol: str, **more: str) -> dict[str, str]:
        if protocol == "ssl":
            return mutual(self.client) | more
        own = {
            "HOTLINE_KAFKA_PROTOCOL": protocol,
            "HOTLINE_KAFKA_USER": "hotline",
            "HOTLINE_KAFKA_PASSWORD": PASSWORD,
        }
        return own | ({"HOTLINE_CA": self.ca} if protocol == "sasl_ssl" else {}) | more


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
        "ssl.keystore.location": str(secure.server / "both.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": secure.ca,
    }


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Secure]:
    ca, server, client = authority("tls"), folder / "server", folder / "client"
    for place in (server, client):
        ca.issue(place.name).write(place)
    both = server / "both.pem"
    both.write_bytes((server / KEY).read_bytes() + (server / CERTIFICATE).read_bytes())
    ports = {name: free_port() for name in ("ssl", "sasl_ssl", "sasl_plaintext")}
    secure = Secure(server, client, ports)
    plain, controller = free_port(), free_port()
    jars = await artifacts.fetched(
        artifacts.locked_jars(), fetchers.available(), artifacts.cache_folder(), lambda _: None
    )
    program = await kafka.broker(
        folder / "kafka", jars, [kafka.Member(plain, controller)],
        settings=_broker_settings(secure, plain, controller), users={"hotline": PASSWORD},
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
        yield f"{dsn}?sslmode=verify-full&sslrootcert={secure.ca}" if dsn else ""


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


async def _encrypt(dsn: str, server: Path) -> None:
    """Puts the pair beside the server's data, as the server's own user."""
    connection = await asyncpg.connect(dsn)
    try:
        folder = await connection.fetchval("show data_directory")
        for name, file in (("test.crt", server / CERTIFICATE), ("test.key", server / KEY)):
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
