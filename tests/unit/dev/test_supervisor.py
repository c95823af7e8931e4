"""Starting in the order of needs, watching, stopping in reverse: with real, very small programs."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from hotline.dev.echo import Echo
from hotline.dev.failure import StackFailure
from hotline.dev.program import Program
from hotline.dev.supervisor import Supervisor
from tests.support.parents import dies_with


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    running = Supervisor(tmp_path)
    yield running
    await running.stop()


def sh(name: str, script: str, **more: object) -> Program:
    """A program that is a line of shell."""
    return Program(name, ("sh", "-c", script), **more)  # type: ignore[arg-type]


def exists(file: Path) -> Callable[[], Awaitable[bool]]:
    """A probe: the file is there."""

    async def probe() -> bool:
        return file.exists()

    return probe


async def test_a_program_starts_when_what_it_needs_is_ready(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    first = sh("first", f"sleep 0.2; touch {mark}; sleep 60", ready=exists(mark))
    second = sh("second", f"test -e {mark}", needs=("first",), once=True)
    await supervisor.start(second, first)


async def test_a_one_shot_that_fails_stops_the_start_and_shows_why(supervisor: Supervisor) -> None:
    migrate = sh("migrate", "echo no such city; exit 3", once=True)
    service = sh("intake", "sleep 60", needs=("migrate",))
    with pytest.raises(StackFailure, match=r"(?s)migrate ended with code 3.*no such city"):
        await supervisor.start(migrate, service)
    with pytest.raises(KeyError):
        supervisor.pid("intake")


async def test_a_program_that_is_not_ready_in_time_is_named(supervisor: Supervisor) -> None:
    async def never() -> bool:
        return False

    slow = sh("slow", "echo waiting; sleep 60", ready=never, ready_timeout_s=0.5)
    with pytest.raises(StackFailure, match=r"(?s)slow was not ready after.*waiting"):
        await supervisor.start(slow)


async def test_a_program_that_cannot_be_found_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StackFailure, match="nowhere ended with code 1"):
        await supervisor.start(Program("nowhere", ("/no/such/program",), once=True))


async def test_a_child_that_dies_is_reported_with_the_end_of_its_log(
    supervisor: Supervisor,
) -> None:
    await supervisor.start(sh("dispatch", "echo out of memory; sleep 60"))
    os.kill(supervisor.pid("dispatch"), signal.SIGKILL)
    with pytest.raises(StackFailure, match="dispatch was ended by SIGKILL"):
        await supervisor.watch()


async def test_a_child_killed_on_purpose_is_not_reported_and_starts_again(
    supervisor: Supervisor,
) -> None:
    program = sh("deadline", "sleep 60")
    await supervisor.start(program)
    first = supervisor.pid("deadline")
    await supervisor.kill("deadline")
    await supervisor.start(program)
    assert supervisor.pid("deadline") != first
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await supervisor.watch()


async def test_who_needs_others_stops_before_them(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    told = tmp_path / "told"
    script = "trap 'echo {0} >> {1}; exit' TERM; echo up > {0}; while :; do sleep 0.05; done"
    store = sh(
        "store", script.format("store", told), cwd=tmp_path, ready=exists(tmp_path / "store")
    )
    service = sh(
        "service",
        script.format("service", told),
        cwd=tmp_path,
        ready=exists(tmp_path / "service"),
        needs=("store",),
    )
    await supervisor.start(store, service)
    await supervisor.stop()
    assert told.read_text().split() == ["service", "store"]


async def test_a_program_that_will_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    mark = tmp_path / "mark"
    script = f"trap '' TERM; sh -c 'trap \"\" TERM; sleep 600' & touch {mark}; wait; sleep 600"
    await supervisor.start(sh("stubborn", script, ready=exists(mark)))
    family = psutil.Process(supervisor.pid("stubborn")).children(recursive=True)
    assert family
    await supervisor.stop(timeout_s=0.3)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


async def test_the_log_of_the_run_before_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(sh("note", "echo one", once=True))
    await supervisor.start(sh("note", "echo two", once=True))
    assert (tmp_path / "logs" / "note.log").read_text() == "two\n"
    assert (tmp_path / "logs" / "note.before.log").read_text() == "one\n"


async def test_the_echo_names_the_writer_of_every_line(tmp_path: Path) -> None:
    log, output = tmp_path / "intake.log", io.StringIO()
    log.write_text("one\ntwo\nthr")
    echo = Echo(output)
    echo.follow("intake", log)
    await asyncio.sleep(0)
    with log.open("a") as file:
        file.write("ee\nunfinished")
    await echo.close()
    lines = [line.removeprefix("intake     | ") for line in output.getvalue().splitlines()]
    assert lines == ["one", "two", "three", "unfinished"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from hotline.dev.program import Program; from hotline.dev.supervisor import Supervisor\n"
        "async def main():\n"
        "    supervisor = Supervisor(Path(sys.argv[1]))\n"
        "    await supervisor.start(Program('child', ('sleep', '600')))\n"
        "    print(supervisor.pid('child'), flush=True)\n"
        "    await supervisor.watch()\n"
        "asyncio.run(main())\n"
    )
    assert await dies_with(script, tmp_path)
