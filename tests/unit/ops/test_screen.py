"""What an operator sees of a city, once and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from hotline.cli import ops
from hotline.cli.main import cli
from hotline.ops.look import Lag, Look, Member, ServiceLook, WindowsLook
from hotline.ops.screen import lag_rows, status

INTAKE = ServiceLook("intake", 1_234, 0, (), (), 0, 0, 0, 0, 0, 0.5)


COUNTS = WindowsLook((Member("windows-0", "", (0, 1)),), (Lag("hotline.measures.v1", 1, 1_007),))


def shown(*members: Member, windows: WindowsLook = COUNTS) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(status(Look((replace(INTAKE, members=members),), windows=windows), {}))
    return capture.get()


def test_each_member_stands_with_its_buckets() -> None:
    first, second = (Member(f"intake-{n}", "", tuple(range(12 * n, 12 * n + 12))) for n in (0, 1))
    assert "intake-0: 0-11, intake-1: 12-23" in shown(first, second)
    assert "intake-0: 0-2,7,9-10" in shown(Member("intake-0", "", (7, 0, 1, 2, 10, 9)))
    assert "intake-2: none" in shown(Member("intake-2", "", ()))


def test_two_processes_of_one_name_are_two_members() -> None:
    said = shown(Member("intake-0", "0.1.0", (0, 1)), Member("intake-0", "0.2.0", (2,)))
    assert "intake-0: 0-1, intake-0: 2" in said


def test_the_live_windows_are_seen_with_what_they_have_not_counted() -> None:
    assert "live windows: windows-0: 0-1; 1,007 measures to count" in shown()
    assert "live windows: nobody counts; 0 measures to count" in shown(windows=WindowsLook())
    assert lag_rows(Look((), windows=COUNTS)) == [
        {"service": "windows", "topic": "hotline.measures.v1", "records": 1_007,
         "worst_partition": 1, "worst_records": 1_007, "unpublished": 0}
    ]  # fmt: skip


def test_it_is_drawn_again_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [replace(INTAKE, facts=facts) for facts in (1, 22, 333)]
    drawn: list[Look] = []

    async def look(_: Any) -> Look:
        if not looks:
            raise KeyboardInterrupt
        return Look((looks.pop(0),))

    def screen(found: Look, ready: Mapping[str, str]) -> Any:
        drawn.append(found)
        return status(found, ready)

    monkeypatch.setattr(ops, "look", look)
    monkeypatch.setattr(ops, "status", screen)
    monkeypatch.setattr(ops, "_EVERY_S", 0.0)
    where = {"HOTLINE_KAFKA": "x:1", "HOTLINE_DSN": "postgresql://x", "COLUMNS": "160"}
    done = CliRunner(env=where).invoke(cli, ["ops", "status", "--follow"])
    assert [found.services[0].facts for found in drawn] == [1, 22, 333]
    assert "333" in done.output, "the last one stays on the screen"
    assert "Traceback" not in done.output
