"""docs/security.md names tests that there are."""

from __future__ import annotations

import re

from hotline.contracts.protos import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_test_that_the_page_names_is_there() -> None:
    files: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        files[path.name] = files.get(path.name, "") + path.read_text("utf-8")
    named = re.findall(r"`(?:tests/[\w/]*)?(test_\w+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 30
    for file, test in named:
        assert file in files, file
        assert f"def {test}" in files[file], f"{file}: {test}"
    for part in re.findall(r"`…(\w+)`", PAGE):
        assert any(f"{part}(" in text for text in files.values()), part
    for path in re.findall(r"`(tests/[\w/]+\.py)", PAGE):
        assert (ROOT / path).is_file(), path
