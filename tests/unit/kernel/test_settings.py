"""Settings: every mistake is one sentence that names the variable, and no secret is shown."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.settings import (
    BadSetting,
    KernelSettings,
    describe,
    parse,
    read,
    setting,
)

LEAST = {"HOTLINE_KAFKA": "b1:9092", "HOTLINE_DSN": "postgresql://u:s3cret@h:5432/d"}
KEY = base64.b64encode(bytes(range(32))).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(KernelSettings):
    """One setting of each type."""

    mode: Literal["one", "two"] = setting("HOTLINE_MODE", "which", default="one")
    rate: float = setting("HOTLINE_RATE", "how often", default=1.0, low=0.5, high=2.0)
    words: tuple[str, ...] = setting("HOTLINE_WORDS", "some", default=("a", "b"), pattern="[a-z]+")
    secrets: tuple[bytes, ...] = setting("HOTLINE_SECRETS", "keys", default=(), secret=True)


def mistakes(**env: str) -> list[str]:
    with pytest.raises(BadSetting) as raised:
        parse(Own, {**LEAST, **{f"HOTLINE_{k}": v for k, v in env.items()}})
    return str(raised.value).splitlines()


def mistake(**env: str) -> str:
    (only,) = mistakes(**env)
    return only


def test_what_is_set_is_read_and_the_rest_has_defaults() -> None:
    env = {"HOTLINE_HTTP_PORT": "8123", "HOTLINE_DEV": "1", "HOTLINE_RUN_DIR": "/x",
           "HOTLINE_WORDS": " q , r,", "HOTLINE_MASTER_KEY": f"{KEY},{KEY}", "HOTLINE_RATE": "2",
           "HOTLINE_MODE": "two", "PATH": "/bin", "HOTLINE_PORT_KAFKA": "1"}  # fmt: skip
    found = parse(Own, {**LEAST, **env})
    assert (found.kafka, found.http_port, found.dev) == ("b1:9092", 8123, True)
    assert (found.run_dir, found.words, found.rate) == (Path("/x"), ("q", "r"), 2.0)
    assert (found.mode, found.master_keys) == ("two", (bytes(range(32)),) * 2)
    assert (found.namespace, found.city, found.log, found.buckets) == ("", "sample", "info", 24)


def test_a_missing_one_is_named_with_what_it_is_for() -> None:
    with pytest.raises(BadSetting) as raised:
        parse(KernelSettings, {})
    first, second = str(raised.value).splitlines()
    assert first.startswith("HOTLINE_KAFKA is not set: set it to the brokers")
    assert second.startswith("HOTLINE_DSN is not set")


def test_an_unknown_one_is_told_the_near_name_or_to_go() -> None:
    assert mistake(NAMESPASE="x").endswith("did you mean HOTLINE_NAMESPACE.")
    assert mistake(QQQQQQQQQQ="x").endswith("remove it.")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("HTTP_PORT", "80a", "a whole number from 1 to 65535"),
        ("HTTP_PORT", "0", "a whole number from 1 to 65535"),
        ("HTTP_PORT", "65536", "a whole number from 1 to 65535"),
        ("RATE", "nan", "a number from 0.5 to 2"),
        ("RATE", "fast", "a number from 0.5 to 2"),
        ("DEV", "yes", "0 or 1"),
        ("DEV", "", "0 or 1"),
        ("MODE", "three", "one or two"),
        ("LOG", "INFO", "debug or info or warning or error"),
        ("RUN_DIR", "", "a path"),
        ("WORDS", "a,B", "words separated by commas"),
        ("CITY", "New York", "text of this form"),
        ("NAMESPACE", "a;drop schema", "text of this form"),
        ("NAMESPACE", "a\n", "text of this form"),
        ("KAFKA", "broker", "text of this form"),
    ],
)
def test_a_wrong_one_is_told_what_is_wanted(name: str, value: str, wanted: str) -> None:
    said = mistake(**{name: value})
    assert said.startswith(f"HOTLINE_{name} is {value!r}: set it to {wanted}")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DSN", "mysql://u:s3cret@h"), ("MASTER_KEY", "s3cret"), ("MASTER_KEY", KEY[:-8]),
     ("MASTER_KEY", f"{KEY},s3cret!"), ("SECRETS", "s3cret!")],
)  # fmt: skip
def test_a_wrong_secret_is_not_shown(name: str, value: str) -> None:
    said = mistake(**{name: value})
    assert said.startswith(f"HOTLINE_{name} is not valid: set it to")
    assert "s3cret" not in said
    assert value not in said


def test_a_secret_is_not_shown_by_the_settings_either() -> None:
    found = parse(Own, {**LEAST, "HOTLINE_MASTER_KEY": KEY})
    assert "s3cret" not in repr(found)
    assert repr(bytes(range(32))) not in repr(found)
    assert "b1:9092" in repr(found)


def test_every_mistake_is_told_at_once() -> None:
    assert len(mistakes(HTTP_PORT="x", DEV="x", NAMESPASE="x")) == 3


def test_a_process_with_mistakes_ends_with_one_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as raised:
        read(KernelSettings, {**LEAST, "HOTLINE_DEV": "x", "HOTLINE_BUCKETS": "-1"})
    assert raised.value.code == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told] == ["HOTLINE_DEV", "HOTLINE_BUCKETS"]


def test_the_environment_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)
    for name, value in LEAST.items():
        monkeypatch.setenv(name, value)
    assert read(KernelSettings).kafka == "b1:9092"


@given(st.sampled_from([row["name"] for row in describe(Own)]), st.text(max_size=20))
def test_any_text_is_read_or_told_in_one_line(name: str, text: str) -> None:
    try:
        parse(Own, {**LEAST, name: text})
    except BadSetting as told:
        lines = str(told).split("\n")
        assert [line.startswith(name) for line in lines] == [True]


# The schema


def rows() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in describe(Own)}


def test_the_schema_tells_name_type_default_and_help() -> None:
    assert rows()["HOTLINE_HTTP_PORT"] == {
        "name": "HOTLINE_HTTP_PORT",
        "type": "int",
        "default": "8000",
        "required": False,
        "secret": False,
        "help": "the port to listen on",
    }
    types = {name: row["type"] for name, row in rows().items()}
    assert types["HOTLINE_MODE"] == "one of one, two"
    assert types["HOTLINE_WORDS"] == "list"
    assert types["HOTLINE_SECRETS"] == "base64 list"
    assert types["HOTLINE_RUN_DIR"] == "path"


def test_the_schema_marks_what_is_required_and_what_is_secret() -> None:
    assert {n for n, row in rows().items() if row["required"]} == set(LEAST)
    secret = {n for n, row in rows().items() if row["secret"]}
    assert secret == {
        "HOTLINE_DSN", "HOTLINE_KAFKA_PASSWORD", "HOTLINE_MASTER_KEY", "HOTLINE_SECRETS",
    }  # fmt: skip


def test_a_default_of_the_schema_is_what_an_empty_environment_gives() -> None:
    env = {n: row["default"] for n, row in rows().items() if row["default"]}
    assert parse(Own, {**LEAST, **env}) == parse(Own, LEAST)


@pytest.mark.parametrize("service", ["intake", "datasync"])
def test_a_services_own_settings_extend_the_kernels(service: str) -> None:
    module = import_module(f"services.{service}.settings")
    own = getattr(module, f"{service.capitalize()}Settings")
    names = [row["name"] for row in describe(own)]
    assert set(names) > {row["name"] for row in describe(KernelSettings)}
    assert len(names) == len(set(names))
    assert parse(own, LEAST).kafka == "b1:9092"
