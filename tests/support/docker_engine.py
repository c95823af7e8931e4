"""A Docker engine that runs nothing: it answers as the Engine API does, and keeps what it was told.

The real testcontainers and docker libraries talk to it over a unix socket, so that what is asserted
is what an engine receives. A container is a note of what was asked; it says on its log, and its
commands end with, what the test wants.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

VERSION = "1.47"
_FIRST_PORT = 40_000
_STDOUT = 1


@dataclass
class Made:
    """One container: `asked` is the body of its creation, `removed` the query of its removal."""

    id: str
    name: str
    asked: dict[str, Any]
    status: str = "created"
    ran: list[list[str]] = field(default_factory=list)
    log: bytes = b""
    removed: dict[str, str] | None = None

    @property
    def image(self) -> str:
        return str(self.asked["Image"])

    @property
    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.asked["Env"])


@dataclass
class Refusal(Exception):
    """What the engine answers instead."""

    status: int
    message: str


class Engine:
    """`starts` and `runs` are the test's: called when a container starts, and with each command
    that is run in one, whose exit code it gives; either may raise a Refusal."""

    def __init__(self, path: Path, reaper_port: int) -> None:
        self.path, self._reaper_port = path, reaper_port
        self.asked: list[str] = []  # every request, in order, as "POST /containers/create"
        self.pulled: list[str] = []
        self.made: list[Made] = []
        self.missing: set[str] = set()  # images that no registry has
        self.starts: Callable[[Made], None] = lambda made: None
        self.runs: Callable[[Made, list[str]], int] = lambda made, command: 0
        self._codes: list[int] = []
        self.reaper = threading.Thread()  # ends when nobody asks it to wait any more
        self.reaped = b""  # what it was told to remove then

    def of(self, image: str) -> Made:
        """The one container of an image."""
        (found,) = [made for made in self.made if made.image.startswith(image)]
        return found

    def left(self) -> list[Made]:
        """What nobody has removed."""
        return [made for made in self.made if made.removed is None]

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, bytes | dict[str, Any] | None]:
        """Status, and a body: bytes as they are, a dict as JSON. Raises Refusal."""
        self.asked.append(f"{method} {path}")
        for route, work in _ROUTES.items():
            found = re.fullmatch(route, f"{method} {path}")
            if found:
                return work(self, *map(unquote, found.groups()), query=query, body=body)
        raise Refusal(404, f"page not found: {method} {path}")

    def host_port(self, place: str) -> int:
        """Where a port of a container is reached: the reaper's is a real one."""
        port = int(place.partition("/")[0])
        return self._reaper_port if port == 8080 else _FIRST_PORT + port

    def container(self, id_: str) -> Made:
        for made in self.made:
            if made.id == id_ and made.removed is None:
                return made
        raise Refusal(404, f"No such container: {id_}")

    def _image(self, name: str, **_: Any) -> Any:
        if name not in self.pulled:
            raise Refusal(404, f"No such image: {name}")
        return 200, {"Id": f"sha256:{name}", "RepoTags": [name]}

    def _pull(self, query: dict[str, str], **_: Any) -> Any:
        name = f"{query['fromImage']}:{query['tag']}"
        if name in self.missing:
            raise Refusal(404, f"manifest for {name} not found")
        self.pulled.append(name)
        return 200, {"status": f"Status: Downloaded newer image for {name}"}

    def _create(self, query: dict[str, str], body: Any, **_: Any) -> Any:
        self.made.append(Made(f"{len(self.made):064x}", query.get("name", ""), body))
        return 201, {"Id": self.made[-1].id, "Warnings": []}

    def _inspect(self, id_: str, **_: Any) -> Any:
        made = self.container(id_)
        bindings = made.asked["HostConfig"].get("PortBindings") or {}
        ports = {p: [{"HostIp": "0.0.0.0", "HostPort": str(self.host_port(p))}] for p in bindings}
        return 200, {
            "Id": made.id,
            "Name": f"/{made.name}",
            "Config": {"Tty": False, "Image": made.image, "Labels": made.asked["Labels"]},
            "State": {"Status": made.status, "Running": made.status == "running"},
            "NetworkSettings": {"Ports": ports},
        }

    def _start(self, id_: str, **_: Any) -> Any:
        made = self.container(id_)
        self.starts(made)
        made.status = "running" if made.status == "created" else made.status
        return 204, None

    def _logs(self, id_: str, query: dict[str, str], **_: Any) -> Any:
        log = self.container(id_).log if query.get("stdout") == "1" else b""
        return 200, struct.pack(">BxxxL", _STDOUT, len(log)) + log if log else b""

    def _exec(self, id_: str, body: Any, **_: Any) -> Any:
        made = self.container(id_)
        made.ran.append(body["Cmd"])
        self._codes.append(self.runs(made, body["Cmd"]))
        return 201, {"Id": str(len(self._codes) - 1)}

    def _remove(self, id_: str, query: dict[str, str], **_: Any) -> Any:
        self.container(id_).removed = query
        return 204, None

    def _version(self, **_: Any) -> Any:
        return 200, {
            "ApiVersion": VERSION,
            "MinAPIVersion": "1.24",
            "Version": "27.0",
            "Os": "linux",
        }

    def _code(self, number: str, **_: Any) -> Any:
        return 200, {"ExitCode": self._codes[int(number)], "Running": False}


_ROUTES: dict[str, Callable[..., Any]] = {
    "GET /_ping": lambda engine, **_: (200, b"OK"),
    "GET /version": Engine._version,
    "GET /images/(.+)/json": Engine._image,
    "POST /images/create": Engine._pull,
    "POST /containers/create": Engine._create,
    "GET /containers/([^/]+)/json": Engine._inspect,
    "POST /containers/([^/]+)/start": Engine._start,
    "GET /containers/([^/]+)/logs": Engine._logs,
    "POST /containers/([^/]+)/exec": Engine._exec,
    "DELETE /containers/([^/]+)": Engine._remove,
    "POST /exec/([^/]+)/start": lambda engine, number, **_: (200, b""),  # it prints nothing
    "GET /exec/([^/]+)/json": Engine._code,
}


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def handle_one(self) -> None:
        where = urlsplit(self.path)
        path = re.sub(r"^/v[0-9.]+(?=/)", "", where.path)
        query = {name: values[0] for name, values in parse_qs(where.query).items()}
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        try:
            status, found = self.server.engine.answer(self.command, path, query, body)
        except Refusal as refusal:
            status, found = refusal.status, {"message": refusal.message}
        self.send_response(status)
        content = json.dumps(found).encode() if isinstance(found, dict) else found or b""
        kind = "application/json" if isinstance(found, dict) else "application/octet-stream"
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if content:  # who awaits none may be gone
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = handle_one  # noqa: N815 - the library calls them so

    def log_message(self, *_: Any) -> None:
        """Pytest's output is for tests."""


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    engine: Engine


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """Listens on a socket of its own for the length of a block; `DOCKER_HOST` is for the caller."""
    with (
        TemporaryDirectory(prefix="engine") as folder,
        socket.create_server(("127.0.0.1", 0)) as reaper,
    ):
        engine = Engine(Path(folder) / "docker.sock", reaper.getsockname()[1])
        with _Server(str(engine.path), _Handler) as server:
            server.engine = engine
            answering = threading.Thread(target=server.serve_forever, args=(0.01,))
            engine.reaper = threading.Thread(target=_listen, args=(reaper, engine))
            for thread in (answering, engine.reaper):
                thread.start()
            try:
                yield engine
            finally:
                with suppress(OSError):  # nobody listens any more where it was told something
                    reaper.shutdown(socket.SHUT_RDWR)
                server.shutdown()
                answering.join()
                engine.reaper.join()


def _listen(reaper: socket.socket, engine: Engine) -> None:
    """As the reaper does: what is said to it is what it removes once nobody is connected."""
    try:
        connection, _ = reaper.accept()
    except OSError:
        return
    with connection:
        connection.settimeout(60)
        while part := connection.recv(1_024):
            engine.reaped += part
