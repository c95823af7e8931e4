"""A first start: whole, or over again."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.lock import exclusive
from hotline.sim.beginning import MARK, is_imported, start_over


def test_without_the_mark_nothing_was_imported(tmp_path: Path) -> None:
    assert not is_imported(tmp_path)
    (tmp_path / MARK).write_text("{}")
    assert is_imported(tmp_path)


def test_starting_over_removes_the_data_and_nothing_else(tmp_path: Path) -> None:
    for name in ("kafka/data", "postgres/18", "demo/kafka", "bench/1"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "ports.json").write_text("{}")
    assert start_over(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"demo", "bench", "ports.json", "lock"}
    assert not start_over(tmp_path)


def test_a_city_that_runs_is_not_started_over(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    with exclusive(tmp_path), pytest.raises(StackFailure, match="already runs"):
        start_over(tmp_path)
    assert (tmp_path / "kafka").exists()
