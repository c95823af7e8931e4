"""Fixtures for all tests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

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


class FolderScheduling(LoadScopeScheduling):
    """A folder's tests run in one process, one after the other: they share their cities."""

    def _split_scope(self, nodeid: str) -> str:
        return folder_of(nodeid)


def folder_of(nodeid: str) -> str:
    """`tests/e2e` of `tests/e2e/test_run.py::test_a[b/c]`."""
    return nodeid.partition("::")[0].rpartition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """How `make test` divides the tests between its processes."""
    return FolderScheduling(config, log)


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[StackInfo]:
    """A real broker and a real store, started when the first test asks for them."""
    with running_stack(say=_teller(pytestconfig)) as info:
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


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Progress goes to the terminal; of `make test`'s processes only standard error does."""
    if terminal := config.pluginmanager.getplugin("terminalreporter"):
        tell: Callable[[str], None] = terminal.write_line
        return tell
    capture = config.pluginmanager.getplugin("capturemanager")

    def tell_past_the_capture(line: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"{line}\n")

    return tell_past_the_capture
