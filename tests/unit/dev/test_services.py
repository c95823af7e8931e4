"""The five services as children, played by a few lines that answer /readyz."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from hotline.dev import services as module
from hotline.dev.failure import StackFailure
from hotline.dev.services import services
from hotline.dev.stack import StackInfo
from hotline.programs import PROGRAMS, SERVICES, WINDOWS

INFO = StackInfo(bootstrap="127.0.0.1:1", dsn="postgresql://nobody@127.0.0.1:1/none")

PRETEND = """
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path in ("/readyz", "/env") else 404)
        self.end_headers()
        mine = {k: v for k, v in os.environ.items() if k.startswith("HOTLINE_")}
        self.wfile.write(json.dumps(mine).encode())
    def log_message(self, *arguments): pass
address = (os.environ["HOTLINE_HTTP_HOST"], int(os.environ["HOTLINE_HTTP_PORT"]))
http.server.HTTPServer(address, Handler).serve_forever()
"""


def silent(line: str) -> None:
    """Nobody reads the progress of these tests."""


def python(script: str) -> Callable[[str], tuple[str, ...]]:
    """A command that is the same for every service and every city."""
    return lambda _: (sys.executable, "-c", script)


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "migrate_command", python("print('migrated')"))
    monkeypatch.setattr(module, "service_command", python(PRETEND))


async def get(url: str) -> bytes:
    """The body of a GET."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).content


@pytest.mark.usefixtures("pretend")
async def test_every_service_is_ready_and_knows_where_everything_is(tmp_path: Path) -> None:
    async with services(INFO, "nyc", run_dir=tmp_path, city="nyc", say=silent) as up:
        assert tuple(up.urls) == SERVICES
        told = json.loads(await get(up.urls["deadline"] + "/env"))
    assert told == {
        "HOTLINE_KAFKA": INFO.bootstrap,
        "HOTLINE_DSN": INFO.dsn,
        "HOTLINE_IMPORTS": "1",
        "HOTLINE_NAMESPACE": "nyc",
        "HOTLINE_CITY": "nyc",
        "HOTLINE_DEV": "1",
        "HOTLINE_RUN_DIR": str(tmp_path),
        "HOTLINE_HTTP_HOST": "127.0.0.1",
        "HOTLINE_HTTP_PORT": up.urls["deadline"].rpartition(":")[2],
        "HOTLINE_INTAKE_URL": up.urls["intake"],
    }


@pytest.mark.usefixtures("pretend")
async def test_only_some_services_and_none_is_left(tmp_path: Path) -> None:
    only = ("intake", "dispatch")
    async with services(INFO, "", run_dir=tmp_path, city="nyc", only=only, say=silent) as up:
        assert tuple(up.urls) == only
        running = [psutil.Process(up.pid(name)) for name in only]
    assert not any(process.is_running() for process in running)


@pytest.mark.usefixtures("pretend")
async def test_the_live_views_run_beside_them_where_they_are_asked_for(tmp_path: Path) -> None:
    async with services(INFO, "", run_dir=tmp_path, city="nyc", only=PROGRAMS, say=silent) as up:
        assert tuple(up.urls) == (*SERVICES, WINDOWS)
        told = json.loads(await get(up.urls[WINDOWS] + "/env"))
    assert told["HOTLINE_HTTP_PORT"] == up.urls[WINDOWS].rpartition(":")[2]


@pytest.mark.usefixtures("pretend")
async def test_a_killed_service_starts_again_at_the_same_place(tmp_path: Path) -> None:
    only = ("deadline",)
    async with services(INFO, "", run_dir=tmp_path, city="nyc", only=only, say=silent) as up:
        await up.kill("deadline")
        with pytest.raises(httpx.TransportError):
            await get(up.urls["deadline"] + "/readyz")
        await up.restart("deadline")
        assert await get(up.urls["deadline"] + "/readyz")


@pytest.mark.usefixtures("pretend")
async def test_no_service_starts_when_the_migration_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "migrate_command", python("raise SystemExit('no such city')"))
    with pytest.raises(StackFailure, match=r"(?s)migrate ended with code 1.*no such city"):
        async with services(INFO, "", run_dir=tmp_path, city="atlantis", say=silent):
            pytest.fail("the services run")
    assert not (tmp_path / "logs" / "intake.log").exists()


def test_the_commands_are_those_of_the_product() -> None:
    assert module.migrate_command("nyc")[1:] == (
        "-m",
        "hotline.cli.main",
        "migrate",
        "--city",
        "nyc",
    )
    assert module.service_command("intake")[1:] == ("-m", "services.intake")
    assert module.service_command(WINDOWS)[1:] == ("-m", "services.evaluation.faust_app")
