"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hotline.dev.stack import StackInfo
from tests.support.stack import describe, new_namespace, running_stack


def pytest_report_header() -> str:
    """Say which broker and store the tests get."""
    return describe()


@pytest.fixture(scope="session")
def stack() -> Iterator[StackInfo]:
    """A real broker and a real store, started when the first test asks for them."""
    with running_stack() as info:
        yield info


@pytest.fixture
def namespace() -> str:
    """A prefix of this test's own for topics, schemas and groups."""
    return new_namespace()
