"""Tests that share a machine, and the one that needs all of it."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.support.turns import turn

TIMEOUT_S = 10.0


class Running:
    """A test that runs in a process of its own, until it is told to end."""

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self.began, self.end = threading.Event(), threading.Event()

        def run() -> None:
            with turn(folder, alone=alone):
                self.began.set()
                self.end.wait(TIMEOUT_S)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def stop(self) -> None:
        self.end.set()
        self._thread.join(TIMEOUT_S)


def waits(*running: Running) -> bool:
    return not any(one.began.wait(0.05) for one in running)


def test_ordinary_tests_run_side_by_side(tmp_path: Path) -> None:
    tests = [Running(tmp_path, alone=False) for _ in range(3)]
    assert all(one.began.wait(TIMEOUT_S) for one in tests)
    for one in tests:
        one.stop()


def test_one_that_is_alone_waits_for_the_others_and_they_for_it(tmp_path: Path) -> None:
    first = Running(tmp_path, alone=False)
    assert first.began.wait(TIMEOUT_S)
    alone = Running(tmp_path, alone=True)
    assert waits(alone)
    later = Running(tmp_path, alone=False)
    assert waits(alone, later), "nobody overtakes"
    first.stop()
    assert alone.began.wait(TIMEOUT_S)
    assert waits(later)
    alone.stop()
    assert later.began.wait(TIMEOUT_S)
    later.stop()
