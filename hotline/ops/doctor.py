"""What is wrong with an installation, and what to do about it."""

from __future__ import annotations

import hashlib
import platform
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError

from hotline import __version__
from hotline.cli.migrate import migrations, topics_of_all
from hotline.ops.log_dirs import BrokersTooOld, rooms
from hotline.ops.look import Look, look
from hotline.ops.place import CityPlace
from hotline.ops.topics import plan
from hotline.programs import SERVICES
from services.kernel.names import TICKETS, topic_of, vault_of
from services.kernel.settings import BadSetting, KernelSettings, parse

MOST_CLOCK_S = 1.0
MOST_PROMISE_S = 10.0
LEAST_DISK = 5 * 1024**3
LEAST_SHARE = 0.15  # of a broker's disk, as of the alert HotlineDiskFills
LEAST_POSTGRES = 18
State = Literal["ok", "look", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`look`: works, and would not survive what it should; `wrong`: does not work. `advice` says
    what to do about either."""

    state: State
    what: str
    advice: str = ""


async def examine(
    place: CityPlace, env: Mapping[str, str], run_dir: Path
) -> AsyncIterator[Finding]:
    """One finding after the other; what cannot be reached is one too."""
    yield _settings(env)
    yield Finding("ok", f"hotline {version('hotline')}, Python {platform.python_version()}")
    try:
        async with place.store() as store:
            async for finding in _store(store, place):
                yield finding
    except (OSError, asyncpg.PostgresError) as error:
        yield Finding(
            "wrong", f"the store cannot be used: {error}",
            "see that PostgreSQL runs and that HOTLINE_DSN is right",
        )  # fmt: skip
        return
    yield _disk(run_dir)
    try:
        async for finding in _brokers(place):
            yield finding
        found = await look(place)
        for finding in (*_work(found, place), *_releases(found)):
            yield finding
    except (KafkaError, OSError) as error:
        yield Finding(
            "wrong", f"the brokers cannot be used: {error!r}",
            "see that they run and that HOTLINE_KAFKA and HOTLINE_KAFKA_* are right",
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        yield Finding("wrong", f"the ledgers cannot be read: {error}", "run `hotline migrate`")


def _settings(env: Mapping[str, str]) -> Finding:
    if "HOTLINE_DSN" not in env:
        return Finding("ok", "settings: of the city in the run folder")
    try:
        parse(KernelSettings, env)
    except BadSetting as error:
        words = str(error).replace("\n", " ")
        return Finding("look", f"settings: {words}", "compare with docs/settings.md")
    return Finding("ok", "settings are as the kernel reads them")


async def _store(store: asyncpg.Connection, place: CityPlace) -> AsyncIterator[Finding]:
    running = str(await store.fetchval("show server_version"))
    if int(running.partition(".")[0]) < LEAST_POSTGRES:
        yield Finding("wrong", f"PostgreSQL {running}", f"use {LEAST_POSTGRES} or newer")
    else:
        yield Finding("ok", f"PostgreSQL {running}")
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        value = await store.fetchval(f"show {name}")
        if value == "off":
            yield Finding("wrong", f"{name} is off", f"set {name} = on: facts would be lost")
    standbys = await store.fetchval(
        "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')"
    )
    if standbys:
        yield Finding("ok", f"{standbys} synchronous standby")
    else:
        yield Finding(
            "look", "no synchronous standby",
            "a machine that is lost takes acknowledged facts with it that are not in the log yet",
        )  # fmt: skip
    yield await _clock(store)
    size = await store.fetchval("select pg_size_pretty(pg_database_size(current_database()))")
    yield Finding("ok", f"the database holds {size}")
    for service in SERVICES:
        yield await _migrations(store, place, service)


async def _clock(store: asyncpg.Connection) -> Finding:
    """The store's clock is everybody's; ours only tells whether one of the two is wrong."""
    before = time.time()
    theirs = (await store.fetchval("select clock_timestamp()")).timestamp()
    apart = theirs - (before + time.time()) / 2
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if abs(apart) > MOST_CLOCK_S:
        return Finding(
            "wrong", f"the store's clock and this machine's are {apart:+.1f} s apart ({now})",
            "let both follow a time server (chrony, systemd-timesyncd)",
        )  # fmt: skip
    return Finding("ok", f"clocks are {abs(apart) * 1000:.0f} ms apart")


async def _migrations(store: asyncpg.Connection, place: CityPlace, service: str) -> Finding:
    vault = vault_of(place.namespace, service)
    try:
        rows = await store.fetch(f"select name, sha256 from {vault}.migration")
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return Finding("wrong", f"{service} is not installed", "run `hotline migrate`")
    applied = {row["name"]: row["sha256"] for row in rows}
    files = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in migrations(service)}
    if missing := sorted(files.keys() - applied.keys()):
        return Finding("wrong", f"{service}: not applied: {', '.join(missing)}",
                       "run `hotline migrate`")  # fmt: skip
    if newer := sorted(applied.keys() - files.keys()):
        return Finding("look", f"{service}: applied by a newer release: {', '.join(newer)}",
                       "use the release that the store has")  # fmt: skip
    if other := sorted(name for name in files if files[name] != applied[name]):
        return Finding("wrong", f"{service}: applied with other content: {', '.join(other)}",
                       "use the release that the store has")  # fmt: skip
    return Finding("ok", f"{service}: {len(files)} migrations")


def _disk(run_dir: Path) -> Finding:
    place = run_dir if run_dir.exists() else Path()
    free = shutil.disk_usage(place).free
    words = f"{free / 1024**3:.0f} GiB are free on the disk of this machine (not of the store's)"
    return Finding("ok", words) if free >= LEAST_DISK else Finding("look", words, "make room")


async def _rooms(admin: AIOKafkaAdminClient, brokers: list[int]) -> Finding:
    try:
        found = await rooms(admin, brokers)
    except ClusterAuthorizationFailedError:
        return Finding("look", "the brokers tell this user nothing of their disks",
                       "allow it to describe the cluster")  # fmt: skip
    except BrokersTooOld:
        return Finding("wrong", "the brokers are older than Kafka 3.3", "upgrade them")
    fullest = min(found, key=lambda room: room.free / room.total)
    share = fullest.free / fullest.total
    words = (
        f"brokers: {share:.0%} of the fullest disk are free"
        f" ({fullest.free / 1024**3:.0f} GiB, broker {fullest.broker})"
    )
    return (
        Finding("ok", words) if share >= LEAST_SHARE else Finding("wrong", words, "make it larger")
    )


async def _brokers(place: CityPlace) -> AsyncIterator[Finding]:
    async with place.brokers() as admin:
        brokers = (await admin.describe_cluster())["brokers"]
        yield Finding("ok", f"{len(brokers)} brokers")
        yield await _rooms(admin, [broker["node_id"] for broker in brokers])
        topics = await admin.describe_topics([topic_of(place.namespace, TICKETS)])
    partitions = topics[0]["partitions"]
    copies = min((len(p["replicas"]) for p in partitions), default=0)
    behind = [p["partition"] for p in partitions if len(p["isr"]) < len(p["replicas"])]
    if behind:
        yield Finding("wrong", f"copies of partitions {behind} of the tickets are behind",
                      "see that every broker runs")  # fmt: skip
    if 0 < copies < 3:
        yield Finding("look", f"the tickets topic has {copies} copies",
                      "use three brokers: one that is lost takes facts with it")  # fmt: skip
    for line in (await plan(place, topics_of_all(place.buckets))).lines():
        yield Finding("wrong", f"topics: {line}", "run `hotline ops topics apply --dry-run`")


def _work(found: Look, place: CityPlace) -> list[Finding]:
    findings: list[Finding] = []

    def add(wrong: Any, what: str, advice: str) -> None:
        if wrong:
            findings.append(Finding("wrong", what, advice))

    for each in found.services:
        owned = {bucket for member in each.members for bucket in member.buckets}
        free = place.buckets - len(owned)
        age = each.promise_age_s or 0.0
        add(free, f"{each.name}: {free} buckets have no owner",
            "start it; see its log if it runs")  # fmt: skip
        add(not free and age > MOST_PROMISE_S, f"{each.name}: promises are {age:.0f} s old",
            "see its log and the lag: clocks are held meanwhile")  # fmt: skip
        add(each.parked, f"{each.name}: {each.parked} tickets are parked",
            "see `hotline parked list`")  # fmt: skip
    findings = findings or [Finding("ok", "every bucket has an owner and nothing is parked")]
    return [*findings, _windows(found)]


def _windows(found: Look) -> Finding:
    """No service needs them."""
    if not found.windows.members:
        return Finding("look", "the live windows do not run",
                       "start them, where rates and scores of the moment are wanted")  # fmt: skip
    return Finding("ok", "the live windows run")


def _releases(found: Look) -> list[Finding]:
    """Whether all processes run one release, and this is of it."""
    by_release: dict[str, list[str]] = {}
    groups = (*(each.members for each in found.services), found.windows.members)
    for member in (member for members in groups for member in members):
        named = member.release or "one that does not say"
        by_release.setdefault(named, []).append(member.process)
    if not by_release:
        return []
    runs = "; ".join(f"{r}: {', '.join(sorted(m))}" for r, m in sorted(by_release.items()))
    if len(by_release) > 1:
        return [Finding("look", f"processes run different releases ({runs})",
                        "finish the roll, or see why it stands still")]  # fmt: skip
    if __version__ not in by_release:
        return [Finding("look", f"this is release {__version__}, and what runs is not ({runs})",
                        "examine a city with the release that it runs")]  # fmt: skip
    return [Finding("ok", f"every process runs release {__version__}")]
