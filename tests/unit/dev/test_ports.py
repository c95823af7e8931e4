"""Ports that are found again, and what is said when one is taken."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.ports import LOCALHOST, free_port, stored_ports


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
