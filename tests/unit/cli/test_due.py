"""The calculator, `hotline due`: one question, many, and the check of a proof (R27)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from hotline.cli.due import command

START = "2026-02-13T16:00+08:00"


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, list(arguments), input=stdin)


def test_r27_one_question_is_answered_in_plain_words() -> None:
    found = run("--clock", "resolve", "--start", START)
    assert found.exit_code == 0
    assert "到期 due 2026-02-28 00:00+08:00" in found.output


def test_r27_a_proof_that_was_printed_holds_and_a_changed_one_does_not(tmp_path: Path) -> None:
    events = [{"type": "paused", "at": "2026-02-24T10:00+08:00", "reason": "force_majeure"}]
    printed = run("--clock", "resolve", "--start", START, "--events", json.dumps(events), "--json")
    file = tmp_path / "proof.json"
    file.write_text(printed.output, "utf-8")
    assert run("verify", str(file)).output == "The proof holds: due never while paused.\n"
    changed = printed.output.replace('"due_at": null', '"due_at": "2026-02-28T00:00:00+08:00"')
    refused = run("verify", "-", stdin=changed)
    assert (refused.exit_code, "due_at differs" in refused.output) == (1, True)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "hotline.deadline.proof/1"}'])
def test_r27_what_is_no_proof_is_said_to_be_none(text: str) -> None:
    refused = run("verify", "-", stdin=text)
    assert (refused.exit_code, "No proof could be read" in refused.output) == (1, True)


def test_a_batch_is_answered_line_by_line_in_order_and_bad_lines_spoil_nothing() -> None:
    lines = [
        {"id": 1, "clock": "return", "start": START},
        {"id": 2, "clock": "lunch", "start": START},
        {"id": 3, "clock": "confirm", "start": START, "events": []},
    ]
    text = "\n".join([json.dumps(lines[0]), "nonsense", *map(json.dumps, lines[1:])])
    found = run("--batch", "-", "--city", "shandong", stdin=text)
    answers = [orjson.loads(line) for line in found.output.splitlines()]
    assert found.exit_code == 0
    assert [answer["id"] for answer in answers] == [1, None, 2, 3]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert answers[0]["last_day"] == "2026-02-24"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--clock and --start are needed"),
        (("--clock", "resolve"), "--clock and --start are needed"),
        (("--clock", "resolve", "--start", "2026-02-13"), "no offset"),
        (("--clock", "resolve", "--start", START, "--events", "{"), "--events is not JSON"),
        (("--clock", "resolve", "--start", START, "--city", "atlantis"), "is missing; there are"),
        (("--clock", "resolve", "--start", START, "--matter", "[1]"), "matter must be an object"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_is_wrong(
    arguments: tuple[str, ...], sentence: str
) -> None:
    found = run(*arguments)
    assert found.exit_code != 0
    assert sentence in found.output


def test_a_length_and_a_matter_may_be_given_with_one_question() -> None:
    config = '{"lengths": {"resolve": {"working_days": 2}}}'
    found = run("--clock", "resolve", "--start", START, "--config", config, "--json")
    assert orjson.loads(found.output)["last_day"] == "2026-02-24"
    matter = run("--clock", "resolve", "--start", START, "--city", "beijing",
                 "--matter", '{"urgency": "critical"}', "--json")  # fmt: skip
    assert orjson.loads(matter.output)["due_at"] == "2026-02-13T18:00:00+08:00"


CLEAN = """
import sys
sys.path.insert(0, {root!r})
from hotline.cli.due import command
try:
    command(["verify", {proof!r}])
finally:
    files = [getattr(m, "__file__", None) or "" for m in sys.modules.values()]
    parts = {{f.partition("site-packages/")[2].partition("/")[0] for f in files}} - {{""}}
    print(sorted(p for p in parts if not p.startswith("_")), file=sys.stderr)
"""


def test_r27_a_proof_is_verified_in_a_clean_interpreter_by_the_library_alone(
    tmp_path: Path,
) -> None:
    """No service, store, broker or web framework is read: four small libraries are enough."""
    made = run("--clock", "resolve", "--start", START, "--json").output
    for name, proof, code in (
        ("good", made, 0),
        ("bad", made.replace('"provisional": false', '"provisional": true'), 1),
    ):
        file = tmp_path / f"{name}.json"
        file.write_text(proof, "utf-8")
        script = CLEAN.format(root=str(Path(__file__).parents[3]), proof=str(file))
        done = subprocess.run(
            [sys.executable, "-I", "-c", script],
            cwd=tmp_path, env={}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        # Where typing_extensions is installed, msgspec reads it; it needs no other package.
        loaded = "['click', 'msgspec', 'orjson', 'typing_extensions.py', 'yaml']"
        assert done.stderr.splitlines()[-1] == loaded
        assert ("The proof holds: due 2026-02-28" in done.stdout) is (code == 0)
