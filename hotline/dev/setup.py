"""Builds .venv from uv.lock, or renews it; does nothing when it is as the lock says.

Run by `make` with any Python 3, by path and with the standard library alone. Nothing here may be
newer than Python 3.6: an old Python has to be able to say that it is too old.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import Mapping, Optional, Sequence  # noqa: UP035 - see above

MINIMUM = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
UV = "uv==0.13.9"
NEEDED_BYTES = 1024 * 1024 * 1024

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".locked")
INPUTS = ("pyproject.toml", "uv.lock", os.path.join("hotline", "dev", "setup.py"))


def main() -> int:
    """The exit code; what went wrong is one sentence on the error output."""
    if sys.version_info[:2] < MINIMUM:
        return use_newer_python()
    if is_current():
        return 0
    with open(os.path.join(ROOT, ".venv.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if is_current() else build()


def use_newer_python() -> int:
    """Go on with a newer Python of this machine, if it has one."""
    for name in NEWER:
        if shutil.which(name):
            os.execvp(name, [name, os.path.abspath(__file__)])
    found = ".".join(str(part) for part in sys.version_info[:2])
    return complain(f"Python {found} is too old: install Python 3.11 or newer.")


def is_current() -> bool:
    """Whether .venv was made from the files as they are now."""
    if not os.path.exists(PYTHON) or not os.path.exists(STAMP):
        return False
    with open(STAMP) as stamp:
        return stamp.read() == fingerprint()


def fingerprint() -> str:
    """Of all that decides what .venv holds, the place too: a copy of it elsewhere is void."""
    digest = hashlib.sha256(ROOT.encode())
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def build() -> int:
    """Make what is missing; a first build that fails leaves nothing behind."""
    fresh = not os.path.exists(VENV)
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        return complain(f"The disk of {ROOT} is nearly full: make room for 1 GB.")
    say("setting up .venv" + (" (the first time it downloads about 200 MB)" if fresh else ""))
    problem = "Setting up was interrupted: run this again."
    with suppress(KeyboardInterrupt):
        problem = make_venv() or install()
    if problem:
        if fresh:
            shutil.rmtree(VENV, ignore_errors=True)
        return complain(problem)
    with open(STAMP, "w") as stamp:
        stamp.write(fingerprint())
    return 0


def make_venv() -> str:
    """Have a .venv with uv in it; the sentence that says what is wrong, or nothing."""
    if works([PYTHON, "-m", "uv", "--version"], quiet=True):
        return ""
    shutil.rmtree(VENV, ignore_errors=True)
    if not works([sys.executable, "-m", "venv", VENV]):
        return "Python's module venv does not work: install it (on Debian: python3-venv)."
    if not works([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", UV]):
        return "uv could not be fetched: check the network and its proxy settings."
    return ""


def install() -> str:
    """Have the packages of uv.lock; the sentence that says what is wrong, or nothing."""
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = VENV
    if works([PYTHON, "-m", "uv", "sync", "--locked"], env=environment):
        return ""
    return "The packages could not be installed (see above): check the network and the disk."


def works(
    command: Sequence[str],
    quiet: bool = False,
    env: Optional[Mapping[str, str]] = None,  # noqa: UP045 - see above
) -> bool:
    """Run a command; whether it ended well."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.call(command, stdout=output, stderr=output, cwd=ROOT, env=env) == 0
    except OSError:
        return False


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print("hotline: " + line, file=sys.stderr, flush=True)


def complain(sentence: str) -> int:
    """Say what is wrong; the exit code for it."""
    say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main())
