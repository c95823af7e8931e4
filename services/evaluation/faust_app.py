"""The live views, a process of its own: `python -m services.evaluation.faust_app`.

Reads the measures topic, keeps the windows of every unit and of every category and area in two
Faust tables, and answers reads of them over HTTP. Nothing depends on it: a view lost or read too
early changes no ticket, and the measures make it again.

Exact after kill -9, which Faust alone is not. Faust commits an offset once the change of the table
was handed to its producer: if the broker is slow for a tenth of a second it commits before the
change is written, and a failed write is only logged. A worker killed then comes back with an old
table and a new offset. So here an event is acknowledged only when the broker has the table's
record (`AckedTable`, `Counter.acknowledge`), in the order of the topic. What was written but not
committed comes again and is known by its place, which stands in the same record as the counts
(see windows.py). Acks of an earlier group generation are left out: the events come again.

The tables are plain ones: a window is part of the value and expires by `Keep`. Faust's own
windowed tables forget after a restart which keys have to expire, and give their changelog a
retention that, once a partition is empty, stops the recovery.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass

import faust
import mode
from faust.types import EventT
from google.protobuf.message import DecodeError

from hotline.evaluation.v1.measures_pb2 import Measure, Windows
from services.evaluation.adapters.registry import Registry, load
from services.evaluation.adapters.windows_http import ReadPort, read_port
from services.evaluation.windows import count
from services.kernel.names import MEASURES, topic_of
from services.kernel.topics import Topic, make_topics, ticket_topics

log = logging.getLogger("hotline.windows")

APP = "hotline.windows.v1"
PARTITIONS = 8
UNACKED = 2_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the worker works; `instance` must be another for each worker of a city."""

    bootstrap: str
    namespace: str
    city: str
    instance: str
    host: str
    port: int
    replication: int

    @classmethod
    def read(cls) -> Settings:
        """From the environment."""
        return cls(
            bootstrap=os.environ.get("HOTLINE_BOOTSTRAP", "127.0.0.1:9092"),
            namespace=os.environ.get("HOTLINE_NAMESPACE", ""),
            city=os.environ.get("HOTLINE_CITY", "sample"),
            instance=os.environ.get("HOTLINE_INSTANCE", "windows-0"),
            host=os.environ.get("HOTLINE_HOST", "127.0.0.1"),
            port=int(os.environ.get("HOTLINE_WINDOWS_PORT", "8095")),
            replication=int(os.environ.get("HOTLINE_REPLICATION", "1")),
        )


def changelog_topics() -> list[Topic]:
    """What the tables are recovered from: the last value of every key, for ever."""
    config = {"cleanup.policy": "compact", "segment.bytes": "67108864"}
    return [
        Topic(f"{APP}-{table}-changelog", PARTITIONS, -1, config) for table in ("units", "matters")
    ]


class AckedTable(faust.Table[str, bytes]):
    """A table whose writer can wait until the broker has the last change."""

    sent: asyncio.Future[object]

    def send_changelog(self, *args: object, **kwargs: object) -> asyncio.Future[object]:
        self.sent = super().send_changelog(*args, **kwargs)
        return self.sent


class Counter:
    """Counts measures into the two tables and acknowledges what the broker has."""

    def __init__(self, app: faust.App, registry: Registry) -> None:
        self._app, self._keep = app, registry.keep
        options = {"default": bytes, "key_type": str, "value_type": bytes}
        self.units = app.Table("units", partitions=PARTITIONS, **options)
        self.matters = app.Table("matters", partitions=PARTITIONS, **options)
        self._tables = {Measure.KIND_SCORE: self.units, Measure.KIND_ACCEPTED: self.matters}
        self._unacked: asyncio.Queue[tuple[EventT, asyncio.Future[object] | None]]
        self._unacked = asyncio.Queue(UNACKED)

    async def count(self, stream: faust.StreamT) -> None:
        """Never acknowledges by itself; a fault stops the worker, and the event comes again."""
        async for event in stream.noack().events():
            await self._unacked.put((event, self._apply(event)))

    async def acknowledge(self) -> None:
        """In order: what is behind an unwritten change waits, whatever its own state."""
        while True:
            event, written = await self._unacked.get()
            if written is not None:
                await written
            if event.message.generation_id == self._app.consumer_generation_id:
                event.ack()

    def _apply(self, event: EventT) -> asyncio.Future[object] | None:
        try:
            measure = Measure.FromString(event.value)
            table = self._tables[measure.kind]
        except (DecodeError, KeyError) as error:
            log.warning("offset %d is no measure: %s", event.message.offset, error)
            return None
        windows = Windows.FromString(table[event.key])
        if not count(windows, measure, self._keep):
            return None
        table[event.key] = windows.SerializeToString()
        return table.sent


def build(settings: Settings, registry: Registry) -> tuple[faust.App, Counter]:
    """The Faust app of a city and its counter, not started."""
    app = faust.App(
        topic_of(settings.namespace, APP),
        broker=[f"kafka://{server}" for server in settings.bootstrap.split(",")],
        autodiscover=False,
        store="memory://",
        Table=AckedTable,
        agent_supervisor=mode.CrashingSupervisor,
        broker_client_id=f"windows-{settings.instance}",
        broker_commit_interval=1.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=10.0,
        broker_request_timeout=20.0,
        broker_session_timeout=6.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance,
        processing_guarantee="at_least_once",
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_request_timeout=20.0,
        stream_buffer_maxsize=4096,
        stream_recovery_delay=0.0,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        value_serializer="raw",
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    counter = Counter(app, registry)
    source = app.topic(
        topic_of(settings.namespace, MEASURES), key_type=str, value_type=bytes, internal=False
    )
    app.agent(source, name="count", concurrency=1)(counter.count)
    app.task(counter.acknowledge)
    return app, counter


async def prepare(settings: Settings) -> None:
    """Make the topics that are missing and check all. Raises TopicsWrong, KafkaError."""
    measures = [t for t in ticket_topics(1) if t.name == MEASURES]
    await make_topics(
        settings.bootstrap,
        settings.namespace,
        measures + changelog_topics(),
        replication=settings.replication,
    )


def main() -> None:
    """Run until a signal ends it, exit 0; after a fault exit 1, so that it is started again."""
    settings = Settings.read()
    registry = load(settings.city)
    asyncio.run(prepare(settings))
    app, counter = build(settings, registry)

    def ready() -> bool:
        return app.tables.actives_ready and not app.rebalancing

    routes = read_port(counter.units, counter.matters, registry, ready)
    port = ReadPort(routes, settings.host, settings.port)
    faust.Worker(app, port, loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
