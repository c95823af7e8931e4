"""What `make` says and leaves behind when .venv cannot be built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hotline.dev import setup


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh clone with no more than what set-up looks at."""
    for name in setup.INPUTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(setup.ROOT) / name, tmp_path / name)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(setup, "ROOT", str(tmp_path))
    monkeypatch.setattr(setup, "VENV", str(venv))
    monkeypatch.setattr(setup, "PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(setup, "STAMP", str(venv / ".locked"))
    return tmp_path


def pretend(monkeypatch: pytest.MonkeyPatch, *, fails_at: str = "") -> list[str]:
    """Let no command run: each works unless its line holds `fails_at`. The lines."""
    lines: list[str] = []

    def works(command: list[str], quiet: bool = False, env: object = None) -> bool:
        line = " ".join(command)
        lines.append(line)
        if " -m venv " in line:
            Path(setup.PYTHON).parent.mkdir(parents=True)
            Path(setup.PYTHON).touch()
        return not quiet and not (fails_at and fails_at in line)

    monkeypatch.setattr(setup, "works", works)
    return lines


@pytest.mark.usefixtures("clone")
def test_what_is_current_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = pretend(monkeypatch)
    assert setup.main() == 0
    built = len(lines)
    assert setup.main() == 0
    assert len(lines) == built > 0


def test_a_changed_lock_renews_it(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = pretend(monkeypatch)
    setup.main()
    built = len(lines)
    with (clone / "uv.lock").open("a") as lock:
        lock.write("# changed\n")
    assert setup.main() == 0
    assert lines[built:][-1].endswith("uv sync --locked")


@pytest.mark.parametrize(
    ("fails_at", "sentence"),
    [("-m venv", "python3-venv"), ("pip install", "network"), ("uv sync", "network")],
)
def test_a_first_build_that_fails_says_why_and_leaves_nothing(
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails_at: str,
    sentence: str,
) -> None:
    pretend(monkeypatch, fails_at=fails_at)
    assert setup.main() == 1
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert not (clone / ".venv").exists()


@pytest.mark.usefixtures("clone")
def test_a_full_disk_is_said_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = pretend(monkeypatch)
    monkeypatch.setattr(setup, "NEEDED_BYTES", 2**80)
    assert setup.main() == 1
    assert "make room for 1 GB" in capsys.readouterr().err
    assert lines == []


def test_an_old_python_says_that_it_is_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "MINIMUM", (99, 0))
    monkeypatch.setattr(setup, "NEWER", ())
    assert setup.main() == 1
    assert "is too old: install Python 3.11 or newer." in capsys.readouterr().err
