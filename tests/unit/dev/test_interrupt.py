"""How a command of the terminal ends: by itself, asked to, or with one sentence."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from pathlib import Path

import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.interrupt import run


def test_a_command_that_ends_by_itself_ends_well() -> None:
    assert run(asyncio.sleep(0)) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_cleans_up_and_ends_well(number: signal.Signals) -> None:
    told = []

    async def main() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), number)  # an impatient second Ctrl-C cuts nothing short
            await asyncio.sleep(0.05)
            told.append("cleaned up")

    assert run(main()) == 0
    assert told == ["cleaned up"]


def test_a_failure_is_shown_as_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        raise StackFailure("Port 1 is in use: stop it.")

    assert run(main()) == 1
    assert capsys.readouterr().err == "hotline: Port 1 is in use: stop it.\n"


def test_a_full_disk_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "ports.new"))

    assert run(main()) == 1
    assert capsys.readouterr().err.startswith("hotline: The disk is full (")


def test_any_other_error_is_a_bug_and_keeps_its_traceback() -> None:
    async def main() -> None:
        raise FileNotFoundError("nobody expects this")

    with pytest.raises(FileNotFoundError):
        run(main())
