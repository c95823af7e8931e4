"""Ports: free ones, chosen once, written down, checked before use."""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hotline.dev.failure import StackFailure

LOCALHOST = "127.0.0.1"
# Below what systems hand out for outgoing connections: a written-down port stays ours.
_RANGE = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on which nobody listens, and which nobody was given lately.

    The processes of a user take turns through the range: between the choice of a port and its
    first listener lie seconds, in which another stack chooses its own. Raises StackFailure.
    """
    with _turn() as file:
        last = _number(file.read())
        for step in range(1, len(_RANGE) + 1):
            port = _RANGE[(last - _RANGE.start + step) % len(_RANGE)]
            if is_free(port):
                file.seek(0)
                file.truncate()
                file.write(str(port))
                return port
    raise StackFailure("No free port was found between 15000 and 32000: stop what listens there.")


@contextmanager
def _turn() -> Iterator[IO[str]]:
    """Hold the file that names the port given last, which only this user writes."""
    path = Path(tempfile.gettempdir()) / f"hotline-{os.getuid()}.port"
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StackFailure(
            f"{path}, which counts the ports given, cannot be written ({error.strerror}): "
            "remove it, or set TMPDIR to a folder of yours."
        ) from None
    with open(opened, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _number(text: str) -> int:
    """The port that was given last; of a new or damaged file, any."""
    if text.isdecimal():
        return int(text)
    return random.choice(_RANGE)


def stored_ports(file: Path, names: Iterable[str]) -> dict[str, int]:
    """The ports of these names: from HOTLINE_PORT_<NAME>, else from `file`, else new and stored.

    Raises StackFailure, with what to do, when another program listens on one of them.
    """
    stored: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        if name not in stored:
            stored[name] = free_port()
        ports[name] = _override(name) or stored[name]
    _store(file, stored)
    for name, port in ports.items():
        _require_free(name, port, file)
    return ports


def variable(name: str) -> str:
    """The environment variable that overrides the port of this name."""
    return "HOTLINE_PORT_" + name.upper().replace(".", "_").replace("-", "_")


def _override(name: str) -> int | None:
    value = os.environ.get(variable(name))
    if value is None:
        return None
    if not value.isdecimal() or not 0 < int(value) < 65_536:
        raise StackFailure(f"{variable(name)} is {value!r}: set it to a port number.")
    return int(value)


def _store(file: Path, ports: dict[str, int]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(ports, indent=2, sort_keys=True) + "\n")
    draft.replace(file)


def _require_free(name: str, port: int, file: Path) -> None:
    if not is_free(port):
        raise StackFailure(
            f"Port {port}, kept for {name} in {file}, is in use by another program: "
            f"stop that program, or set {variable(name)} to another port."
        )
