"""A ticket's timeline as a person reads it in the terminal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from hotline.cli.ticket import _print


def test_times_are_the_citys_and_what_citizens_wrote_is_no_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    line = {
        "time": "2026-03-02T01:30:00Z",
        "stage": "acceptance",
        "actor": "citizen",
        "text": {"en": "Matter received: [red]fire[/red]", "zh": "收到诉求：[bold]"},
    }
    header = {"state": "accepted", "title": "[link=x]here[/link]", "category": "a/b"}
    _print({"ticket": "T1", "header": header, "timeline": [line]}, ZoneInfo("Asia/Shanghai"))
    out = capsys.readouterr().out
    assert "times in Asia/Shanghai" in out
    assert "2026-03-02 09:30:00" in out
    for text in ("[red]fire[/red]", "[bold]", "[link=x]here[/link]"):
        assert text in out


def test_r16_tickets_on_the_same_matter_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    file = {"ticket": "T1", "header": None, "related": ["T8", "T9"], "timeline": []}
    _print(file, ZoneInfo("Asia/Shanghai"))
    assert "related T8 T9" in capsys.readouterr().out
