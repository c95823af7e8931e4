"""`python -m hotline.contracts.settings`: `docs/settings.md`, every variable that is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotline.contracts.protos import ROOT
from services.datasync.settings import DatasyncSettings
from services.evaluation.faust_app import WindowsSettings
from services.intake.settings import IntakeSettings
from services.kernel.settings import KernelSettings, describe

DOCUMENT = ROOT / "docs" / "settings.md"
OWN: Mapping[str, type] = {
    "intake": IntakeSettings,
    "datasync": DatasyncSettings,
    "windows": WindowsSettings,
}
_HEAD = """\
# Settings

Read once from the environment. A missing, wrong or unknown `HOTLINE_` variable ends the process
with exit code 2 and one sentence each. Generated from the code by `make contracts`.
"""
_COLUMNS = "| variable | type | default | what it is |\n|---|---|---|---|\n"


def text() -> str:
    """The page as it is checked in."""
    shared = describe(KernelSettings)
    parts = [_HEAD, "## Every service\n", _COLUMNS + _rows(shared)]
    known = {row["name"] for row in shared}
    for name, cls in OWN.items():
        own = [row for row in describe(cls) if row["name"] not in known]
        if own:
            parts += [f"## {name}, besides\n", _COLUMNS + _rows(own)]
    return "\n".join(parts)


def _rows(rows: list[dict[str, Any]]) -> str:
    return "".join(
        f"| `{row['name']}` | {row['type']} | {_default(row)} | {_what(row)} |\n" for row in rows
    )


def _default(row: Mapping[str, Any]) -> str:
    if row["required"]:
        return "must be set"
    return f"`{row['default']}`" if row["default"] not in (None, "") else "none"


def _what(row: Mapping[str, Any]) -> str:
    return f"{row['help']}; a secret" if row["secret"] else str(row["help"])


def main() -> None:
    """Write the page."""
    DOCUMENT.write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
