"""Ports that are found again, and what is said when one is taken."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.ports import LOCALHOST, free_port, stored_ports


@pytest.fixture
def own_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the port given last is written: here by this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"hotline-{os.getuid()}.port"


def test_the_ports_of_the_first_start_are_found_again(tmp_path: Path) -> None:
    file = tmp_path / "run" / "ports.json"
    first = stored_ports(file, ["kafka", "postgres"])
    assert stored_ports(file, ["postgres", "kafka"]) == first
    assert first["kafka"] != first["postgres"]


def test_new_names_join_the_stored_ones(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    kafka = stored_ports(file, ["kafka"])["kafka"]
    more = stored_ports(file, ["http.intake"])
    assert stored_ports(file, ["kafka", "http.intake"]) == {"kafka": kafka, **more}


def test_a_port_in_use_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    port = stored_ports(file, ["http.intake"])["http.intake"]
    sentence = rf"^Port {port}.*in use.*HOTLINE_PORT_HTTP_INTAKE"
    with socket.create_server((LOCALHOST, port)), pytest.raises(StackFailure, match=sentence):
        stored_ports(file, ["http.intake"])


def test_no_port_is_given_twice_before_anybody_listens() -> None:
    """Not to the same process, nor to another that chooses at the same time."""
    choose = "import json\nfrom hotline.dev.ports import free_port\n"
    choose += "print(json.dumps([free_port() for _ in range(500)]))"
    argv = [sys.executable, "-c", choose]
    others = [subprocess.Popen(argv, stdout=subprocess.PIPE) for _ in range(2)]
    given = [free_port() for _ in range(500)]
    for other in others:
        given += json.loads(other.communicate(timeout=60)[0])
    assert len(set(given)) == len(given) == 1_500


def test_a_port_in_use_is_passed_over_and_the_last_is_followed_by_the_first(
    own_turn: Path,
) -> None:
    own_turn.write_text("31999")
    first = free_port()
    assert 15_000 <= first < 31_999
    own_turn.write_text("31999")
    with socket.create_server((LOCALHOST, first)):
        assert first < free_port() < 31_999


@pytest.mark.parametrize("damage", ["", "none", "-5", "99999999"])
def test_a_damaged_count_begins_anew(own_turn: Path, damage: str) -> None:
    own_turn.write_text(damage)
    assert 15_000 <= free_port() < 32_000
    assert own_turn.read_text().isdecimal()


def test_a_count_that_cannot_be_kept_is_one_sentence(own_turn: Path, tmp_path: Path) -> None:
    own_turn.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StackFailure, match=r"cannot be written.*: remove it, or set TMPDIR"):
        free_port()
    assert not (tmp_path / "elsewhere").exists()


def test_the_environment_overrides_a_stored_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = free_port()
    monkeypatch.setenv("HOTLINE_PORT_KAFKA", str(chosen))
    assert stored_ports(tmp_path / "ports.json", ["kafka"]) == {"kafka": chosen}


@pytest.mark.parametrize("value", ["", "kafka", "0", "65536", "-1"])
def test_an_override_that_is_no_port_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HOTLINE_PORT_KAFKA", value)
    with pytest.raises(StackFailure, match="set it to a port number"):
        stored_ports(tmp_path / "ports.json", ["kafka"])
