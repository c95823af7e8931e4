"""SQL lives in `.sql` files; Python holds the names."""

from __future__ import annotations

import re
from importlib.resources.abc import Traversable

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def named(file: Traversable, schema: str, vault: str) -> dict[str, str]:
    """The statements of a file by name, with `{schema}` and `{vault}` filled in."""
    parts = _NAME.split(file.read_text("utf-8"))
    fill = placed(schema, vault)
    return {name: fill(text).strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def placed(schema: str, vault: str):  # type: ignore[no-untyped-def]
    """A function that fills in the schema names of a statement."""
    return lambda text: text.replace("{schema}", schema).replace("{vault}", vault)
