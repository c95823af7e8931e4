"""`hotline serve` is the service itself, and `hotline ready` asks it from beside."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from hotline.cli.ready import command as ready
from hotline.cli.serve import command as serve
from hotline.dev.ports import free_port


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A port whose every answer is this."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = status if self.path == "/readyz" else 404
            self.send_response(found)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_ready_is_what_readyz_says(status: int, code: int) -> None:
    with answering(status, b'{"joined":true,"store":false}') as port:
        done = CliRunner().invoke(ready, ["--port", str(port)])
    assert done.exit_code == code
    assert '"store":false' in done.output


def test_the_port_is_the_services_own_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, b"{}") as port:
        monkeypatch.setenv("HOTLINE_HTTP_PORT", str(port))
        assert CliRunner().invoke(ready).exit_code == 0


def test_nobody_there_is_not_ready_and_said_in_a_sentence() -> None:
    port = free_port()
    done = CliRunner().invoke(ready, ["--port", str(port)])
    assert done.exit_code == 1
    assert f"127.0.0.1:{port} does not answer" in done.output


def test_a_wrong_setting_ends_it_as_the_module_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOTLINE_KAFKA", raising=False)
    monkeypatch.delenv("HOTLINE_DSN", raising=False)
    with pytest.raises(SystemExit) as end:
        serve.main(["dispatch"], standalone_mode=False)
    assert end.value.code == 2
    assert "HOTLINE_KAFKA is not set" in capsys.readouterr().err


def test_only_programs_can_be_served() -> None:
    done = CliRunner().invoke(serve, ["kernel"])
    assert done.exit_code == 2
    assert "windows" in done.output
