"""The broker and the store of the tests: containers where a Docker engine answers, else embedded.

Either way a test gets the same StackInfo, and the servers the same settings.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import string
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import docker
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from hotline.dev import kafka
from hotline.dev import stack as embedded
from hotline.dev.artifacts import Say
from hotline.dev.failure import StackFailure
from hotline.dev.postgres import SETTINGS
from hotline.dev.stack import StackInfo

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:18"
ROOT = Path(__file__).parents[2] / ".run" / "test"
_BROKER_PORT = 9092
_PLACE = "/tmp/advertised"
_START = (
    f"until [ -f {_PLACE} ]; do sleep 0.1; done; "
    f"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://$(cat {_PLACE}) exec /etc/kafka/docker/run"
)
_PING_TIMEOUT_S = 2
_START_TIMEOUT_S = 900.0  # with the downloads of a first start
_ABANDONED_AFTER_S = 600.0


def engine_answers() -> bool:
    """Whether a Docker engine is there and answers within two seconds."""
    with warnings.catch_warnings():
        # Refused, the client forgets to close its socket; collected here, it harms no test.
        warnings.simplefilter("ignore", ResourceWarning)
        answer = _ping()
        gc.collect()
    return answer


def _ping() -> bool:
    try:
        client = docker.from_env(timeout=_PING_TIMEOUT_S)
    except DockerException:
        return False
    with closing(client):
        try:
            return bool(client.ping())
        except (DockerException, OSError):
            return False


@contextmanager
def running_stack(say: Say) -> Iterator[StackInfo]:
    """Broker and store for the length of a block; `say` is told what takes longer."""
    with containers() if engine_answers() else embedded_stack(say) as info:
        yield info


def describe() -> str:
    """For pytest's header: the way that `running_stack` takes."""
    if engine_answers():
        return f"stack: containers ({KAFKA_IMAGE}, {POSTGRES_IMAGE}): a Docker engine answers"
    return "stack: embedded broker and store: no Docker engine answers"


@contextmanager
def containers() -> Iterator[StackInfo]:
    """Both as containers, on ports of this machine."""
    with ExitStack() as running:
        broker = running.enter_context(kafka_container())
        store = running.enter_context(postgres_container())
        bootstrap = advertised(broker)
        yield StackInfo(bootstrap=bootstrap, dsn=store.get_connection_url(driver=None))


def kafka_container() -> DockerContainer:
    """One broker that is its own controller. It waits until it is told where it is reached."""
    container = DockerContainer(KAFKA_IMAGE).with_exposed_ports(_BROKER_PORT)
    places = {
        "node.id": "1",
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": f"PLAINTEXT://:{_BROKER_PORT},CONTROLLER://:9093",
    }
    for key, value in (kafka.settings() | places).items():
        container.with_env("KAFKA_" + key.upper().replace(".", "_"), value)
    return container.with_command(["sh", "-c", _START])


def advertised(broker: DockerContainer) -> str:
    """Where clients reach it, which is known once it has started: at a port of the engine's host,
    or, where the tests run in a container themselves, of its gateway or its network."""
    place = f"{broker.get_container_host_ip()}:{broker.get_exposed_port(_BROKER_PORT)}"
    broker.exec(["sh", "-c", f"echo {place} > {_PLACE}.new && mv {_PLACE}.new {_PLACE}"])
    LogMessageWaitStrategy("Kafka Server started").wait_until_ready(broker)
    return place


def postgres_container() -> PostgresContainer:
    """One store with the settings of the embedded one."""
    flags = [flag for key, value in SETTINGS.items() for flag in ("-c", f"{key}={value}")]
    container = PostgresContainer(
        POSTGRES_IMAGE,
        username="hotline",
        password=secrets.token_urlsafe(16),
        dbname=embedded.DATABASE,
        driver=None,
    )
    return container.with_command(["postgres", *flags])


@contextmanager
def embedded_stack(say: Say) -> Iterator[StackInfo]:
    """Both as child processes, with data that is removed at the end.

    They run on an event loop in a thread of their own, since every test has its own loop.
    """
    ROOT.mkdir(parents=True, exist_ok=True)
    _sweep()
    root = Path(tempfile.mkdtemp(dir=ROOT))
    started: Future[StackInfo] = Future()
    loop = asyncio.new_event_loop()
    serving = loop.create_task(_serve(root, say, started))
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,), name="stack")
    thread.start()
    try:
        yield started.result(timeout=_START_TIMEOUT_S)
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
        loop.close()
        embedded.erase(root)


async def _serve(root: Path, say: Say, started: Future[StackInfo]) -> None:
    """Run the stack until cancelled; what goes wrong is raised where the start is awaited."""
    with suppress(asyncio.CancelledError):
        try:
            async with embedded.stack(root, say=say) as info:
                started.set_result(info)
                await asyncio.Event().wait()
        except (StackFailure, OSError) as failure:
            started.set_exception(failure)


def _sweep() -> None:
    """Remove the data of test runs that were killed; one that runs holds the lock of its folder."""
    for root in ROOT.iterdir():
        if time.time() - root.stat().st_mtime > _ABANDONED_AFTER_S:
            with suppress(StackFailure):
                embedded.erase(root)


def new_namespace() -> str:
    """A short name that no other test uses: a prefix for topics, schemas and groups."""
    return "t" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
