"""YAML that people write, read strictly: a mistake is one sentence with file and line."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

# Every start reads the city's files, and libyaml is ten times as fast where it is there.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"


def read(file: Traversable | Path, name: str) -> Any:
    """The content of a file, called `name` in messages. Raises OSError, ValueError."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not UTF-8 at byte {error.start}") from None
    return parse(text, name)


def parse(text: str, name: str) -> Any:
    """As `read`, of a text."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}:" if mark else ""
        raise ValueError(f"{name}:{line} not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:  # no such day, a character that may not be
        raise ValueError(f"{name}: not YAML: {' '.join(str(error).split())}") from None


def day(value: Any) -> date | None:
    """A day as YAML has it, or as JSON writes it (YYYY-MM-DD); None of anything else."""
    if isinstance(value, str):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            return None
        return found if found.isoformat() == value else None
    return value if type(value) is date else None


class _Loader(_Safe):  # type: ignore[misc]
    """Refuses a key that stands in a mapping twice: the last one would win in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            place = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if place in seen and key.tag != _MERGE:
                problem = f"the key {key.value!r} stands there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if place is not None:
                seen.add(place)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found
