"""Becomes another program that dies with its parent and, if asked, runs as another user.

Run by path, with nothing but the standard library: `launch.py SIGNAL PARENT USER -- PROGRAM ARGS`.
SIGNAL is what the kernel sends when the parent is gone, PARENT its process id (a parent that died
before we could ask for the signal is noticed by it), USER a name or `-` for no change. The signal
is asked for after the change of user, and inside a user namespace, because both clear it. Another
user may not be able to read Python's own files: everything is imported, and found, before.
"""

import ctypes
import os
import pwd
import shutil
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
NO_CHANGE = "-"


def launched(
    argv: Sequence[str], signal_number: int, wrap: Sequence[str] = (), user: str = NO_CHANGE
) -> list[str]:
    """The command line that runs `argv` through this file.

    `wrap` is a program in front of all that executes its arguments, like `unshare`. The process
    that starts it has to be this one.
    """
    launcher = [sys.executable, "-I", "-S", __file__, str(int(signal_number)), str(os.getpid())]
    program = shutil.which(argv[0]) or argv[0]
    return [*wrap, *launcher, user, "--", program, *argv[1:]]


def main(argv: list[str]) -> None:
    """Replace this process by the program named after `--`; never returns."""
    signal_number, parent, user, dashes, *program = argv
    assert dashes == "--", "usage: launch.py SIGNAL PARENT USER -- PROGRAM ARGS"
    if user != NO_CHANGE:
        become(user)
    die_with_parent(int(signal_number), int(parent))
    os.execv(program[0], program)


def become(user: str) -> None:
    """Give up root for good."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with_parent(signal_number: int, parent: int) -> None:
    """Linux only; elsewhere the next start finds what was left and stops it."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def called(name: str) -> None:
    """The process's short name, as `top` shows it; Linux only."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
