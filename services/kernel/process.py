"""One service as a process: ports, runtime and HTTP put together, and taken down again."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from services.kernel import event_loop, loop_lag
from services.kernel.api_keys import ApiKeys
from services.kernel.api_keys_pg import PostgresApiKeys
from services.kernel.bus import Bus, BusUnavailable
from services.kernel.bus_kafka import KafkaBus
from services.kernel.census import COUNTS, Census, Count
from services.kernel.clock import Clock, DatabaseClock
from services.kernel.draining import Connection, accept_the_rest, hear_the_new
from services.kernel.healing import Healer
from services.kernel.http_protocol import BoundedHttp
from services.kernel.installed import (
    connected,
    require_free,
    require_installed,
    require_topics,
)
from services.kernel.names import client_of, schema_of
from services.kernel.parked_pg import PostgresParked
from services.kernel.passes import Passes, PostgresPasses
from services.kernel.registry import Registry, RegistryStore
from services.kernel.registry_log import RegistryRelay, restore
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.releasing import Orders, Releaser
from services.kernel.runtime import Place, Runtime
from services.kernel.seen import told
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.settings import KernelSettings, loaded
from services.kernel.store import Store, StoreUnavailable
from services.kernel.store_pg import PostgresStore
from services.kernel.telemetry import new_registry, setup_logging
from services.kernel.transport import http_security, kafka_security
from services.kernel.watching import Watch

log = logging.getLogger("hotline.process")
ANSWERS_END_S, STREAMS_END_S, POOL_ENDS_S = 8, 1, 2.0


@dataclass(frozen=True, slots=True)
class Ports:
    """What a service's composition root builds on."""

    store: PostgresStore
    bus: Bus
    clock: Clock
    registry: CollectorRegistry
    keys: ApiKeys
    parked: Orders
    passes: Passes
    entries: RegistryStore


@dataclass(frozen=True, slots=True)
class Parts:
    """What it hands back: the service, its HTTP application, and what runs beside them."""

    service: Service
    app: Callable[[Runtime], FastAPI]
    beside: Callable[[Runtime], Awaitable[None]] | None = None
    streams: bool = False  # answers without an end are cut soon; their readers go on elsewhere
    counts: Sequence[Count] = ()
    registry: Registry | None = None


Build = Callable[[Ports], Awaitable[Parts]]


def run(name: str, settings: KernelSettings, build: Build) -> None:
    """Until SIGTERM or SIGINT. Exit code 1 when it cannot start, or a part ended by itself."""
    setup_logging(name, settings.log)
    loaded(kafka_security, settings)
    loaded(http_security, settings)
    require_free(settings.http_host, settings.http_port)
    with told(name, settings):
        event_loop.run(_run(name, settings, build))


async def _run(name: str, settings: KernelSettings, build: Build) -> None:
    schema = schema_of(settings.namespace, name)
    pool = await connected(settings, schema)
    try:
        await require_installed(pool, name, settings)
        brokers = kafka_security(settings)
        await require_topics(settings, brokers)
        store = PostgresStore(pool, name, settings.namespace)
        clock = DatabaseClock(store.database_clock)
        await clock.follow()
        bus = KafkaBus(settings.kafka, client_of(name, settings.instance), clock.now, **brokers)
        keys = PostgresApiKeys(pool, name, settings.namespace)
        parked = PostgresParked(pool, name, settings.namespace)
        passes = PostgresPasses(pool, name, settings.namespace)
        entries = PostgresRegistry(pool, name, settings.namespace)
        await restore(entries, bus, settings.namespace, name)
        ports = Ports(store, bus, clock, new_registry(), keys, parked, passes, entries)
        await serve(settings, ports, await build(ports))
    finally:
        await asyncio.wait_for(pool.close(), timeout=POOL_ENDS_S)


async def serve(settings: KernelSettings, ports: Ports, parts: Parts) -> None:
    """Until a signal. Raises SystemExit when a part ended by itself."""
    place = Place(settings.namespace, settings.buckets, settings.instance, settings.imports)
    senders = _senders(settings)
    runtime = Runtime(
        parts.service, place, ports.store, ports.bus, ports.clock, senders, ports.registry
    )
    runtime.add(
        "parked",
        Releaser(ports.parked, runtime.inbox.buckets, runtime.worker.release, ports.clock).run,
    )
    if parts.registry is not None:
        await parts.registry.refresh()
        await parts.registry.ship()
        runtime.add("registry", parts.registry.run)
        runtime.add("registry relay", _registry_relay(settings, ports, runtime).run)
    watch = _watch(settings, ports.store, parts.service, runtime)
    grace_s = STREAMS_END_S if parts.streams else ANSWERS_END_S
    server = _server(settings, parts.app(runtime), grace_s)
    asked = _asked_to_stop()
    serving = asyncio.create_task(_listen(server))
    stopping = asyncio.create_task(asked.wait())
    starting = asyncio.create_task(_started(server, serving, runtime, watch))
    try:
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await _together(serving, asked, *_beside(ports.store, parts, runtime))
    except _CannotStart as error:
        raise SystemExit(error.args[0]) from None
    finally:
        await accept_the_rest(s.fileno() for each in _servers(server) for s in each.sockets)
        await hear_the_new(cast(Collection[Connection], server.server_state.connections))
        server.should_exit = True
        for task in (starting, stopping):
            task.cancel()
        await asyncio.gather(serving, starting, stopping, return_exceptions=True)
        await runtime.stop()
        log.info("stopped")


def _servers(server: uvicorn.Server) -> list[asyncio.Server]:
    return list(getattr(server, "servers", []))  # none before it listens


def _watch(
    settings: KernelSettings, store: Store, service: Service, runtime: Runtime
) -> Watch | None:
    """None over the twin, which is one server for ever."""
    if not isinstance(store, PostgresStore):
        return None
    healer = Healer(
        service, store, runtime.bus, runtime.clock, settings.namespace, settings.buckets
    )
    watch = Watch(healer, runtime.clock, runtime.worker, runtime.meter)
    runtime.watched(watch.run, lambda: watch.healed)
    return watch


def _registry_relay(settings: KernelSettings, ports: Ports, runtime: Runtime) -> RegistryRelay:
    return RegistryRelay(
        ports.entries,
        ports.bus,
        ports.clock,
        runtime.inbox.buckets,
        runtime.service.name,
        settings.namespace,
    )


def _asked_to_stop() -> asyncio.Event:
    """Set when a signal asks the process to end, also while it is starting."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    return asked


def _beside(store: Store, parts: Parts, runtime: Runtime) -> list[Awaitable[None]]:
    """What runs as long as the runtime does; the twin's tables are counted by nobody."""
    registry = runtime.registry
    found: list[Awaitable[None]] = [runtime.failed(), loop_lag.watch(registry)]
    if isinstance(store, PostgresStore):
        counts = [*COUNTS, *parts.counts]
        found.append(Census(store.pool, store.schema, store.vault, counts, registry).run())
    return found if parts.beside is None else [*found, parts.beside(runtime)]


def _senders(settings: KernelSettings) -> Senders:
    if settings.senders:
        return Senders(Path(settings.senders))
    return Senders(settings.run_dir / "senders.json" if settings.dev else None)


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again, before anything else could stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _listen(server: uvicorn.Server) -> None:
    """One that finds its port in use has said so, and ends."""
    with suppress(SystemExit):
        await server.serve()


def _server(settings: KernelSettings, app: FastAPI, grace_s: int) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            loop="none",
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=list(settings.proxies),
            timeout_keep_alive=30,
            timeout_graceful_shutdown=grace_s,
            backlog=2_048,
            **cast(Any, http_security(settings)),
        )
    )


class _CannotStart(Exception):
    """In words, or by its log. A task that raised SystemExit would end the event loop with it."""


async def _started(
    server: uvicorn.Server,
    serving: asyncio.Task[None],
    runtime: Runtime,
    watch: Watch | None,
) -> None:
    """The port is open, the ledger is healed, the group is joined. Raises _CannotStart."""
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    if serving.done():
        raise _CannotStart(1)
    try:
        if watch is not None:
            await watch.start()
        await runtime.start()
    except (BusUnavailable, StoreUnavailable) as error:
        raise _CannotStart(
            f"The broker or the store does not answer ({error}): "
            "see that both run and that HOTLINE_KAFKA and HOTLINE_DSN are right."
        ) from None
    except TimeoutError:
        raise _CannotStart(
            "The consumer group was not joined in time: see that the topics are there "
            "(`hotline migrate` makes them) and that HOTLINE_INSTANCE is nobody else's."
        ) from None


def settle_collector() -> None:
    """What was made at the start stays; what is made from here on is rarely part of a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _together(
    serving: asyncio.Task[None], asked: asyncio.Event, *parts: Awaitable[None]
) -> None:
    """Until a signal comes, or a part ends by itself."""
    tasks: list[asyncio.Future[Any]] = [asyncio.create_task(asked.wait())]
    tasks += [asyncio.ensure_future(part) for part in parts]
    settle_collector()
    done, _ = await asyncio.wait([serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done - {serving, tasks[0]}:
        log.error("the service stops", exc_info=task.exception())
        raise SystemExit(1)
