"""The page of settings says what the code reads."""

from __future__ import annotations

from hotline.contracts.settings import DOCUMENT, OWN, text
from services.kernel.settings import KernelSettings, describe


def test_the_page_is_what_the_code_gives() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run `make contracts`"


def test_every_variable_stands_in_it_once() -> None:
    names = {row["name"] for cls in (KernelSettings, *OWN.values()) for row in describe(cls)}
    assert names
    for name in names:
        assert text().count(f"| `{name}` |") == 1
