"""Runs a command of the terminal until it ends or is asked to stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hotline.dev.failure import StackFailure

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    main: Coroutine[Any, Any, None],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """The exit code of the command: 0 at its end or when asked to stop, 1 for a StackFailure.

    Ctrl-C, SIGTERM and a closed terminal cancel `main` once, so that its blocks clean up. A
    StackFailure, and a full disk, is shown as its one sentence.
    """
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_until_asked(main))
    except StackFailure as failure:
        return _complain(str(failure))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        place = error.filename or "the working files"
        return _complain(f"The disk is full ({place}): make room, then run this again.")
    return 0


async def _until_asked(main: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(main)
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await task


def _complain(sentence: str) -> int:
    print(f"hotline: {sentence}", file=sys.stderr)
    return 1
