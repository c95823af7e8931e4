"""What an earlier run left running is stopped; what merely has its process id is not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotline.dev.orphans import forget, remember, stop_orphans


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as running:
        yield running
        running.kill()


def test_what_is_left_over_is_stopped(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    remember(tmp_path, "kafka", process.pid)
    assert stop_orphans(tmp_path) == ["kafka"]
    assert not psutil.pid_exists(process.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_process_id_that_came_round_again_is_left_alone(
    tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    note = tmp_path / "kafka.json"
    note.write_text(json.dumps({"pid": process.pid, "started_at": 1.0}))
    assert stop_orphans(tmp_path) == []
    assert process.poll() is None
    assert not note.exists()


def test_a_half_written_note_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "kafka.json").write_text('{"pid": 12')
    assert stop_orphans(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_has_ended_is_forgotten(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    remember(tmp_path, "kafka", process.pid)
    forget(tmp_path, "kafka", process.pid + 1)
    assert (tmp_path / "kafka.json").exists()
    forget(tmp_path, "kafka", process.pid)
    assert stop_orphans(tmp_path) == []
    assert process.poll() is None
