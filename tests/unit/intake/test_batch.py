"""`hotline accept --batch`: JSON lines in, decisions out, in order; a bad line spoils no other."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from hotline.cli.main import cli
from tests.unit.intake.batches import EARLIER, LINE, answer, batch
from tests.unit.intake.matters import RECEIPT as LIVE


def error(**changes: Any) -> str:
    told = answer(**changes)
    assert told.keys() == {"id", "error"}
    return str(told["error"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"decision": "accepted"}),
        (
            {"facts": {"about_unit": "transport", "about_conduct": True}},
            {"decision": "accepted", "not_to": "transport"},
        ),
        ({"facts": {"about_unit": "transport"}}, {"decision": "accepted"}),
        ({"facts": {"about_conduct": True}}, {"decision": "accepted"}),
        (
            {"facts": {"emergency_line": "119", "emergency_ongoing": True}},
            {
                "decision": "diverted",
                "rule": "R11",
                "number": 2,
                "line": "119",
                "receipt": "119-c80ec2ffb78b6a6af0bbf49e66298516",
                "right_place": "119",
            },
        ),
        ({"facts": {"sub_centre": "12345"}}, {"decision": "accepted"}),
        (
            {"facts": {"sub_centre": "12329"}},  # of another city's register
            {"decision": "transferred", "rule": "R9", "to": "12329", "right_place": "12329"},
        ),
        (
            {"facts": {"sub_centre": "12366", "about_conduct": True, "about_unit": "tax"}},
            {"decision": "accepted", "not_to": "tax"},
        ),
        (
            {"facts": {"sub_centre": "12366"}},
            {"decision": "transferred", "rule": "R9", "to": "12366", "right_place": "12366"},
        ),
        (
            {"earlier": [EARLIER]},
            {
                "decision": "linked",
                "rule": "R16",
                "number": 7,
                "to": "T1",
                "right_place": "工单T1 / ticket T1",
            },
        ),
        (
            {"facts": {"missing": ["address", "time"]}},
            {"decision": "supplement_asked", "rule": "R18", "missing": ["address", "time"]},
        ),
        (
            {"kind": "consultation", "facts": {"kb_answer": "KB-1"}},
            {"decision": "answered_at_once", "rule": "R5"},
        ),
        (
            {"rule_set": "trial-measures", "facts": {"organ": "court"}},
            {
                "decision": "refused",
                "rule": "R12",
                "number": 3,
                "right_place": "12368 法院诉讼服务热线 / 12368, the courts' service line",
            },
        ),
    ],
)
def test_r2_to_r20_a_line_is_answered_with_these_fields_and_no_others(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    told = answer(**changes)
    assert told.pop("reason")
    matched = [expected["rule"]] if "rule" in expected else []
    named = {"id": "m-1", "rule_set": changes.get("rule_set", "suzhou")}
    assert told == named | expected | {"matched": matched}


def test_r9_to_r20_all_that_matched_is_listed_in_the_order_of_the_set() -> None:
    facts = {"duty": "none", "organ": "army", "missing": ["address"]}
    assert answer(facts=facts)["matched"] == ["R12", "R10", "R18"]


def test_r9_to_r20_lines_are_answered_in_order_and_blank_ones_passed_over() -> None:
    lines = [
        orjson.dumps(LINE | {"id": 1}) + b"\n", b"\n", b"no json\n", b'"text"\n',
        orjson.dumps(LINE | {"id": "2"}) + b"\r\n",
    ]  # fmt: skip
    told = [orjson.loads(line) for line in batch(lines)]
    assert [t["id"] for t in told] == [1, None, None, "2"]
    assert [t.get("decision") for t in told] == ["accepted", None, None, "accepted"]
    assert told[1]["error"].startswith("line 3: not JSON")
    assert told[2]["error"] == "line 4: not a JSON object"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rule_set": "moon"}, "there is no rule set 'moon'"),
        ({"rule_set": "../sample/catalogue"}, "there is no rule set '../sample/catalogue'"),
        ({"rule_set": None}, "rule_set must name a rule set"),
        ({"rule_set": ["suzhou"]}, "rule_set must name a rule set"),
        ({"kind": "praise"}, "kind must be one of consultation, help"),
        ({"kind": None}, "kind is missing: it must be one of consultation,"),
        ({"facts": []}, "facts must be an object"),
        ({"facts": {"organ": "club"}}, "facts.organ: 'club' is not a known word"),
        ({"facts": {"organ": 7}}, "facts.organ must be a text"),
        ({"facts": {"organ": True}}, "facts.organ must be a text"),
        ({"fact": {"organ": "court"}}, "fact: there is no such field: facts is meant"),
        ({"erlier": []}, "erlier: there is no such field: earlier is meant"),
        ({"suplement": "expired"}, "suplement: there is no such field: supplement is meant"),
        ({"facts": {"organs": "court"}}, "facts.organs: there is no such fact"),
        ({"facts": {"discipline": "yes"}}, "facts.discipline must be true or false"),
        ({"facts": {"emergency_ongoing": 1}}, "facts.emergency_ongoing must be true or false"),
        ({"facts": {"missing": "address"}}, "facts.missing must be a list of texts"),
        ({"facts": {"missing": [" "]}}, "facts.missing must be a list of texts"),
        ({"supplement": "late"}, "supplement must be one of"),
        ({"earlier": {}}, "earlier must be a list"),
        ({"earlier": ["T1"]}, "earlier.0 must be an object"),
        ({"earlier": [{**EARLIER, "state": "lost"}]}, "earlier.0.state must be one of accepted,"),
        ({"earlier": [{**EARLIER, "state": None}]}, "earlier.0.state must be one of"),
        ({"earlier": [{**EARLIER, "ticket": 7}]}, "earlier.0.ticket must be a number"),
        ({"earlier": [{**EARLIER, "same_caller": "yes"}]}, "earlier.0: same_caller, same_matter"),
        ({"earlier": [{**EARLIER, "new": True}]}, "earlier.0: 'new' is no field"),
        ({"title": "text"}, "title must be an object"),
        ({"caller": "13800138000"}, "caller must be an object"),
        ({"description": 7}, "description must be a text"),
        ({"called_number": 12345}, "called_number must be a text"),
    ],
)
def test_a_bad_line_says_what_to_put_right(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in error(**changes)
    assert answer(**changes)["id"] == "m-1"


@pytest.mark.parametrize("name", [None, "", True, 1.5, {}, []])
def test_a_line_without_an_id_is_told_by_its_number(name: Any) -> None:
    told = answer(id=name)
    assert (told["id"], told["error"]) in [
        (known, "line 1: id must be a text or a whole number") for known in (None, "")
    ]


@pytest.mark.parametrize("line", [b"\xff{}", b'{"id": "\\ud800"}', b'{"id": NaN}', b"[" * 5_000])
def test_hostile_bytes_spoil_their_own_line_only(line: bytes) -> None:
    told = [orjson.loads(t) for t in batch([line, orjson.dumps(LINE)])]
    assert "error" in told[0]
    assert told[1]["decision"] == "accepted"


def test_what_is_absent_null_false_or_empty_means_no() -> None:
    for value in (None, False, "", " "):
        facts = {"organ": value, "other_ground": value, "kb_answer": value, "sub_centre": value}
        assert answer(facts=facts)["decision"] == "accepted"
    bare = {name: LINE[name] for name in ("id", "rule_set", "kind")}
    (line,) = batch([orjson.dumps(bare)])
    assert orjson.loads(line)["decision"] == "accepted"


def test_a_field_of_the_callers_own_is_passed_over_and_told() -> None:
    told = answer(remark="from the old system", lot=7)
    assert (told["decision"], told["ignored"]) == ("accepted", ["lot", "remark"])


@pytest.mark.parametrize("name", ["suzhou", "trial-measures"])
def test_r2_a_complaint_about_the_conduct_of_an_unnamed_unit_is_accepted(name: str) -> None:
    """R2: work style and attitude are accepted matters; where no unit is named none is barred."""
    for facts in ({"about_conduct": True}, {"about_conduct": True, "about_unit": ""}):
        told = answer(rule_set=name, facts=facts)
        assert (told["decision"], told["matched"]) == ("accepted", [])
        assert "not_to" not in told


def test_r11_an_emergency_goes_on_even_where_the_unit_was_left_out() -> None:
    """R11 before R2: nobody in danger waits for a better form."""
    facts = {"about_conduct": True, "emergency_ongoing": True}
    assert answer(facts=facts)["decision"] == "diverted"


def test_r11_a_receipt_looks_as_in_the_running_service_and_is_each_matters_own() -> None:
    def receipt(name: str, line: str) -> str:
        facts = {"emergency_line": line, "emergency_ongoing": True}
        return str(answer(id=name, facts=facts)["receipt"])

    given = [receipt(n, line) for n in ("1", "2") for line in ("110", "119")]
    assert len({*given}) == 4
    assert all(re.fullmatch(r"11[09]-[0-9a-f]{32}", each) for each in given)
    assert re.fullmatch(r"119-[0-9a-f]{32}", LIVE)
    assert receipt("1", "110") == given[0]


def test_the_command_reads_standard_input_and_answers_every_line() -> None:
    lines = b"".join(orjson.dumps(LINE | {"id": n}) + b"\n" for n in range(300)) + b"bad\n"
    done = CliRunner().invoke(cli, ["accept", "--batch", "-"], input=lines)
    told = [orjson.loads(line) for line in done.stdout_bytes.splitlines()]
    assert (done.exit_code, len(told)) == (0, 301)
    assert [t["id"] for t in told[:-1]] == list(range(300))
    assert told[-1].keys() == {"id", "error"}


def test_r9_a_city_that_nobody_knows_is_told_before_any_line_is_decided() -> None:
    """R9: without its register a sub-centre stated by name would be sent to no line."""
    asked = ["accept", "--batch", "-", "--city", "smaple"]
    done = CliRunner().invoke(cli, asked, input=orjson.dumps(LINE))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no catalogue for city 'smaple'" in done.stderr
