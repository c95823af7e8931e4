"""Programs forked from a process that has imported their modules: as `python -m` would run them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.nursery import Forked, Nursery, nursery
from hotline.dev.program import Program
from hotline.dev.services import modules_of
from hotline.dev.supervisor import Supervisor
from hotline.programs import PROGRAMS
from tests.support.parents import dies_with

BORN = "tests.support.born"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Nursery]:
    async with nursery([BORN], tmp_path / "nursery.log") as made:
        yield made


async def told(log: Path) -> dict[str, Any]:
    """The first line of its log, once it is there."""
    async with asyncio.timeout(20.0):
        while "\n" not in log.read_text():
            await asyncio.sleep(0.02)
    found: dict[str, Any] = json.loads(log.read_text().splitlines()[0])
    return found


async def born(home: Nursery, tmp_path: Path, *args: str) -> tuple[Forked, dict[str, Any]]:
    log = tmp_path / "born.log"
    forked = await home.fork([BORN, *args], {"ONLY": "this"}, tmp_path, log)
    return forked, await told(log)


async def test_it_has_its_own_arguments_environment_folder_session_and_log(
    home: Nursery, tmp_path: Path
) -> None:
    forked, said = await born(home, tmp_path, "stay")
    assert said["argv"] == ["stay"]
    assert said["env"].keys() - {"LC_CTYPE"} == {"ONLY"}
    assert said["cwd"] == str(tmp_path)
    assert said["session"] == said["pid"] == forked.pid
    assert forked.returncode is None
    forked.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(forked.wait(), 10.0) == -signal.SIGTERM
    forked.send_signal(signal.SIGTERM)  # to nobody


@pytest.mark.parametrize(("args", "code"), [(["code", "3"], 3), (["fail"], 1), ([], 0)])
async def test_how_it_ends_is_told(
    home: Nursery, tmp_path: Path, args: list[str], code: int
) -> None:
    forked, _ = await born(home, tmp_path, *args)
    assert await asyncio.wait_for(forked.wait(), 10.0) == code
    assert ("ValueError: as it was told" in (tmp_path / "born.log").read_text()) == (code == 1)


async def test_many_at_once_are_told_apart(home: Nursery, tmp_path: Path) -> None:
    logs = [tmp_path / f"{code}.log" for code in range(20)]
    forked = await asyncio.gather(
        *(home.fork([BORN, "code", log.stem], {}, None, log) for log in logs)
    )
    codes = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in forked)), 20.0)
    assert codes == list(range(20))
    assert [(await told(log))["pid"] for log in logs] == [one.pid for one in forked]


async def test_what_cannot_be_imported_is_one_sentence(tmp_path: Path) -> None:
    async with nursery(["no.such.module"], tmp_path / "nursery.log") as home:
        for _ in range(2):  # asked before it is known, and after
            with pytest.raises(StackFailure, match=r"cannot be imported: .*nursery\.log says why"):
                await home.fork([BORN], {}, None, tmp_path / "never.log")
    assert "No module named 'no'" in (tmp_path / "nursery.log").read_text()


async def test_nobody_is_left_of_a_start_that_was_broken_off(home: Nursery, tmp_path: Path) -> None:
    log = tmp_path / "born.log"
    asking = asyncio.create_task(home.fork([BORN, "stay"], {}, None, log))
    await asyncio.sleep(0)
    asking.cancel()
    other, _ = await born(home, tmp_path, "stay")
    async with asyncio.timeout(20.0):
        while _forked(other) != [other.pid]:
            await asyncio.sleep(0.02)


def _forked(home_of: Forked) -> list[int]:
    """What runs below the process that forked it."""
    parent = psutil.Process(home_of.pid).parent()
    assert parent is not None
    return [p.pid for p in parent.children() if p.status() != psutil.STATUS_ZOMBIE]


async def test_they_have_ended_when_they_are_gone_though_what_forked_them_was_killed(
    home: Nursery, tmp_path: Path
) -> None:
    forked, _ = await born(home, tmp_path, "stay")
    nursery_process = psutil.Process(psutil.Process(forked.pid).ppid())
    os.kill(forked.pid, signal.SIGSTOP)  # it cannot heed that the kernel tells it to stop
    nursery_process.kill()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(forked.wait(), 0.5)
    os.kill(forked.pid, signal.SIGCONT)
    assert await asyncio.wait_for(forked.wait(), 10.0) == -signal.SIGTERM
    with pytest.raises(StackFailure):
        await home.fork([BORN], {}, None, tmp_path / "never.log")


async def test_a_supervisor_takes_python_programs_from_it(home: Nursery, tmp_path: Path) -> None:
    running = Supervisor(tmp_path / "run", nursery=home)
    argv = (sys.executable, "-m", BORN, "stay")
    await running.start(Program("born", argv), Program("other", ("sleep", "600")))
    try:
        said = await told(tmp_path / "run" / "logs" / "born.log")
        assert said["pid"] == running.pid("born")
        parents = {name: psutil.Process(running.pid(name)).ppid() for name in ("born", "other")}
        assert parents["other"] == os.getpid() != parents["born"]
        await running.kill("born")
    finally:
        await running.stop()


async def test_the_services_can_be_forked(tmp_path: Path) -> None:
    """Importing them starts no thread, which a fork would lose."""
    async with nursery([*modules_of(PROGRAMS), BORN], tmp_path / "nursery.log") as home:
        _, said = await born(home, tmp_path)
    assert said["threads_of_parent"] == 1
    assert {f"services.{name}.service" for name in ("intake", "datasync")} <= {*said["imported"]}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_they_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from hotline.dev.nursery import nursery\n"
        "async def main(folder):\n"
        f"    async with nursery(['{BORN}'], folder / 'nursery.log') as home:\n"
        f"        born = await home.fork(['{BORN}', 'stay'], {{}}, None, folder / 'log')\n"
        "        print(born.pid, flush=True)\n"
        "        await born.wait()\n"
        "asyncio.run(main(Path(sys.argv[1])))\n"
    )
    assert await dies_with(script, tmp_path)


async def test_a_program_that_runs_otherwise_than_we_do_is_not_forked(
    home: Nursery, tmp_path: Path
) -> None:
    """Its wrapping, its user, or the signal that stops it: the nursery knows none of them."""
    running = Supervisor(tmp_path / "run", nursery=home)
    argv = (sys.executable, "-m", BORN, "stay")
    await running.start(
        Program("wrapped", argv, wrap=("env",)),
        Program("interrupted", argv, stop_signal=signal.SIGINT),
    )
    try:
        parents = {psutil.Process(running.pid(n)).ppid() for n in ("wrapped", "interrupted")}
        assert parents == {os.getpid()}
    finally:
        await running.stop()
