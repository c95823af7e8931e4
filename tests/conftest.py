"""Fixtures for all tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings

from hotline.dev.stack import StackInfo
from tests.support.stack import describe, new_namespace, running_stack
from tests.support.topics import drop_topics

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


def pytest_report_header() -> str:
    """Say which broker and store the tests get."""
    return describe()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that tests took; what they are on this machine is nobody's failure."""
    for report in terminalreporter.stats.get("passed", []):
        if figures := ", ".join(f"{name} {value}" for name, value in report.user_properties):
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[StackInfo]:
    """A real broker and a real store, started when the first test asks for them."""
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")
    with running_stack(say=terminal.write_line if terminal else _silent) as info:
        yield info


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix of this test's own for topics, schemas and groups."""
    name = new_namespace()
    yield name
    if "stack" in request.fixturenames:
        info: StackInfo = request.getfixturevalue("stack")
        loop = asyncio.new_event_loop()
        loop.run_until_complete(drop_topics(info.bootstrap, name))
        loop.close()


def _silent(line: str) -> None:
    """Without a terminal nobody waits for progress."""
