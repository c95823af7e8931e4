"""`hotline forget` asks intake, and says in one sentence what became of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.forget import command
from tests.support.issuer import web

PERSON = "0123456789abcdef01234567"
PLACE = f"/v1/persons/{PERSON}/forget"


def called(*words: str) -> Result:
    return CliRunner().invoke(command, [PERSON, "--basis", "2026-17", "--yes", *words])


@pytest.mark.parametrize(
    ("page", "code", "said"),
    [
        ((201, b'{"facts": ["PersonForgotten"]}'), 0, f"{PERSON} is forgotten."),
        ((200, b'{"facts": []}'), 0, f"{PERSON} was forgotten before."),
        ((404, b'{"title": "There is no such person."}'), 1, "(404): There is no such person."),
        ((502, b"<html>"), 1, "(502)"),
    ],
)
async def test_the_answer_is_one_sentence(page: tuple[int, bytes], code: int, said: str) -> None:
    async with web({PLACE: page}) as url:
        result = await asyncio.to_thread(called, "--intake", url, "--token", "t")
    assert result.exit_code == code, result.output
    assert said in result.output


def test_without_a_city_or_a_token_it_says_what_to_do(tmp_path: Path) -> None:
    assert "HOTLINE_TOKEN" in called("--intake", "http://127.0.0.1:9").output
    assert "make run" in called("--run-dir", str(tmp_path)).output
    down = called("--intake", "http://127.0.0.1:9", "--token", "t")
    assert (down.exit_code, "the same call again is safe" in down.output) == (1, True)


def test_nothing_is_forgotten_without_a_yes() -> None:
    result = CliRunner().invoke(command, [PERSON, "--basis", "x"], input="n\n")
    assert result.exit_code == 1
