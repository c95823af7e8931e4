"""What the doctor finds wrong, on a store and brokers that are so."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import ClusterAuthorizationFailedError, IncompatibleBrokerVersion

from hotline import __version__
from hotline.cli.migrate import migrations
from hotline.ops import doctor
from hotline.ops.doctor import Finding, examine
from hotline.ops.log_dirs import BrokersTooOld, Room, rooms
from hotline.ops.look import Look, Member, ServiceLook, WindowsLook
from hotline.ops.place import CityPlace
from hotline.ops.topics import Plan
from hotline.programs import SERVICES


class Store:
    """Says what a sound store says, but for what a test sets."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = {
            "show server_version": "18.6", "show fsync": "on", "show full_page_writes": "on",
            "show synchronous_commit": "on",
        }  # fmt: skip
        self.ahead = timedelta()
        self.applied: dict[str, list[str]] = {name: [] for name in SERVICES}
        self.changed: set[str] = set()

    async def fetchval(self, sql: str) -> Any:
        if "clock_timestamp" in sql:
            return datetime.now(UTC) + self.ahead
        return self.says.get(sql, "7 GB" if "pg_size" in sql else 1)

    async def fetch(self, sql: str) -> list[dict[str, str]]:
        [name] = [name for name in SERVICES if f"_{name}_vault" in sql]
        rows = [
            {"name": f.name, "sha256": hashlib.sha256(f.read_bytes()).hexdigest()}
            for f in migrations(name)
        ]
        for row in rows:
            if row["name"] in self.changed:
                row["sha256"] = "other"
        return rows + [{"name": more, "sha256": "x"} for more in self.applied[name]]


class Brokers:
    def __init__(self) -> None:
        self.partitions = [
            {"partition": n, "replicas": [1, 2, 3], "isr": [1, 2, 3]} for n in range(2)
        ]

    async def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"node_id": n} for n in (1, 2, 3)]}

    async def describe_topics(self, _: list[str]) -> list[dict[str, Any]]:
        return [{"partitions": self.partitions}]


def members(runs: list[tuple[str, str]]) -> tuple[Member, ...]:
    """Each of whom owns all buckets: nothing is to be said of these."""
    return tuple(Member(process, release, tuple(range(24))) for process, release in runs)


class Town:
    """An installation, and what the doctor says of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.store_there, self.brokers_there, self.folder = Store(), Brokers(), folder
        self.rooms: list[Room] | Exception = [Room(n, 100, 60) for n in (1, 2, 3)]
        self.free = 50 * 1024**3
        self.runs: dict[str, list[tuple[str, str]]] = {}  # service -> (process, release)
        self.windows = [("windows-0", __version__)]
        monkeypatch.setattr(doctor, "look", self._look)
        monkeypatch.setattr(doctor, "plan", self._plan)
        monkeypatch.setattr(doctor, "rooms", self._rooms)
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=self.free))

    async def _look(self, _: Any) -> Look:
        return Look(
            tuple(
                ServiceLook(name, 1, 0, (), members(runs), 0, 0, 0, 0, 0, 0.5)
                for name, runs in self.runs.items()
            ),
            windows=WindowsLook(members(self.windows)),
        )

    async def _plan(self, *_: Any) -> Plan:
        return Plan()

    async def _rooms(self, *_: Any) -> list[Room]:
        if isinstance(self.rooms, Exception):
            raise self.rooms
        return self.rooms

    async def findings(self) -> list[Finding]:
        @asynccontextmanager
        async def store() -> AsyncIterator[Store]:
            yield self.store_there

        @asynccontextmanager
        async def brokers() -> AsyncIterator[Brokers]:
            yield self.brokers_there

        place = SimpleNamespace(store=store, brokers=brokers, namespace="x", buckets=24)
        return [f async for f in examine(cast(CityPlace, place), {}, self.folder)]

    async def worst(self) -> list[str]:
        return [f"{f.state} {f.what}: {f.advice}" for f in await self.findings() if f.state != "ok"]


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Town:
    return Town(monkeypatch, tmp_path)


async def test_a_sound_installation_is_found_sound(town: Town) -> None:
    assert await town.worst() == []
    assert "brokers: 60% of the fullest disk are free (0 GiB, broker 1)" in [
        f.what for f in await town.findings()
    ]


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_store_that_may_lose_what_it_acknowledged_is_wrong(town: Town, name: str) -> None:
    town.store_there.says[f"show {name}"] = "off"
    assert await town.worst() == [f"wrong {name} is off: set {name} = on: facts would be lost"]


@pytest.mark.parametrize("seconds", [90, -90])
async def test_clocks_that_are_apart_are_wrong(town: Town, seconds: int) -> None:
    town.store_there.ahead = timedelta(seconds=seconds)
    [said] = await town.worst()
    assert said.startswith("wrong the store's clock and this machine's are ")
    assert f" {seconds:+d}.0 s apart (" in said
    assert "let both follow a time server" in said


async def test_an_older_postgres_is_wrong(town: Town) -> None:
    town.store_there.says["show server_version"] = "17.2 (Debian)"
    assert await town.worst() == ["wrong PostgreSQL 17.2 (Debian): use 18 or newer"]


async def test_a_store_of_a_newer_release_is_pointed_out(town: Town) -> None:
    town.store_there.applied["dispatch"] = ["099_later.sql"]
    assert await town.worst() == [
        "look dispatch: applied by a newer release: 099_later.sql: "
        "use the release that the store has"
    ]


async def test_a_migration_that_was_applied_with_other_content_is_wrong(town: Town) -> None:
    name = migrations("intake")[0].name
    town.store_there.changed = {name}
    has = [s for s in SERVICES if name in {file.name for file in migrations(s)}]
    assert "intake" in has
    assert await town.worst() == [
        f"wrong {s}: applied with other content: {name}: use the release that the store has"
        for s in has
    ]


async def test_copies_that_are_behind_are_named(town: Town) -> None:
    town.brokers_there.partitions[1]["isr"] = [1, 2]
    assert await town.worst() == [
        "wrong copies of partitions [1] of the tickets are behind: see that every broker runs"
    ]


async def test_a_broker_whose_disk_fills_is_named(town: Town) -> None:
    assert isinstance(town.rooms, list)
    town.rooms[1] = Room(2, 100 * 1024**3, 14 * 1024**3)
    assert await town.worst() == [
        "wrong brokers: 14% of the fullest disk are free (14 GiB, broker 2): make it larger"
    ]


async def test_brokers_that_tell_nothing_of_their_disks_are_pointed_out(town: Town) -> None:
    town.rooms = ClusterAuthorizationFailedError()
    assert [said.partition(":")[0] for said in await town.worst()] == [
        "look the brokers tell this user nothing of their disks"
    ]
    town.rooms = BrokersTooOld()
    assert await town.worst() == ["wrong the brokers are older than Kafka 3.3: upgrade them"]


@pytest.mark.parametrize("refusal", [NotImplementedError, IncompatibleBrokerVersion])
async def test_brokers_that_do_not_know_the_question_are_too_old(
    refusal: type[Exception],
) -> None:
    class Old:
        async def _send_request_to_node(self, *_: Any) -> None:
            raise refusal

    with pytest.raises(BrokersTooOld):
        await rooms(Old(), [1])


async def test_this_machines_own_disk_is_looked_at(town: Town) -> None:
    town.free = 4 * 1024**3
    assert await town.worst() == [
        "look 4 GiB are free on the disk of this machine (not of the store's): make room"
    ]


OLD = "0.0.1"


async def test_processes_of_one_release_are_sound(town: Town) -> None:
    town.runs = {n: [(f"{n}-{i}", __version__) for i in range(2)] for n in SERVICES}
    assert await town.worst() == []
    assert f"every process runs release {__version__}" in [f.what for f in await town.findings()]


async def test_replicas_and_services_of_different_releases_are_named(town: Town) -> None:
    town.runs = {
        "intake": [("intake-0", __version__), ("intake-1", OLD)],
        "deadline": [("deadline-1", OLD), ("deadline-0", "")],
    }
    assert await town.worst() == [
        f"look processes run different releases ({OLD}: deadline-1, intake-1; "
        f"{__version__}: intake-0, windows-0; one that does not say: deadline-0): "
        "finish the roll, or see why it stands still"
    ]


@pytest.mark.parametrize("runs", [[OLD, __version__], [__version__, OLD]])
async def test_two_releases_of_one_process_do_not_hide_one_another(
    town: Town, runs: list[str]
) -> None:
    town.runs = {"intake": [("intake-0", release) for release in runs]}
    assert await town.worst() == [
        f"look processes run different releases ({OLD}: intake-0; "
        f"{__version__}: intake-0, windows-0): finish the roll, or see why it stands still"
    ]


async def test_live_windows_of_another_release_are_named(town: Town) -> None:
    town.runs, town.windows = {"intake": [("intake-0", __version__)]}, [("windows-0", OLD)]
    assert await town.worst() == [
        f"look processes run different releases ({OLD}: windows-0; {__version__}: intake-0): "
        "finish the roll, or see why it stands still"
    ]


async def test_live_windows_that_do_not_run_are_pointed_out(town: Town) -> None:
    town.windows = []
    assert await town.worst() == [
        "look the live windows do not run: "
        "start them, where rates and scores of the moment are wanted"
    ]


async def test_a_doctor_of_another_release_says_so(town: Town) -> None:
    town.runs, town.windows = {"intake": [("intake-0", OLD)]}, [("windows-0", OLD)]
    assert await town.worst() == [
        f"look this is release {__version__}, and what runs is not ({OLD}: intake-0, windows-0): "
        "examine a city with the release that it runs"
    ]
