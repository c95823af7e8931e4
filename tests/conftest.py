"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from hotline.dev.stack import StackInfo
from tests.support.stack import TURNS, describe, fetch_ahead, new_namespace, running_stack
from tests.support.turns import turn

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


def pytest_report_header() -> str:
    """Say which broker and store the tests get."""
    return describe()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Several processes share the tests, each with a stack of its own: first fetch, once and in
    words, what all of them need."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    fetch_ahead(say=terminal.write_line if terminal else _silent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes share the tests, those that are marked `alone` are."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(TURNS, alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[StackInfo]:
    """A real broker and a real store, started when the first test asks for them."""
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")
    with running_stack(say=terminal.write_line if terminal else _silent) as info:
        yield info


@pytest.fixture
def namespace() -> str:
    """A prefix of this test's own for topics, schemas and groups."""
    return new_namespace()


def _silent(line: str) -> None:
    """Without a terminal nobody waits for progress."""
