"""The two ways to fetch the broker's jars: Maven where there is one, else the resolver `jgo`."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from hotline.dev.artifacts import Fetcher, Jar, Say
from hotline.dev.command import CommandFailed, run

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_TIMEOUT_S = 900.0
_PROGRESS_EVERY_S = 2.0

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hotline</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>{dependencies}</dependencies>
</project>
"""
_DEPENDENCY = """
    <dependency>
      <groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>"""


def available() -> list[Fetcher]:
    """Maven first where it is installed: it knows the mirrors and proxies of this machine."""
    return [by_maven, by_jgo] if shutil.which("mvn") else [by_jgo]


async def by_maven(jars: Sequence[Jar], target: Path, say: Say) -> None:
    """Copy the jars into `target` by Maven. Raises CommandFailed."""
    project = target / "pom.xml"
    project.write_text(pom(jars))
    argv = ["mvn", "-B", "-f", str(project), _COPY, f"-DoutputDirectory={target}"]
    try:
        await run(argv, timeout_s=_TIMEOUT_S, on_line=_progress(jars, say))
    except CommandFailed as failed:
        raise CommandFailed(f"mvn: {failed}") from failed
    finally:
        project.unlink()


async def by_jgo(jars: Sequence[Jar], target: Path, say: Say) -> None:
    """Download the jars into `target` by jgo, in a process of its own. Raises CommandFailed."""
    argv = [sys.executable, "-m", "hotline.dev.jgo_download", str(target)]
    argv += [jar.coordinate for jar in jars]
    try:
        await run(argv, timeout_s=_TIMEOUT_S, on_line=_progress(jars, say))
    except CommandFailed as failed:
        raise CommandFailed(f"jgo: {failed}") from failed


def pom(jars: Sequence[Jar]) -> str:
    """A project that depends on exactly these jars."""
    rows = [_DEPENDENCY.format(*escape(jar.coordinate).split(":")) for jar in jars]
    return _POM.format(dependencies="".join(rows))


def _progress(jars: Sequence[Jar], say: Say) -> Callable[[str], None]:
    """Counts the jars named in the output and says so every two seconds."""
    waiting = {jar.file_name for jar in jars}
    said_at = time.monotonic()

    def on_line(line: str) -> None:
        nonlocal said_at
        waiting.difference_update([name for name in waiting if name in line])
        if time.monotonic() - said_at >= _PROGRESS_EVERY_S:
            said_at = time.monotonic()
            say(f"fetching the broker: {len(jars) - len(waiting)} of {len(jars)} files")

    return on_line
