"""The protos keep buf's rules and break nobody who has the last release; both checks can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.contracts.protos import PROTO

BUF = Path(sys.executable).parent / "buf"
IMAGE = PROTO / "image.binpb"
EVENTS = "hotline/dispatch/v1/events.proto"


def buf(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and what was found wrong."""
    done = subprocess.run(
        [BUF, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def lint(protos: Path) -> tuple[int, str]:
    return buf("lint", protos)


def breaking(protos: Path) -> tuple[int, str]:
    return buf("breaking", protos, "--against", IMAGE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the protos that a test may spoil."""
    return Path(shutil.copytree(PROTO, tmp_path / "proto"))


def spoil(copy: Path, old: str, new: str, file: str = EVENTS) -> None:
    text = (copy / file).read_text()
    assert old in text, f"{file} has no {old!r} any more"
    (copy / file).write_text(text.replace(old, new, 1))


def test_the_protos_keep_the_standard_rules() -> None:
    assert lint(PROTO) == (0, "")


def test_the_protos_break_nobody_who_has_the_last_release() -> None:
    assert breaking(PROTO) == (0, "")


def test_an_unspoiled_copy_passes_too(copy: Path) -> None:
    assert lint(copy) == (0, "")
    assert breaking(copy) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("message ReplySentBack {", "message reply_sent_back {", "PascalCase"),
        ("string suggested_unit = 3;", "string suggestedUnit = 3;", "lower_snake_case"),
        ("package hotline.dispatch.v1;", "package hotline.dispatch;", "package"),
        (
            'import "hotline/kernel/v1/options.proto";',
            'import "hotline/kernel/v1/options.proto";\nimport "hotline/kernel/v1/answer.proto";',
            "unused",
        ),
    ],
)
def test_lint_finds_a_seeded_defect(copy: Path, old: str, new: str, finding: str) -> None:
    spoil(copy, old, new)
    code, said = lint(copy)
    assert code != 0
    assert finding in said


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("  string suggested_unit = 3;\n", "", '"3" with name "suggested_unit" on message'),
        ("string why_not = 6;", "string why_never = 6;", "changed name"),
        ("bool forced = 9;", "string forced = 9;", "changed type"),
        ("bool forced = 9;", "bool forced = 99;", "was deleted"),
        ("repeated string co_handlers", "string co_handlers", "changed cardinality"),
        ("message ReplySentBack {", "message ReplyReturned {", '"ReplySentBack" was deleted'),
    ],
)
def test_breaking_finds_a_seeded_defect(copy: Path, old: str, new: str, finding: str) -> None:
    spoil(copy, old, new)
    code, said = breaking(copy)
    assert code != 0
    assert finding in said


def test_a_new_field_and_a_new_event_break_nobody(copy: Path) -> None:
    spoil(copy, "  bool forced = 9;\n", "  bool forced = 9;\n  string note = 99;\n")
    spoil(copy, "message ReplySentBack {", "message ReplyLost {}\n\nmessage ReplySentBack {")
    assert breaking(copy) == (0, "")
