"""The category tree from CSV, with a report by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from services.intake.domain.categories import Category, Element, Tree, faults
from services.intake.domain.matter import Kind
from services.intake.domain.rules import Words

COLUMNS = (
    "id", "parent", "zh", "en", "requires", "kind", "limit_days", "hint", "since", "until",
    "moved_to",
)  # fmt: skip
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What a file gives: the tree of its good lines, and what is wrong, by line from 1."""

    tree: Tree
    errors: Sequence[tuple[int, str]]
    lines: int


def load_tree(name: str) -> Tree:
    """A shipped tree. Raises ValueError with the first line that is wrong."""
    file = resources.files("services.intake") / "registry" / "categories" / f"{name}.csv"
    where = f"intake/registry/categories/{name}.csv"
    if not file.is_file():
        raise ValueError(f"{where} is missing")
    report = read_tree(file.read_text("utf-8"))
    for line, error in report.errors:
        raise ValueError(f"{where}: line {line}: {error}")
    return report.tree


def read_tree(text: str) -> Report:
    """Every line by itself, then all together."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        return Report(Tree(), [(1, f"the columns must be {','.join(COLUMNS)}")], 1)
    errors: list[tuple[int, str]] = []
    nodes: list[Category] = []
    places: list[int] = []
    try:
        for row in reader:
            try:
                nodes.append(_category(row))
                places.append(reader.line_num)
            except ValueError as error:
                errors.append((reader.line_num, str(error)))
    except csv.Error as error:
        errors.append((reader.line_num + 1, f"not CSV: {error}"))
    errors += [(places[n], sentence) for n, sentence in faults(nodes)]
    return Report(Tree({n.id: n for n in nodes}), sorted(errors), reader.line_num)


def _category(row: Mapping[str, str | None]) -> Category:
    if None in row or None in row.values():
        raise ValueError(f"there must be {len(COLUMNS)} columns")
    cell = {name: (value or "").strip() for name, value in row.items()}
    for name in ("id", "zh", "en", "since"):
        if not cell[name]:
            raise ValueError(f"{name} is empty")
    if len(cell["id"]) > _LONGEST_ID:
        raise ValueError(f"id is longer than {_LONGEST_ID} characters")
    return Category(
        id=cell["id"],
        parent=cell["parent"],
        name=Words(cell["zh"], cell["en"]),
        since=_day(cell["since"], "since"),
        until=_day(cell["until"], "until") if cell["until"] else None,
        moved_to=cell["moved_to"],
        requires=tuple(_element(word) for word in cell["requires"].split()),
        kind=_kind(cell["kind"]) if cell["kind"] else None,
        limit_days=_days(cell["limit_days"]),
        hint=cell["hint"],
    )


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}: {text[:40]!r} is no day (YYYY-MM-DD)") from None


def _element(word: str) -> Element:
    if word not in list(Element):
        raise ValueError(f"requires: {word[:40]!r} is not one of {', '.join(Element)}")
    return Element(word)


def _kind(word: str) -> Kind:
    if word not in list(Kind):
        raise ValueError(f"kind: {word[:40]!r} is not one of {', '.join(Kind)}")
    return Kind(word)


def _days(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1_000):
        raise ValueError(f"limit_days: {text[:40]!r} is no number from 1 to 999")
    return int(text)
