"""The calculator's batch: lines that cannot be answered say why, and spoil no other line."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.deadline.adapters.due_lines import answers
from tests.unit.deadline.questions import TRIAL, answered, cn, line

GOOD = line("resolve")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clock": "lunch"}, "clock: no clock is called 'lunch'; there are queue, confirm"),
        ({"clock": None}, "no clock is called None"),
        ({"start": "2026-02-13T16:00"}, "start has no offset from UTC"),
        ({"start": "2026-02-30T16:00+08:00"}, "start must be an instant"),
        ({"start": 5}, "start must be an instant"),
        ({"start": "0001-01-01T00:00+08:00"}, "between 1900 and 2500"),
        ({"start": "9999-12-31T23:59-08:00"}, "between 1900 and 2500"),
        ({"event": []}, "the line: unknown field 'event'"),
        ({"events": {}}, "events must be a list"),
        ({"events": [5]}, r"events[0] must be an object"),
        ({"events": [{"type": "lunch", "at": cn("03-10T10:00")}]}, "no event is called 'lunch'"),
        ({"events": [{"type": ["paused"], "at": cn("03-10T10:00")}]}, "no event is called"),
        ({"events": [{"type": "paused"}]}, "events[0].at must be an instant"),
        ({"events": [{"type": "paused", "at": cn("03-10T10:00"), "clock": "x"}]}, "clock: no"),
        ({"events": [{"type": "paused", "at": cn("03-10T10:00"), "reason": 5}]}, "a text"),
        ({"events": [{"type": "limit_set", "at": cn("03-10T10:00")}]}, "exactly one unit"),
        (
            {"events": [{"type": "limit_set", "at": cn("03-10T10:00"), "hours": 1, "basis": "x"}]},
            "law or special",
        ),
        (
            {"events": [{"type": "extension_asked", "at": cn("03-10T10:00"), "working_days": "2"}]},
            "working_days must be a whole number",
        ),
        (
            {"events": [{"type": "calendar_changed", "at": cn("03-10T10:00"), "days": ["x"]}]},
            "days[0] must be an object",
        ),
        (
            {
                "events": [
                    {"type": "calendar_changed", "at": cn("03-10T10:00"), "publishes_year": 1}
                ]
            },
            "publishes_year must be a year",
        ),
        ({"config": {"close": "17:30"}}, "config: unknown field 'close'"),
        ({"config": {"close_of_business": 1730}}, "close_of_business must be a quoted time"),
        ({"config": {"lengths": {"resolve": {"weeks": 1}}}}, "no unit of length is called 'weeks'"),
        ({"config": {"lengths": {"lunch": {"hours": 1}}}}, "config.lengths: unknown field"),
        ({"config": {"lengths": {"resolve": {"working_days": 0}}}}, "more than none"),
        ({"matter": {"mood": "bad"}}, "matter: unknown field 'mood'"),
        ({"promise": {"since": 1}}, "promise: unknown field 'since'"),
        ({"promise": {"start": "2026-03-09T10:00+08:00"}}, "promise.due_at must be an instant"),
    ],
)
def test_a_bad_line_gives_its_id_and_what_to_write_instead(
    changes: dict[str, Any], sentence: str
) -> None:
    found = answered({**GOOD, **changes})
    assert found.keys() == {"id", "error"}
    assert found["id"] == "q"
    assert sentence in found["error"]


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 2000, b"5", b'"x"', b"null", b"[]"])
def test_what_is_no_object_is_answered_and_the_rest_goes_on(raw: bytes) -> None:
    good = orjson.dumps(GOOD)
    lines = [good, raw, b"\n", good, b"\n", b""]
    found = [orjson.loads(out) for out in answers(lines, TRIAL)]
    assert [sorted(answer)[:2] for answer in found][1] == ["error", "id"]
    assert found[2] == {"id": None, "error": "an empty line asks nothing"}
    assert found[0] == found[3] == answered(GOOD)
    assert len(found) == 4  # the end of a file is no line


def test_the_answers_come_in_the_order_of_the_lines_under_any_id() -> None:
    lines = [orjson.dumps({**GOOD, "id": id_}) for id_ in (3, "a", None, [1])]
    assert [orjson.loads(out)["id"] for out in answers(lines, TRIAL)] == [3, "a", None, [1]]


def test_r21_24_00_is_the_first_instant_of_the_next_day() -> None:
    assert answered({**GOOD, "start": cn("03-08T24:00")})["counted"][0] == "2026-03-10"


def test_the_answer_has_the_fields_of_its_contract() -> None:
    assert answered(GOOD).keys() == {
        "id", "due_at", "last_day", "counted", "skipped", "provisional", "promised_due_at",
        "extensions_granted", "rejected", "policy", "calendar",
    }  # fmt: skip
    assert answered(line("confirm")).keys() == answered(GOOD).keys() - {"promised_due_at"}
    assert answered(GOOD)["policy"] == "trial-measures@2024-01-01"


def test_a_promise_follows_the_length_that_the_line_gives_resolve() -> None:
    config = {"lengths": {"resolve": {"working_days": 2}}}
    assert answered(line("promise", config=config))["last_day"] == "2026-03-11"
    own = {"lengths": {"resolve": {"working_days": 2}, "promise": {"calendar_days": 1}}}
    assert answered(line("promise", config=own))["last_day"] == "2026-03-10"


def test_r21_close_of_business_of_a_line_is_only_that_lines() -> None:
    closing = answered(line("resolve", config={"close_of_business": "17:30"}))
    assert closing["due_at"] == "2026-03-16T17:30:00+08:00"
    assert answered(GOOD)["due_at"] == "2026-03-17T00:00:00+08:00"


def test_the_names_of_clocks_may_be_written_with_a_hyphen_or_a_space() -> None:
    pause = {"type": "paused", "at": cn("03-09T10:10"), "reason": "force_majeure"}
    for name in ("call-back", "call back", "call_back"):
        config = {"lengths": {name: {"hours": 1}}}
        asked = line(name, {**pause, "clock": name}, config=config)
        assert answered(asked)["due_at"] is None
        assert answered({**asked, "events": []})["due_at"] == "2026-03-09T11:00:00+08:00"


def test_the_type_of_an_event_may_be_called_event_and_a_length_limit() -> None:
    law = {"event": "limit_set", "at": cn("03-10T10:00"), "limit": {"working_days": 2}}
    assert answered(line("resolve", law))["last_day"] == "2026-03-11"
