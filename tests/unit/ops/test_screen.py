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
from hotline.ops.look import Look, ServiceLook
from hotline.ops.screen import status

INTAKE = ServiceLook("intake", 1_234, 0, (), {}, 0, 0, 0, 0, 0, 0.5)


def shown(owners: Mapping[str, tuple[int, ...]]) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(status(Look((replace(INTAKE, owners=owners),)), {}))
    return capture.get()


def test_each_member_stands_with_its_buckets() -> None:
    said = shown({"intake-1": tuple(range(12, 24)), "intake-0": tuple(range(12))})
    assert "intake-0: 0-11, intake-1: 12-23" in said
    assert "intake-0: 0-2,7,9-10" in shown({"intake-0": (7, 0, 1, 2, 10, 9)})
    assert "intake-2: none" in shown({"intake-2": ()})


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
