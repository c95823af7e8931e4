"""What a Docker engine is told, by the real libraries, where the tests take containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from docker.errors import APIError, NotFound
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import Reaper
from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

from hotline.dev import kafka
from hotline.dev.postgres import SETTINGS
from hotline.dev.stack import StackInfo
from tests.support import stack
from tests.support.docker_engine import Engine, Made, Refusal, docker_engine

KAFKA, POSTGRES, REAPER = "apache/kafka", "postgres", "testcontainers/ryuk"
STARTED = b"[KafkaRaftServer nodeId=1] Kafka Server started (kafka.server.KafkaRaftServer)\n"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """One that answers, with containers whose servers come up."""
    with docker_engine() as made:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{made.path}")
        settings = {
            "connection_mode_override": ConnectionMode.docker_host,
            "sleep_time": 0.01,
            "_ryuk_docker_socket": "",
            "_ryuk_disabled": False,
        }
        for name, value in settings.items():
            monkeypatch.setattr(testcontainers_config, name, value)
        for name in ("_instance", "_container", "_socket"):  # a run on an engine has its own
            monkeypatch.setattr(Reaper, name, None)
        made.runs = comes_up
        yield made
        Reaper.delete_instance()


def comes_up(made: Made, command: list[str]) -> int:
    """The broker once it is told where it is reached, the store at the third time of asking."""
    if "/tmp/advertised" in command[2]:
        made.log = STARTED
    return 0 if made.image.startswith(KAFKA) or len(made.ran) == 3 else 2


def running() -> StackInfo:
    with stack.running_stack(print) as info:
        return info


def test_the_engine_is_asked_for_both_and_both_are_removed_at_the_end(engine: Engine) -> None:
    assert stack.describe().startswith("stack: containers (apache/kafka:4.3.1, postgres:18)")
    with stack.running_stack(print) as info:
        assert [m.status for m in engine.left()] == ["running"] * 3
        password = engine.of(POSTGRES).environment["POSTGRES_PASSWORD"]
        assert info.bootstrap == "localhost:49092"
        assert info.dsn == f"postgresql://hotline:{password}@localhost:45432/hotline"
    assert [m.image for m in engine.left()] == [engine.of(REAPER).image]
    assert engine.of(KAFKA).removed == engine.of(POSTGRES).removed
    assert engine.of(KAFKA).removed == {"v": "True", "link": "False", "force": "True"}


def test_the_images_are_pinned_and_pulled_where_they_are_not_there(engine: Engine) -> None:
    engine.pulled = ["postgres:18"]
    running()
    assert engine.pulled[0] == "postgres:18"
    assert engine.pulled[1:] == [testcontainers_config.ryuk_image, "apache/kafka:4.3.1"]
    assert [m.image for m in engine.made][1:] == ["apache/kafka:4.3.1", "postgres:18"]


@pytest.mark.parametrize(("image", "port"), [(KAFKA, "9092/tcp"), (POSTGRES, "5432/tcp")])
def test_one_port_of_each_is_published_on_one_that_the_engine_chooses(
    engine: Engine, image: str, port: str
) -> None:
    running()
    asked = engine.of(image).asked
    assert asked["ExposedPorts"] == {port: {}}
    assert asked["HostConfig"]["PortBindings"] == {port: [{"HostIp": "", "HostPort": ""}]}


def test_the_broker_waits_for_its_place_and_has_the_settings_of_the_embedded_one(
    engine: Engine,
) -> None:
    running()
    broker = engine.of(KAFKA)
    for key, value in kafka.settings().items():
        assert broker.environment["KAFKA_" + key.upper().replace(".", "_")] == value
    assert broker.environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert broker.environment["KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE"] == "LogAppendTime"
    assert broker.environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    shell, flag, script = broker.asked["Cmd"]
    assert (shell, flag) == ("sh", "-c")
    assert script.startswith("until [ -f /tmp/advertised ]; do sleep 0.1; done; ")
    assert "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://$(cat /tmp/advertised) exec" in script
    place = "echo localhost:49092 > /tmp/advertised.new && mv /tmp/advertised.new /tmp/advertised"
    assert broker.ran == [["sh", "-c", place]]


def test_the_store_has_the_settings_of_the_embedded_one_and_is_asked_until_it_answers(
    engine: Engine,
) -> None:
    running()
    store = engine.of(POSTGRES)
    command = store.asked["Cmd"]
    assert command[:2] == ["postgres", "-c"]
    assert dict(flag.split("=") for flag in command[2::2]) == SETTINGS
    assert SETTINGS["fsync"] == SETTINGS["synchronous_commit"] == "on"
    assert store.environment["POSTGRES_USER"] == store.environment["POSTGRES_DB"] == "hotline"
    assert len(store.ran) == 3
    assert "psql --username hotline --dbname hotline --host 127.0.0.1" in store.ran[-1][2]


def test_the_broker_is_waited_for_until_its_log_says_that_it_has_started(engine: Engine) -> None:
    def slowly(made: Made, command: list[str]) -> int:
        made.log = b"[KafkaRaftServer nodeId=1] starting\n"
        return comes_up(made, command) if made.image.startswith(POSTGRES) else 0

    def started(path: str) -> int:
        return sum(asked.endswith(path) for asked in engine.asked)

    engine.runs = slowly
    with pytest.raises(TimeoutError, match="Kafka Server started"):
        running()
    assert started("/logs") > 10
    assert [m.image for m in engine.left()] == [engine.of(REAPER).image]


def does_not_start(made: Made) -> None:
    if made.image.startswith(POSTGRES):
        raise Refusal(500, "driver failed programming external connectivity")


def exits(made: Made) -> None:
    if made.image.startswith(KAFKA):
        made.status = "exited"


@pytest.mark.parametrize(
    ("starts", "missing", "error"),
    [
        (does_not_start, "", APIError),
        (exits, "", TimeoutError),
        (lambda made: None, "postgres:18", NotFound),
        (lambda made: None, "apache/kafka:4.3.1", NotFound),
    ],
    ids=["does-not-start", "exits", "no-store-image", "no-broker-image"],
)
def test_nothing_is_left_of_a_start_that_failed(
    engine: Engine, starts: object, missing: str, error: type[Exception]
) -> None:
    engine.starts = starts  # type: ignore[assignment]
    engine.missing = {missing}
    with pytest.raises(error):
        running()
    assert [m.image for m in engine.left()] == [engine.of(REAPER).image]


def test_what_a_killed_run_leaves_is_removed_by_the_reaper(engine: Engine) -> None:
    """It removes what has the label of the run once the run's connection is gone."""
    running()
    label = {LABEL_SESSION_ID: SESSION_ID}
    for image in (KAFKA, POSTGRES):
        assert label.items() <= engine.of(image).asked["Labels"].items()
    assert LABEL_SESSION_ID not in engine.of(REAPER).asked["Labels"]
    assert engine.of(REAPER).asked["HostConfig"]["Binds"] == [
        f"{engine.path}:/var/run/docker.sock:rw"
    ]
    Reaper.delete_instance()
    engine.reaper.join(5)
    assert engine.reaped == f"label={LABEL_SESSION_ID}={SESSION_ID}\r\n".encode()
    assert engine.left() == []
