"""What `hotline ticket show` cannot do is one sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.running import Running, running, write_running
from hotline.cli.ticket import command


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The run folder of a city that was stopped: nothing listens where it was."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    here = f"127.0.0.1:{port}"
    dsn = f"postgresql://hotline:secret@{here}/hotline"
    write_running(Running(here, dsn, "", "nyc", 24, {"datasync": f"http://{here}"}, tmp_path))
    return tmp_path


def show(run_dir: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["show", "T-1", "--run-dir", str(run_dir), *options])


@pytest.mark.parametrize("options", [(), ("--from", "kafka"), ("--at", "2026-03-16T09:00:00Z")])
def test_a_city_that_was_stopped_is_told_in_one_sentence(
    stopped: Path, options: tuple[str, ...]
) -> None:
    found = show(stopped, *options)
    assert (found.exit_code, found.output.count("\n")) == (1, 1), found.output
    assert "does not answer" in found.output
    assert "make run" in found.output
    assert "secret" not in found.output


def test_in_a_pod_the_settings_say_where_it_is(stopped: Path) -> None:
    place = running(stopped)
    env = {"HOTLINE_DSN": place.dsn, "HOTLINE_KAFKA": place.kafka, "HOTLINE_CITY": "nyc"}
    for options in ((), ("--from", "kafka")):
        found = CliRunner(env=env).invoke(command, ["show", "T-1", *options])
        assert (found.exit_code, found.output.count("\n")) == (1, 1), found.output
        assert "that the settings name does not answer" in found.output
    found = CliRunner(env=env).invoke(command, ["show", "T-1", "--from", "file"])
    assert found.exit_code == 2


def test_a_time_is_asked_of_the_ledgers_only(stopped: Path) -> None:
    found = show(stopped, "--from", "kafka", "--at", "2026-03-16T09:00:00Z")
    assert found.exit_code == 2
    assert "--at reads the ledgers" in found.output
