"""Whose time it was (R33): the parts sum exactly to the whole. 9 March 2026 is a Monday."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hotline.cli.due import command
from services.deadline.domain.shares import MOMENTS, Moment, shares, whole, working_time
from tests.unit.deadline.shipped import CN
from tests.unit.deadline.tickets import cn

HOUR = timedelta(hours=1)
ACCEPTED = Moment(cn(3, 9, 9), "accepted")
DISPATCHED = Moment(cn(3, 9, 10), "dispatched", "U1")


def hours(*moments: Moment, until: datetime) -> dict[str, float]:
    found = shares([ACCEPTED, DISPATCHED, *moments], until, CN)
    return {share.who: share.time / HOUR for share in found}


def test_r33_the_hotline_has_it_until_the_dispatch_and_the_unit_until_its_reply() -> None:
    replied, done = Moment(cn(3, 10, 11), "replied"), Moment(cn(3, 11, 10), "completed")
    assert hours(replied, done, until=cn(3, 20)) == {"hotline": 1 + 1 + 4 + 1, "U1": 2 + 4 + 2}


def test_r33_time_lost_to_a_refused_return_stays_with_the_unit_that_returned_it() -> None:
    asked, refused = Moment(cn(3, 9, 11), "return_asked"), Moment(cn(3, 9, 15), "return_refused")
    assert hours(asked, refused, until=cn(3, 9, 16)) == {"hotline": 1, "U1": 1 + 1 + 1.5 + 1}


def test_r33_a_granted_return_is_the_hotlines_from_its_asking() -> None:
    asked, granted = Moment(cn(3, 9, 11), "return_asked"), Moment(cn(3, 9, 15), "return_granted")
    next_unit = Moment(cn(3, 9, 16), "dispatched", "U2")
    found = hours(asked, granted, next_unit, until=cn(3, 9, 17))
    assert found == {"hotline": 1 + 1 + 1.5 + 1, "U1": 1, "U2": 1}


def test_r33_the_next_unit_has_it_from_the_granting_if_it_is_dispatched_at_that_instant() -> None:
    at = cn(3, 9, 15)
    next_unit = Moment(at, "dispatched", "U2")
    found = hours(
        next_unit, Moment(at, "return_asked"), Moment(at, "return_granted"), until=cn(3, 9, 16)
    )
    assert found == {"hotline": 1, "U1": 2 + 1.5, "U2": 1}


def test_r33_waiting_for_the_citizen_is_the_citizens_and_other_pauses_are_the_hotlines() -> None:
    stops = [
        Moment(cn(3, 9, 11), "paused", reason="citizen_supplement"),
        Moment(cn(3, 9, 14), "resumed"),
        Moment(cn(3, 9, 15), "paused", reason="expert_appraisal"),
        Moment(cn(3, 9, 16), "resumed"),
    ]
    found = hours(*stops, until=cn(3, 9, 17))
    assert found == {"hotline": 1 + 1, "U1": 1 + 1 + 1, "citizen": 1.5}


def test_r33_nights_and_days_off_are_nobodys() -> None:
    assert hours(until=cn(3, 9, 23)) == hours(until=cn(3, 10, 8))
    friday, monday = cn(3, 13, 17, 30), cn(3, 16, 9)
    assert working_time(friday, monday, CN) == timedelta()
    assert working_time(cn(3, 9, 0), cn(3, 10, 0), replace(CN, shifts=())) == 24 * HOUR


def test_r33_a_redo_begins_with_the_hotlines_visit() -> None:
    replied, done = Moment(cn(3, 9, 11), "replied"), Moment(cn(3, 9, 11), "completed")
    redo = Moment(cn(3, 9, 15), "redo_ordered")
    assert hours(replied, done, redo, until=cn(3, 9, 16)) == {"hotline": 1 + 1 + 1.5, "U1": 1 + 1}


def test_r33_without_an_acceptance_there_is_nothing_to_divide() -> None:
    with pytest.raises(ValueError, match="accepted"):
        shares([DISPATCHED], cn(3, 10), CN)


LATER = st.lists(
    st.builds(
        Moment,
        st.integers(0, 24 * 30).map(lambda n: cn(3, 9, 9) + n * HOUR),
        st.sampled_from(MOMENTS[1:]),
        st.sampled_from(["U1", "U2"]),
        st.sampled_from(["citizen_supplement", "force_majeure"]),
    ),
    max_size=12,
)


@given(LATER, st.data())
def test_r33_the_parts_sum_exactly_to_the_whole_in_any_order(
    later: list[Moment], data: st.DataObject
) -> None:
    until = cn(4, 30)
    moments = data.draw(st.permutations([ACCEPTED, *later]))
    total = whole(shares(moments, until, CN))
    last = max(moments, key=lambda m: (m.at, MOMENTS.index(m.type)))
    end = last.at if last.type == "completed" else until
    assert total == working_time(ACCEPTED.at, end, CN)


def test_r33_tenths_of_seconds_sum_to_what_is_shown_as_the_whole() -> None:
    at = ["09:00:00.000000", "09:00:00.100000", "09:00:00.300000"]
    kinds = [{"type": "accepted"}, {"type": "dispatched", "unit": "U1"}, {"type": "completed"}]
    moments = [kind | {"at": f"2026-03-09T{t}+08:00"} for kind, t in zip(kinds, at, strict=True)]
    line = orjson.dumps({"id": 1, "moments": moments})
    found = orjson.loads(CliRunner().invoke(command, ["shares", "-"], input=line).output)
    assert [share["working_s"] for share in found["shares"]] == [0.2, 0.1]
    assert found["working_s"] == 0.3


def test_r33_lines_are_answered_in_order_and_a_bad_one_spoils_no_other() -> None:
    good: dict[str, Any] = {
        "id": 1,
        "moments": [
            {"type": "accepted", "at": "2026-03-09T09:00+08:00"},
            {"type": "dispatched", "at": "2026-03-09T10:00+08:00", "unit": "U1"},
            {"type": "completed", "at": "2026-03-09T12:00+08:00"},
        ],
    }
    nobody = {"id": 2, "moments": [{"type": "dispatched", "at": "2026-03-09T09:00+08:00"}]}
    lines = [good, nobody, {"id": 3, "moments": [{"type": "lunch"}]}, {"id": 4, "moments": []}]
    text = b"\n".join([*map(orjson.dumps, lines), b"{"])
    found = CliRunner().invoke(command, ["shares", "-"], input=text)
    answers = [orjson.loads(line) for line in found.output.splitlines()]
    assert answers[0] == {
        "id": 1,
        "working_s": 10_800.0,
        "shares": [{"who": "U1", "working_s": 7_200.0}, {"who": "hotline", "working_s": 3_600.0}],
    }
    assert [answer["id"] for answer in answers] == [1, 2, 3, 4, None]
    assert all("error" in answer for answer in answers[1:])
