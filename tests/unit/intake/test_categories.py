"""The category tree (R4): what is shipped, what is imported, and what a category requires (R18)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import orjson
import pytest
from click.testing import CliRunner

from hotline.cli.main import cli
from services.intake.adapters.categories import (
    COLUMNS,
    load_tree,
    parse_tree,
    read_tree,
    read_workbook,
)
from services.intake.domain import rejections
from services.intake.domain.categories import Catalogue, Element
from services.intake.domain.deciding import decider
from services.intake.domain.events import SupplementAsked, TicketAccepted, TicketReceived
from services.intake.domain.matter import Kind
from services.intake.domain.ticket import Ticket
from services.kernel.decider import replace
from tests.unit.intake.matters import CITY, matter, when

TREE, _ = load_tree("cn")
TODAY = date(2026, 11, 25)
HEAD = ",".join(COLUMNS)
OLD = "a/old,a,旧,Old,,,,,2020-01-01,2025-01-01,a/new"
NEW = "a/new,a,新,New,place,help,5,desk,2025-01-01,,"
GOOD = [HEAD, "a,,甲,A,contact,,,hint,2020-01-01,,", OLD, NEW]


def read(*lines: str) -> Any:
    return read_tree("\n".join(lines) + "\n")


def test_r1_r4_the_shipped_tree_covers_the_five_fields_on_three_levels() -> None:
    """R1, R4."""
    roots = {node.id for node in TREE.nodes.values() if not node.parent}
    assert roots == {"economy", "market", "society", "services", "environment"}
    leaves = TREE.leaves(TODAY)
    assert len(leaves) >= 120
    assert {len(TREE.path(leaf.id)) for leaf in leaves} == {3}
    assert {TREE.path(leaf.id)[-1].id for leaf in leaves} == roots
    for node in TREE.nodes.values():
        assert not node.name.zh.isascii()
        assert node.name.en.isascii()
    assert all(leaf.kind for leaf in leaves)


def test_a_good_file_gives_every_line() -> None:
    report = read(*GOOD)
    assert (list(report.errors), len(report.tree.nodes)) == ([], 3)
    new = report.tree.nodes["a/new"]
    assert (new.requires, new.kind, new.limit_days, new.hint) == (
        (Element.PLACE,), "help", 5, "desk",
    )  # fmt: skip
    assert report.tree.requires("a/old") == (Element.CONTACT,)  # inherited
    assert read("\ufeff" + HEAD, *GOOD[1:]).errors == []


def nested(*kinds: str) -> Catalogue:
    """A tree of one path, `1` above `2` and so on, with the kind of each node."""
    rows = [f"{n},{n - 1 or ''},名,Name,,{kind},,,2020-01-01,," for n, kind in enumerate(kinds, 1)]
    return replace(CITY.catalogue, categories={}, tree=read(HEAD, *rows).tree)


def test_r4_a_tree_may_be_deeper_than_three_levels() -> None:
    tree = nested("report", "", "", "", "", "", "").tree
    assert [node.id for node in tree.path("7")] == list("7654321")
    assert (tree.kind("7"), [leaf.id for leaf in tree.leaves(TODAY)]) == (Kind.REPORT, ["7"])


def kind_of(kind: Kind | None, catalogue: Catalogue) -> str:
    """Of a matter in the deepest category that stated that kind."""
    command = replace(matter(), kind=kind, category=str(len(catalogue.tree.nodes)))
    made = decider(lambda _: (CITY.rules, catalogue))
    received, decided = made.decide(command, Ticket())
    assert isinstance(received, TicketReceived)
    assert isinstance(decided, TicketAccepted)
    assert received.kind is decided.kind
    return received.kind.value


def test_r1_a_kind_that_is_left_out_is_the_categorys_and_a_stated_one_wins() -> None:
    assert kind_of(None, nested("", "report")) == "report"
    assert kind_of(None, nested("help", "", "", "", "")) == "help"
    assert kind_of(None, nested("help", "suggestion", "")) == "suggestion"
    assert kind_of(Kind.COMPLAINT, nested("", "report")) == "complaint"


def test_r1_without_a_kind_and_without_a_default_the_field_is_named() -> None:
    with pytest.raises(rejections.NoKind) as caught:
        kind_of(None, nested("", "", ""))
    assert "(kind is missing, and 3 has no default)" in caught.value.message
    assert (caught.value.rule, caught.value.status) == ("R1", 422)


def test_r4_a_moved_category_stays_readable_and_knows_where_it_went() -> None:
    """R4: old tickets keep their category."""
    tree = read(*GOOD).tree
    assert tree.nodes["a/old"].name.zh == "旧"
    assert [tree.current(c, TODAY) for c in ("a/old", "a/new")] == ["a/new", "a/new"]
    assert tree.current("a/old", date(2024, 12, 31)) == "a/old"
    assert tree.on("a/old", date(2024, 12, 31)) is not None
    assert tree.on("a/old", date(2025, 1, 1)) is None
    assert [leaf.id for leaf in tree.leaves(TODAY)] == ["a/new"]


@pytest.mark.parametrize(
    ("lines", "number", "sentence"),
    [
        (["id,name"], 1, "the columns must be id,parent,zh,en"),
        ([], 1, "the columns must be id,parent"),
        ([*GOOD, "b,,乙"], 5, "there must be 11 columns"),
        ([*GOOD, "b,,乙,B,,,,,2020-01-01,,,more"], 5, "there must be 11 columns"),
        ([*GOOD, ",,乙,B,,,,,2020-01-01,,"], 5, "id is empty"),
        ([*GOOD, "b,,乙,,,,,,2020-01-01,,"], 5, "en is empty"),
        ([*GOOD, "b,,乙,B,,,,,soon,,"], 5, "since: 'soon' is no day"),
        ([*GOOD, "b,,乙,B,colour,,,,2020-01-01,,"], 5, "requires: 'colour' is not one of"),
        ([*GOOD, "b,,乙,B,,praise,,,2020-01-01,,"], 5, "kind: 'praise' is not one of"),
        ([*GOOD, "b,,乙,B,,,-1,,2020-01-01,,"], 5, "limit_days: '-1' is no number"),
        ([*GOOD, "b,,乙,B,,,,,2020-01-01,2019-01-01,"], 5, "b ends before it begins"),
        ([*GOOD, "b,c,乙,B,,,,,2020-01-01,,"], 5, "b: its parent c is missing"),
        ([*GOOD, "b,b,乙,B,,,,,2020-01-01,,"], 5, "b leads back to itself"),
        ([*GOOD, NEW], 4, "a/new stands here twice"),
        ([*GOOD, "b,,乙,B,,,,,2020-01-01,,a"], 5, "b: what moved has an end"),
        ([*GOOD, '"b,,乙,B,,,,,2020-01-01,,'], 5, "not CSV:"),
        ([*GOOD, f"{'b' * 201},,乙,B,,,,,2020-01-01,,"], 5, "id is longer than 200"),
    ],
)
def test_r4_a_wrong_line_is_reported_by_its_number(
    lines: list[str], number: int, sentence: str
) -> None:
    errors = read(*lines).errors
    assert any(line == number and sentence in text for line, text in errors), errors


def test_one_wrong_line_spoils_no_other() -> None:
    report = read(
        *GOOD, "b,,乙,B,,,,,soon,,", "c,,丙,C,,,,,2020-01-01,,", "d,,丁,D,,,x,,2020-01-01,,"
    )
    assert [line for line, _ in report.errors] == [5, 7]
    assert "c" in report.tree.nodes


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, ()),
        ({"address": b""}, ("address",)),
        ({"address": b"", "contact": b""}, ("address", "contact")),
    ],
)
def test_r18_what_a_category_requires_and_nobody_stated_is_asked(
    changes: dict[str, Any], missing: tuple[str, ...]
) -> None:
    """R18."""
    category = "services/civil/low_income"
    _, fact = when(replace(matter(), category=category, **changes))
    if not missing:
        assert isinstance(fact, TicketAccepted)
        assert fact.category == category
        return
    assert isinstance(fact, SupplementAsked)
    assert fact.missing == missing


def test_r18_what_is_stated_as_missing_is_asked_in_the_same_message() -> None:
    """R18: once, in one message."""
    command = replace(
        matter(missing=("time", "address")), category="services/civil/low_income", address=b""
    )
    _, fact = when(command)
    assert isinstance(fact, SupplementAsked)
    assert fact.missing == ("time", "address")


def test_a_category_that_moved_is_refused_with_where_it_went() -> None:
    """R4."""
    tree = read(*GOOD).tree
    catalogue = replace(CITY.catalogue, tree=tree)
    decide = decider(lambda _: (CITY.rules, catalogue)).decide
    late = replace(matter(), at=datetime(2026, 3, 16, 4, tzinfo=UTC), category="a/old")
    with pytest.raises(rejections.UnknownCategory, match="now a/new"):
        decide(late, Ticket())
    midnight = datetime(2024, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in the city
    early = replace(late, at=midnight, stated_due_at=None)
    assert decide(early, Ticket())
    next_day = replace(early, at=datetime(2024, 12, 31, 16, tzinfo=UTC))
    with pytest.raises(rejections.UnknownCategory):
        decide(next_day, Ticket())


# XLSX


def workbook(rows: Sequence[Sequence[str | int | date]]) -> bytes:
    """The least that a spreadsheet program writes."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    lines = "".join(
        f'<row r="{n}">{"".join(_cell(value) for value in row)}</row>'
        for n, row in enumerate(rows, 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{kinds}"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="tree" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="s1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s2" '
        f'Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData>'
        "</worksheet>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def _cell(value: str | int | date) -> str:
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


GROWN = ("fields", "", "领域", "Fields", "", "", "", "", date(2026, 1, 1), "", "")
LIMITED = ("fields/noise", "fields", "噪声", "Noise", "place", "help", 7, "", "2026-01-01", "", "")


def test_r4_a_workbook_is_read_like_a_csv() -> None:
    """R4: days and numbers as a spreadsheet keeps them, empty lines passed over."""
    empty = ("",) * len(COLUMNS)
    report = read_workbook(workbook([COLUMNS, GROWN, empty, LIMITED]))
    assert (report.errors, report.lines) == ([], 4)
    noise = report.tree.nodes["fields/noise"]
    assert (noise.limit_days, noise.since, noise.parent) == (7, date(2026, 1, 1), "fields")
    assert parse_tree({"version": "1", "categories": list(report.rows)}, "it") == report.tree


def test_r4_a_workbook_is_reported_by_the_lines_that_its_sheet_shows() -> None:
    """R4."""
    wrong, empty = (*LIMITED[:8], "soon", "", ""), ("",) * len(COLUMNS)
    report = read_workbook(workbook([COLUMNS, GROWN, empty, wrong, LIMITED, LIMITED]))
    assert [line for line, _ in report.errors] == [4, 5]
    assert "'soon' is no day" in report.errors[0][1]
    other = read_workbook(workbook([("id", "name"), ("a", "b")]))
    assert other.errors == [(1, f"the columns must be {','.join(COLUMNS)}")]
    assert "not XLSX" in read_workbook(b"no workbook").errors[0][1]
    assert "not XLSX" in read_workbook(workbook([])[:200]).errors[0][1]


def test_the_command_reads_a_workbook_and_prints_what_the_registry_takes(tmp_path: Path) -> None:
    """R4."""
    file = tmp_path / "tree.xlsx"
    file.write_bytes(workbook([COLUMNS, GROWN, LIMITED]))
    told = CliRunner().invoke(cli, ["rules", "categories", str(file)])
    assert (told.exit_code, told.stdout) == (0, "2 categories, 1 leaves, 0 errors.\n")
    made = CliRunner().invoke(cli, ["rules", "categories", str(file), "--document", "2027"])
    document = orjson.loads(made.stdout)
    assert document["version"] == "2027"
    assert set(parse_tree(document, "it").nodes) == {"fields", "fields/noise"}


def test_a_workbook_that_declares_entities_is_refused() -> None:
    hostile = '<!DOCTYPE x [<!ENTITY a "aaa"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    made, honest = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbook([COLUMNS, GROWN])))
    with zipfile.ZipFile(made, "w") as archive:
        for name in honest.namelist():
            content = honest.read(name).decode()
            sheet = name.endswith("sheet1.xml")
            archive.writestr(
                name, hostile + content.replace("Fields", "&a;&f;") if sheet else content
            )
    assert "not XLSX" in read_workbook(made.getvalue()).errors[0][1]
