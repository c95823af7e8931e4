"""A broker that lets nobody in without a certificate, and nobody do what was not allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest_v1
from aiokafka.protocol.api import Request

from hotline.dev import artifacts, fetchers, kafka
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.probes import kafka_answers
from hotline.dev.supervisor import Supervisor
from hotline.ops.kafka_users import User
from services.kernel.settings import parse
from services.kernel.transport import TransportSettings, kafka_security
from tests.support.certificates import Authority, authority, mutual

ADMIN = "admin"
# Numbers of the protocol (org.apache.kafka.common.resource, .acl).
_KINDS = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8, "DescribeConfigs": 10}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


@dataclass(frozen=True)
class Secured:
    """Where it is, and the folders of everybody's certificates."""

    bootstrap: str
    folder: Path
    ca: Authority

    def env(self, name: str) -> dict[str, str]:
        """The settings of this user; the certificate is made at the first call."""
        place = self.folder / name
        if not place.exists():
            self.ca.issue(name).write(place)
        return mutual(place)

    def options(self, name: str) -> dict[str, Any]:
        """For aiokafka's clients, as this user."""
        return kafka_security(parse(TransportSettings, self.env(name)))

    async def allow(self, users: Sequence[User]) -> None:
        """Give these users their rights."""
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap, request_timeout_ms=10_000, **self.options(ADMIN)
        )
        await admin.start()
        try:
            answer = await admin._send_request(_Creation(users))
            assert not [r for r in answer.creation_responses if r[0]], answer
        finally:
            await admin.close()


class _Creation(Request[CreateAclsRequest_v1]):
    API_KEY = 30

    def __init__(self, users: Sequence[User]) -> None:
        self._creations = [
            (
                _KINDS[right.kind],
                right.name,
                _PREFIXED if right.prefix else _LITERAL,
                f"User:CN={user.name}",
                "*",
                _OPERATIONS[operation],
                _ALLOW,
            )
            for user in users
            for right in user.rights
            for operation in right.operations
        ]

    def build(self, struct: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        assert struct.API_VERSION == 1
        return struct(self._creations)


@asynccontextmanager
async def secured_broker(root: Path) -> AsyncIterator[Secured]:
    """Listens with mutual TLS only; its administrator's name is `admin`."""
    ca = authority("hotline-test-ca")
    own = ca.issue("broker")
    root.mkdir(parents=True, exist_ok=True)
    (root / "keystore.pem").write_bytes(own.key + own.certificate)
    (root / "truststore.pem").write_bytes(own.authority)
    members = [kafka.Member(free_port(), free_port())]
    jars = await artifacts.fetched(
        artifacts.locked_jars(), fetchers.available(), artifacts.cache_folder(), lambda _: None
    )
    program = await kafka.broker(
        root / "kafka", jars, members, settings=_settings(root, members[0])
    )
    made = Secured(f"{LOCALHOST}:{members[0].port}", root / "users", ca)
    supervisor = Supervisor(root)
    try:
        await supervisor.start(replace(program, ready=_answers(made)))
        yield made
    finally:
        await supervisor.stop()


def _answers(broker: Secured) -> Any:
    return kafka_answers(broker.bootstrap, **broker.options(ADMIN))


def _settings(root: Path, member: kafka.Member) -> dict[str, str]:
    return {
        "listeners": f"SSL://{LOCALHOST}:{member.port},"
        f"CONTROLLER://{LOCALHOST}:{member.controller_port}",
        "advertised.listeners": f"SSL://{LOCALHOST}:{member.port}",
        "listener.security.protocol.map": "SSL:SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SSL",
        "ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(root / "keystore.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(root / "truststore.pem"),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:ANONYMOUS;User:CN=broker;User:CN={ADMIN}",
        "allow.everyone.if.no.acl.found": "false",
    }
