"""Which broker and store the tests get, and how the containers are asked for.

The engine is a fake: what a Docker engine would be told is what counts here.
"""

from __future__ import annotations

from typing import Any

import docker
import pytest
from docker.errors import DockerException
from testcontainers.core import container as core
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient

from hotline.dev import kafka
from hotline.dev.postgres import SETTINGS
from tests.support import stack


class FakePing:
    """A client of an engine that answers, or does not."""

    def __init__(self, answer: bool | Exception) -> None:
        self.answer = answer
        self.closed = False

    def ping(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


class FakeContainer:
    """A container that is up at once."""

    id = short_id = "fake"
    status = "running"

    def logs(self, **kwargs: object) -> bytes:
        return b"[KafkaRaftServer nodeId=1] Kafka Server started"

    def exec_run(self, cmd: list[str], **kwargs: object) -> Any:
        FakeEngine.told.append(cmd)
        return core.ExecResult(0, b"")

    def reload(self) -> None:
        """Nothing changes."""

    def remove(self, **kwargs: object) -> None:
        """Nothing to remove."""


class FakeEngine:
    """Notes what it is told to make."""

    made: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - one list for all, reset per test
    told: list[list[str]] = []  # noqa: RUF012 - as above; what was run in containers

    def __init__(self, **kwargs: object) -> None:
        self.client = FakePing(True)

    def create(self, image: str, **arguments: Any) -> FakeContainer:
        self.made.append((image, arguments))
        return FakeContainer()

    def start(self, container: FakeContainer) -> None:
        """It runs already."""

    def host(self) -> str:
        return "engine.test"

    def port(self, container_id: str, port: int) -> int:
        return 40_000 + port

    def get_connection_mode(self) -> Any:
        return core.ConnectionMode.docker_host


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[FakeEngine]:
    monkeypatch.setattr(core, DockerClient.__name__, FakeEngine)
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    monkeypatch.setattr(FakeEngine, "made", [])
    monkeypatch.setattr(FakeEngine, "told", [])
    return FakeEngine


def use_client(monkeypatch: pytest.MonkeyPatch, client: FakePing | Exception) -> list[int]:
    """Let `docker.from_env` give this client or fail; the time-outs it is asked with."""
    timeouts: list[int] = []

    def from_env(timeout: int) -> FakePing:
        timeouts.append(timeout)
        if isinstance(client, Exception):
            raise client
        return client

    monkeypatch.setattr(docker, "from_env", from_env)
    return timeouts


def test_an_engine_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakePing(True)
    timeouts = use_client(monkeypatch, client)
    assert stack.engine_answers()
    assert client.closed
    assert timeouts == [2]
    assert "containers" in stack.describe()


@pytest.mark.parametrize(
    "client",
    [
        DockerException("no such file: docker.sock"),
        FakePing(DockerException("permission denied")),
        FakePing(ConnectionRefusedError()),
        FakePing(False),
    ],
    ids=["missing", "refuses", "unreachable", "sick"],
)
def test_without_an_answer_the_stack_is_embedded(
    monkeypatch: pytest.MonkeyPatch, client: FakePing | Exception
) -> None:
    use_client(monkeypatch, client)
    assert not stack.engine_answers()
    assert "embedded" in stack.describe()


def test_the_containers_are_where_the_info_says(engine: type[FakeEngine]) -> None:
    with stack.containers() as info:
        broker, store = engine.made
    environment = store[1]["environment"]
    assert broker[1]["ports"] == {"9092": None}
    assert info.bootstrap == "engine.test:49092"
    assert (
        "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://$(cat /tmp/advertised)" in broker[1]["command"][2]
    )
    assert [words[2] for words in engine.told if "/tmp/advertised" in words[2]] == [
        "echo engine.test:49092 > /tmp/advertised.new && mv /tmp/advertised.new /tmp/advertised"
    ]
    assert info.dsn == (
        f"postgresql://hotline:{environment['POSTGRES_PASSWORD']}@engine.test:45432/hotline"
    )


def test_the_images_are_pinned(engine: type[FakeEngine]) -> None:
    with stack.containers():
        images = [image for image, _ in engine.made]
    assert images == ["apache/kafka:4.3.1", "postgres:18"]


def test_the_broker_is_told_the_settings_of_the_embedded_one(engine: type[FakeEngine]) -> None:
    with stack.containers():
        environment = engine.made[0][1]["environment"]
    for key, value in kafka.settings().items():
        assert environment["KAFKA_" + key.upper().replace(".", "_")] == value
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE"] == "LogAppendTime"
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"


def test_the_store_is_told_the_settings_of_the_embedded_one(engine: type[FakeEngine]) -> None:
    with stack.containers():
        command = engine.made[1][1]["command"]
    assert command[0] == "postgres"
    assert command[1::2] == ["-c"] * len(SETTINGS)
    assert dict(flag.split("=") for flag in command[2::2]) == SETTINGS
    assert SETTINGS["fsync"] == SETTINGS["synchronous_commit"] == "on"


def test_every_namespace_is_new_and_a_plain_word() -> None:
    names = {stack.new_namespace() for _ in range(50)}
    assert len(names) == 50
    assert all(name.isalpha() and name.islower() and len(name) == 9 for name in names)
