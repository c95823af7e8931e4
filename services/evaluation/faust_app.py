"""The live views, a process of its own: `python -m services.evaluation.faust_app`.

Reads the measures topic, keeps the windows of every unit and of every category and area in two
Faust tables, and answers reads of them over HTTP. Nothing depends on it: a view lost or read too
early changes no ticket, and the measures make it again.

Exact after kill -9, which Faust alone is not. Faust commits an offset once the change of the table
was handed to its producer: if the broker is slow for a tenth of a second it commits before the
change is written, and a failed write is only logged. A worker killed then comes back with an old
table and a new offset. So here an event is acknowledged only when the broker has the table's
record (`AckedTable`, `InOrder`), in the order of the topic. What was written but not
committed comes again and is known by its place, which stands in the same record as the counts
(see windows.py). Acks of an earlier group generation are left out: the events come again. Nor is
anything read before a recovery has ended (recovery.py).

The tables are plain ones: a window is part of the value and expires by `Keep`. Faust's own
windowed tables forget after a restart which keys have to expire, and give their changelog a
retention that, once a partition is empty, stops the recovery.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
import mode
from aiokafka.errors import KafkaError
from faust.types import EventT

from hotline.evaluation.v1.measures_pb2 import Measure, Windows
from services.evaluation.adapters.in_order import InOrder, Written
from services.evaluation.adapters.measures import BadMeasure, key_of, measure_of
from services.evaluation.adapters.recovery import Tables, Transport
from services.evaluation.adapters.registry import Registry, load
from services.evaluation.adapters.windows_http import ReadPort
from services.evaluation.adapters.windows_http import app as read_app
from services.evaluation.adapters.windows_topics import (
    APP,
    TABLES,
    changelog_topics,
    source_topic,
)
from services.evaluation.settings import WindowsSettings
from services.evaluation.windows import Keep, count
from services.kernel.names import client_of, topic_of
from services.kernel.security import Security
from services.kernel.settings import loaded, read
from services.kernel.telemetry import new_registry, setup_logging
from services.kernel.topics import TopicsWrong, check_topics
from services.kernel.transport import http_security, kafka_security

log = logging.getLogger("hotline.windows")

PARTITIONS = source_topic().partitions
UNACKED = 2_000
SESSION_S, REBALANCE_S = 6.0, 10.0
STOP_TIMEOUT_S = 5.0


class AckedTable(faust.Table[str, bytes]):
    """A table whose writer can wait until the broker has the last change."""

    mundane_level = "debug"
    sent: Written

    def send_changelog(self, *args: object, **kwargs: object) -> Written:
        self.sent = super().send_changelog(*args, **kwargs)
        return self.sent


class Counter:
    """Counts measures into the two tables and acknowledges what the broker has."""

    def __init__(self, app: faust.App, keep: Keep) -> None:
        self._keep = keep
        options = {"default": bytes, "key_type": str, "value_type": bytes}
        self.units, self.matters = (
            app.Table(name, partitions=PARTITIONS, **options) for name in TABLES
        )
        self._tables = {Measure.KIND_SCORE: self.units, Measure.KIND_ACCEPTED: self.matters}
        self._acknowledged = InOrder(lambda: app.consumer_generation_id, UNACKED)

    async def count(self, stream: faust.StreamT) -> None:
        """Never acknowledges by itself; a fault stops the worker, and the event comes again."""
        async for event in stream.noack().events():
            await self._acknowledged.put(event, self._apply(event))

    async def acknowledge(self) -> None:
        """Beside `count`, for as long as the worker runs."""
        await self._acknowledged.run()

    def _apply(self, event: EventT) -> Written | None:
        try:
            measure = measure_of(event.key, event.value)
        except BadMeasure as error:
            place = f"{event.message.partition}/{event.message.offset}"
            log.warning("the record at %s is no measure: %s", place, error)
            return None
        table, key = self._tables[measure.kind], key_of(measure)
        windows = Windows.FromString(table[key])
        if not count(windows, measure, self._keep):
            return None
        table[key] = windows.SerializeToString()
        return table.sent


def build(
    settings: WindowsSettings, keep: Keep, brokers: Mapping[str, Any]
) -> tuple[faust.App, Counter]:
    """The Faust app of a city and its counter, not started; `brokers` as of kafka_security."""
    app = faust.App(
        topic_of(settings.namespace, APP),
        broker_credentials=_credentials(settings, brokers),
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        autodiscover=False,
        datadir=_folder(settings.run_dir),
        store="memory://",
        Table=AckedTable,
        TableManager=Tables,
        agent_supervisor=mode.CrashingSupervisor,
        broker_client_id=client_of("windows", settings.instance),
        broker_commit_interval=1.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=REBALANCE_S,
        broker_request_timeout=20.0,
        broker_session_timeout=SESSION_S,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"windows-{settings.instance}",
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
    app.transport = Transport(app.conf.broker_consumer, app)
    counter = Counter(app, keep)
    # Keys are read as they come: one that is no text would end the worker.
    source = app.topic(
        topic_of(settings.namespace, source_topic().name),
        key_type=bytes,
        value_type=bytes,
        internal=False,
    )
    app.agent(source, name="count", concurrency=1)(counter.count)
    app.task(counter.acknowledge)
    return app, counter


def _credentials(
    settings: WindowsSettings, brokers: Mapping[str, Any]
) -> faust.Credentials | ssl.SSLContext | None:
    """TLS and SASL as Faust takes them."""
    context = brokers.get("ssl_context")
    if not settings.kafka_protocol.startswith("sasl"):
        return context
    return faust.SASLCredentials(
        username=settings.kafka_user,
        password=settings.kafka_password,
        ssl_context=context,
        mechanism=settings.kafka_mechanism,
    )


def _folder(run_dir: Path) -> Path:
    """Faust insists on a folder, in which it keeps nothing of ours."""
    found = run_dir / "windows"
    found.mkdir(parents=True, exist_ok=True)
    return found


async def run(settings: WindowsSettings, registry: Registry) -> None:
    """Until a signal. Raises KafkaError, TopicsWrong, or what stopped the worker."""
    brokers = kafka_security(settings)
    topics = [source_topic(), *changelog_topics()]
    await check_topics(settings.kafka, settings.namespace, topics, **brokers)
    app, counter = build(settings, registry.keep, brokers)

    async def readiness() -> dict[str, bool]:
        return {"joined": not app.rebalancing, "recovered": bool(app.tables.actives_ready)}

    routes = read_app(
        counter.units,
        counter.matters,
        registry,
        readiness,
        security=Security.of(settings, None),
        figures=new_registry(),
    )
    tls = http_security(settings)
    await _together(app, ReadPort(routes, settings.http_host, settings.http_port, tls))


async def _together(*parts: mode.Service) -> None:
    """Starts the parts, and stops all of them when a signal comes or one ends by itself."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(asked.wait())]
    tasks += [asyncio.create_task(_lifetime(part)) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await asyncio.gather(*(part.stop() for part in parts))


async def _lifetime(part: mode.Service) -> None:
    await part.start()
    await part.wait_until_stopped()
    raise part.crash_reason or RuntimeError(f"{part.label} ended")


def main() -> None:
    """Exit 0 after a signal; after a fault exit 1, so that it is started again."""
    settings = read(WindowsSettings)
    registry = loaded(load, settings.city)
    loaded(kafka_security, settings)
    loaded(http_security, settings)
    setup_logging("windows", settings.log)
    for name in ("faust", "mode"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    try:
        asyncio.run(run(settings, registry))
    except (KafkaError, TopicsWrong) as error:
        log.critical("the live views stop: %s", error)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
