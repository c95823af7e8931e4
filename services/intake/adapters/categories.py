"""The category tree from CSV, XLSX or a document of the registry, with a report by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from services.intake.adapters.entries import required, text
from services.intake.domain.categories import Category, Element, Tree, faults
from services.intake.domain.matter import Kind
from services.intake.domain.rules import Words

COLUMNS = (
    "id", "parent", "zh", "en", "requires", "kind", "limit_days", "hint", "since", "until",
    "moved_to",
)  # fmt: skip
_LONGEST_ID = 200
_MOST_BYTES = 20_000_000
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a file gives: the tree of its good lines, what is wrong, by line from 1, and the rows
    as the registry takes them."""

    tree: Tree
    errors: Sequence[tuple[int, str]]
    lines: int
    rows: Sequence[Row] = ()


def load_tree(name: str) -> tuple[Tree, Sequence[Row]]:
    """A shipped tree, and its rows. Raises ValueError with the first line that is wrong."""
    file = resources.files("services.intake") / "registry" / "categories" / f"{name}.csv"
    where = f"intake/registry/categories/{name}.csv"
    if not file.is_file():
        raise ValueError(f"{where} is missing")
    report = read_tree(file.read_text("utf-8"))
    for line, error in report.errors:
        raise ValueError(f"{where}: line {line}: {error}")
    return report.tree, report.rows


def parse_tree(top: Any, name: str) -> Tree:
    """A document of the registry: its rows have the columns of the file; what is empty may be
    left out. Raises ValueError with the first row that is wrong."""
    required(top, {"version", "categories"}, set(), f"{name}: the file")
    text(top, "version", name)
    if not isinstance(top["categories"], list) or not top["categories"]:
        raise ValueError(f"{name}: categories must be a list of at least one")
    lines: list[tuple[int, Row]] = []
    for n, part in enumerate(top["categories"], 1):
        required(part, {"id", "zh", "en", "since"}, set(COLUMNS), f"{name}: categories.{n - 1}")
        lines.append((n, {column: str(part.get(column, "")) for column in COLUMNS}))
    report = _report(lines, len(lines))
    for n, error in report.errors:
        raise ValueError(f"{name}: categories.{n - 1}: {error}")
    return report.tree


def read_tree(content: str) -> Report:
    """CSV: every line by itself, then all together."""
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        return _other_columns()
    lines: list[tuple[int, Row]] = []
    errors: list[tuple[int, str]] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                errors.append((reader.line_num, f"there must be {len(COLUMNS)} columns"))
                continue
            lines.append((reader.line_num, row))
    except csv.Error as error:
        errors.append((reader.line_num + 1, f"not CSV: {error}"))
    return _report(lines, reader.line_num, errors)


def read_workbook(content: bytes) -> Report:
    """XLSX, its first sheet: the same columns, and a report by the same lines."""
    if len(content) > _MOST_BYTES:
        return Report(Tree(), [(1, f"larger than {_MOST_BYTES} bytes")], 1)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, IndexError) as error:
        return Report(Tree(), [(1, f"not XLSX: {error}")], 1)
    if not rows or tuple(map(_cell, rows[0])) != COLUMNS:
        return _other_columns()
    cells = [[_cell(value) for value in row] for row in rows[1:]]
    lines = [
        (n, dict(zip(COLUMNS, row, strict=True))) for n, row in enumerate(cells, 2) if any(row)
    ]
    return _report(lines, len(rows))


def _cell(value: Any) -> str:
    """As the CSV has it: a sheet keeps days as days and whole numbers as 5.0."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _other_columns() -> Report:
    return Report(Tree(), [(1, f"the columns must be {','.join(COLUMNS)}")], 1)


def _report(
    lines: Iterable[tuple[int, Row]], count: int, errors: Iterable[tuple[int, str]] = ()
) -> Report:
    found = list(errors)
    good: list[tuple[int, Row, Category]] = []
    for line, row in lines:
        try:
            good.append((line, row, _category(row)))
        except ValueError as error:
            found.append((line, str(error)))
    nodes = [node for _, _, node in good]
    found += [(good[n][0], sentence) for n, sentence in faults(nodes)]
    rows = [{column: cell for column, cell in row.items() if cell} for _, row, _ in good]
    return Report(Tree({n.id: n for n in nodes}), sorted(found), count, rows)


def _category(row: Row) -> Category:
    cell = {name: value.strip() for name, value in row.items()}
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
