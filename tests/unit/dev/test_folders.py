"""How `make test` divides the tests between its processes."""

from __future__ import annotations

import pytest

from tests.conftest import folder_of


@pytest.mark.parametrize(
    ("nodeid", "folder"),
    [
        ("tests/e2e/test_run.py::test_a", "tests/e2e"),
        ("tests/e2e/test_fuzzed.py::test_b[a/c::d]", "tests/e2e"),
        ("tests/integration/test_units.py::TestIt::test_c", "tests/integration"),
        ("tests/test_tidy.py::test_d", "tests"),
    ],
)
def test_a_folder_stays_together(nodeid: str, folder: str) -> None:
    assert folder_of(nodeid) == folder
