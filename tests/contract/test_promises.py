"""docs/reliability.md and docs/security.md name for each promise a test that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from hotline.contracts.protos import ROOT

PAGES = ("reliability.md", "security.md")
each_page = pytest.mark.parametrize("page", PAGES)


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


@cache
def sources() -> dict[str, str]:
    """What stands in the test files, by file name; of two with one name both."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        found[path.name] = found.get(path.name, "") + path.read_text("utf-8")
    return found


def missing(text: str) -> list[str]:
    """What a page names and nobody finds: paths, files, tests of a file, tests and their ends."""
    found = [p for p in re.findall(r"`(tests/[\w/]+\.py)", text) if not (ROOT / p).is_file()]
    for file, test in re.findall(r"`(?:tests/[\w/]*)?(test_\w+\.py)(?:::(\w+))?`", text):
        source = sources().get(file)
        if source is None or (test and f"def {test}(" not in source):
            found.append(f"{file}::{test}")
    names = [(name, f"def {name}(") for name in re.findall(r"`(test_\w+)`", text)]
    names += [(end, f"{end}(") for end in re.findall(r"`…(\w+)`", text)]
    every = "\n".join(sources().values())
    return found + [name for name, words in names if words not in every]


def promises(text: str) -> Iterator[list[str]]:
    """The cells of each row of the tables whose last column says what shows it."""
    shown = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            shown = False
        elif cells[-1] == "shown by":
            shown = True
        elif shown and not set(cells[0]) <= {"-"}:
            yield cells


@each_page
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    assert missing(text_of(page)) == []


@each_page
def test_every_promise_names_a_test(page: str) -> None:
    found = list(promises(text_of(page)))
    assert len(found) > 15
    assert [cells[0] for cells in found if not re.search(r"`[\w/…]*test_\w+", cells[-1])] == []


@pytest.mark.parametrize(
    "text",
    [
        "`tests/unit/test_nowhere.py`",
        "`test_nowhere.py`",
        "`test_promises.py::test_nothing`",
        "`test_promises.py::test_every`",
        "`test_nothing_at_all`",
        "`…nothing_at_all`",
    ],
)
def test_a_name_that_nobody_has_is_found(text: str) -> None:
    assert missing(text)
