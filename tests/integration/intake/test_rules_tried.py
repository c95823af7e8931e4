"""`hotline rules`: a changed set tried on past tickets, before it takes effect."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from hotline.cli.main import cli
from services.intake.adapters import rule_sets
from services.kernel.security import Role
from tests.integration.intake.hall import Hall
from tests.support.loops import BUCKETS

SUZHOU = rule_sets._FOLDER / "suzhou.yaml"
TRIAL = rule_sets._FOLDER / "trial-measures.yaml"


async def tried(hall: Hall, file: Any, since: str = "2000-01-01", *more: str) -> Result:
    assert hall.loop.info is not None
    place = ["--dsn", hall.loop.info.dsn, "--namespace", hall.loop.namespace]
    arguments = ["rules", "try", str(file), "--since", since, *place, "--buckets", str(BUCKETS)]
    return await asyncio.to_thread(CliRunner().invoke, cli, [*arguments, *more])


async def test_r5_to_r20_a_changed_set_lists_what_would_differ(hall: Hall) -> None:
    """Suzhou has no ground for discipline, and sees the province as outside (R15, R10).

    The titles differ: none repeats another, however soon the view has them (R16).
    """
    corrupt = await hall.submit(facts={"discipline": True})
    provincial = await hall.submit(title="The toll is too high", facts={"duty": "provincial"})
    court = await hall.submit(title="A verdict is wrong", facts={"organ": "court"})
    await hall.submit(title="No lamp burns at night")
    # What happens later is no first decision.
    objection = {"code": court["code"], "reason": "no"}
    await hall.post(f"tickets/{court['ticket']}/object", objection, Role.CHANNEL)
    done = await tried(hall, SUZHOU, "2000-01-01", "--json")
    assert done.exit_code == 0, done.output
    *lines, summary = [orjson.loads(line) for line in done.output.splitlines()]
    assert (summary["matters"], summary["differ"]) == (4, 2)
    found = {line["ticket"]: (line["was"], line["would_be"]) for line in lines}
    assert found == {
        corrupt["ticket"]: (
            {"decision": "refused", "rule": "R15", "number": 5, "to": ""},
            {"decision": "accepted", "rule": "", "number": 0, "to": ""},
        ),
        provincial["ticket"]: (
            {"decision": "accepted", "rule": "", "number": 0, "to": ""},
            {"decision": "refused", "rule": "R10", "number": 1, "to": ""},
        ),
    }
    assert {line["rule_set"] for line in lines} == {"trial-measures@2026-11-26"}
    plain = await tried(hall, SUZHOU)
    assert "4 matters, 2 would be decided otherwise." in plain.output
    assert "refused R15 → accepted" in plain.output


async def test_r3_r11_what_came_in_a_call_is_tried_and_another_line_differs(
    hall: Hall, tmp_path: Path
) -> None:
    call = {"channel": "phone", "called_number": "12345", "call": {"waited_s": 3}}
    facts = {"emergency_ongoing": True, "emergency_line": "119"}
    urgent = await hall.submit(**call, facts=facts)
    refused = await hall.submit(**call, title="A verdict is wrong", facts={"organ": "court"})
    assert "CallAnswered" in refused["facts"]
    file = tmp_path / "set.yaml"
    changed = TRIAL.read_text("utf-8").replace('"119", ', "").replace("number: 3", "number: 13")
    file.write_text(changed, "utf-8")
    done = await tried(hall, file)
    assert "2 matters, 2 would be decided otherwise." in done.output
    assert f"{urgent['ticket']} " in done.output
    assert "diverted R11 to 119 → diverted R11 to 110" in done.output
    assert "refused R12 (3) → refused R12 (13)" in done.output


async def test_the_same_set_gives_the_same_and_since_leaves_out_the_past(hall: Hall) -> None:
    """Set, version and facts stand in the ticket: anyone can decide it again."""
    for facts in ({"duty": "none"}, {"missing": ["time"]}, {"emergency_ongoing": True}):
        await hall.submit(facts=facts)
    same = await tried(hall, TRIAL)
    assert "3 matters, 0 would be decided otherwise." in same.output
    later = await tried(hall, TRIAL, "2999-01-01")
    assert "0 matters" in later.output


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("", "", "suzhou@2026-11-26: 13 rules, all in order."),
        ("when: emergency_ongoing", "when: emergency", "undeclared reference to 'emergency'"),
    ],
)
def test_a_file_is_checked_before_it_is_tried(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    file = tmp_path / "set.yaml"
    file.write_text(SUZHOU.read_text("utf-8").replace(old, new), "utf-8")
    done = CliRunner().invoke(cli, ["rules", "check", str(file)])
    assert sentence in done.output
    assert done.exit_code == (1 if new else 0)


def test_a_category_tree_is_reported_by_line(tmp_path: Path) -> None:
    """R4."""
    shipped = rule_sets._FOLDER.parent / "categories" / "cn.csv"  # type: ignore[attr-defined]
    good = CliRunner().invoke(cli, ["rules", "categories", str(shipped)])
    assert (good.exit_code, good.output) == (0, "175 categories, 141 leaves, 0 errors.\n")
    file = tmp_path / "tree.csv"
    file.write_text(shipped.read_text("utf-8") + "x,nowhere,某,X,,,,,2026-01-01,,\n", "utf-8")
    bad = CliRunner().invoke(cli, ["rules", "categories", str(file)])
    assert bad.exit_code == 1
    assert "line 177: x: its parent nowhere is missing" in bad.output
