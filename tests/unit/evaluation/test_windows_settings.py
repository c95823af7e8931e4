"""The live views take the settings that all programs of a city are given, and need no store."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.dev import services
from hotline.dev.stack import StackInfo
from services.evaluation.settings import WindowsSettings
from services.kernel.settings import BadSetting, parse

INFO = StackInfo(bootstrap="127.0.0.1:9092", dsn="postgresql://u@127.0.0.1:1/d")


def test_what_a_city_gives_to_all_programs_is_taken() -> None:
    given = services._environment(INFO, "nyc", "nyc", Path("/run"), "http://127.0.0.1:1")
    settings = parse(WindowsSettings, {**given, "HOTLINE_HTTP_PORT": "8006"})
    assert (settings.kafka, settings.http_port) == (INFO.bootstrap, 8006)
    assert (settings.namespace, settings.city, settings.dev) == ("nyc", "nyc", True)


def test_no_store_is_needed_but_a_broker_is() -> None:
    assert parse(WindowsSettings, {"HOTLINE_KAFKA": INFO.bootstrap}).dsn == ""
    with pytest.raises(BadSetting, match="HOTLINE_KAFKA is not set"):
        parse(WindowsSettings, {})


def test_an_unknown_variable_is_refused() -> None:
    with pytest.raises(BadSetting, match="HOTLINE_WINDOWS_PORT is not a setting"):
        parse(WindowsSettings, {"HOTLINE_KAFKA": INFO.bootstrap, "HOTLINE_WINDOWS_PORT": "1"})
