"""A service that cannot start says why in one sentence, and ends with a code that is not 0."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from hotline.cli.migrate import migrations
from hotline.dev.ports import free_port
from hotline.dev.services import service_command
from hotline.dev.stack import StackInfo
from hotline.programs import PROGRAMS, WINDOWS
from services.kernel.migrate import migrate
from services.kernel.topics import make_topics, ticket_topics

NOWHERE = {
    "HOTLINE_KAFKA": "127.0.0.1:1",
    "HOTLINE_DSN": "postgresql://hotline:secret@127.0.0.1:1/h",
}

MAIN = {WINDOWS: ""}  # a module; the services are packages
Start = Callable[..., tuple[int, str]]


def ended(name: str, **settings: str) -> tuple[int, str]:
    """(exit code, what it wrote to stderr) of a service that must end by itself."""
    port = {"HOTLINE_HTTP_PORT": str(free_port())}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    done = subprocess.run(
        service_command(name),
        env={**kept, **NOWHERE, **port, **settings},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Start:
    """The same in this process, for what ends before anything is connected."""

    def start(name: str, **settings: str) -> tuple[int, str]:
        for key, value in {**NOWHERE, **settings}.items():
            monkeypatch.setenv(key, value)
        main = import_module(service_command(name)[-1] + MAIN.get(name, ".__main__")).main
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        return end.value.code, capsys.readouterr().err

    return start


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_city_that_is_not_shipped_is_a_wrong_setting(started: Start, name: str) -> None:
    code, said = started(name, HOTLINE_CITY="atlantis")
    assert code == 2
    assert "registry/atlantis/" in said
    assert said.count("\n") == 1


def test_an_operators_file_that_is_not_there_is_a_wrong_setting(started: Start) -> None:
    code, said = started("datasync", HOTLINE_WEBHOOKS="/nowhere/webhooks.yaml")
    assert (code, said) == (
        2,
        "HOTLINE_WEBHOOKS: /nowhere/webhooks.yaml cannot be read (No such file or directory).\n",
    )


def test_a_network_that_is_none_is_a_wrong_setting(started: Start) -> None:
    code, said = started("datasync", HOTLINE_WEBHOOK_ALLOW="10.0.0.1/8")
    assert (code, said) == (2, "HOTLINE_WEBHOOK_ALLOW: 10.0.0.1/8 has host bits set\n")


def test_missing_keys_are_a_wrong_setting_and_no_traceback(started: Start) -> None:
    code, said = started("intake")
    assert code == 2
    assert said.startswith("set HOTLINE_MASTER_KEY and HOTLINE_INDEX_KEY")


def test_a_broken_file_ends_the_process_with_its_name_and_line(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.yaml"
    file.write_text("endpoints: {a: 1, a: 2}", "utf-8")
    code, said = ended("datasync", HOTLINE_WEBHOOKS=str(file))
    assert code == 2
    assert said == f"{file}: line 1: not YAML: the key 'a' stands there twice\n"


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = ended("dispatch", HOTLINE_HTTP_PORT=str(port))
    assert code == 1
    assert said.startswith(f"Cannot listen on 127.0.0.1:{port} (Address already in use): ")
    assert said.count("\n") == 1


def test_a_store_that_does_not_answer_is_named_without_its_password() -> None:
    code, said = ended("dispatch")
    assert code == 1
    assert said.startswith("The store cannot be used (")
    assert "HOTLINE_DSN" in said
    assert "secret" not in said
    assert said.count("\n") == 1


async def test_what_is_not_installed_or_does_not_answer_is_named(
    stack: StackInfo, namespace: str
) -> None:
    place = {"HOTLINE_DSN": stack.dsn, "HOTLINE_NAMESPACE": namespace, "HOTLINE_LOG": "error"}
    code, said = ended("dispatch", **place)
    assert (code, said) == (
        1,
        f"The schema {namespace}_dispatch is not there or not up to date: run `hotline migrate`.\n",
    )
    await migrate(stack.dsn, "dispatch", namespace, migrations("dispatch"), 24, "sample")
    code, said = ended("dispatch", **place, HOTLINE_CITY="nyc")
    assert (code, said) == (
        1,
        f"The schema {namespace}_dispatch was installed for the city sample: "
        "set HOTLINE_CITY to sample, or HOTLINE_NAMESPACE to the namespace of nyc.\n",
    )
    code, said = ended("dispatch", **place, HOTLINE_BUCKETS="12")
    assert code == 1
    assert said.endswith("set HOTLINE_BUCKETS to 24, not 12.\n")
    code, said = ended("dispatch", **place)
    assert code == 1
    assert said.splitlines()[-1].startswith("The brokers cannot be reached (")
    assert "Traceback" not in said
    made = ticket_topics(24)[:-1]
    await make_topics(stack.bootstrap, namespace, made)
    code, said = ended("dispatch", **place, HOTLINE_KAFKA=stack.bootstrap)
    assert code == 1
    assert said.splitlines()[-1].startswith("The topics are not as installed: ")
    assert "hotline.parked.v1 " in said
    assert "Traceback" not in said
