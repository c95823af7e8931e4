"""The register of merged hotlines (R7-R9), and the sample of Fuyang (R8)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from hotline.cli.main import cli
from services.intake.adapters.hotlines import load_register, parse_register
from services.intake.domain import rejections
from services.intake.domain.commands import ReturnTransfer
from services.intake.domain.events import TicketTransferred
from services.intake.domain.hotlines import Fate, Hotline, Mode, SetUpBy
from services.intake.domain.lines import TransferReturned
from services.intake.domain.matter import MatterFacts
from services.kernel import yaml_file
from services.kernel.decider import replace
from tests.unit.intake.matters import CITY, LATER, NOON, TICKET, matter, when

REGISTER, _ = load_register("sample")
TODAY = date(2026, 11, 25)
SUB_CENTRES = [line for line in REGISTER.lines if line.plan is Mode.SUB_CENTRE]
LINES = """
id: test
version: "1"
lines:
  - number: "12312"
    name: {zh: 商务, en: Commerce}
    set_up_by: state_council
    mode: merged
    plan: merged
    number_is: cancelled
    seats_are: merged
    since: 2021-01-01
    until: 2025-01-01
  - number: "12366"
    name: {zh: 税务, en: Tax}
    set_up_by: vertical
    mode: sub_centre
    plan: sub_centre
    number_is: kept
    seats_are: kept
    transfer_line: "05581-12366"
    since: 2021-01-01
"""
AGAIN = """
  - number: "12312"
    name: {zh: 商务, en: Commerce}
    set_up_by: state_council
    mode: dual_parallel
    plan: dual_parallel
    number_is: kept
    seats_are: kept
    transfer_line: "12312"
    since: 2025-01-01
"""


def parsed(text: str = LINES) -> Any:
    return parse_register(yaml_file.parse(text, "file"), "file")


def test_r8_fuyangs_plan_counts_13_14_and_5() -> None:
    """R8."""
    planned = [REGISTER.counted(m) for m in (Mode.MERGED, Mode.DUAL_PARALLEL, Mode.SUB_CENTRE)]
    assert planned == [13, 14, 5]


@pytest.mark.parametrize(
    ("numbers", "mode", "number_is", "seats_are", "transfers"),
    [
        ("12349 12336 12312 96119", Mode.MERGED, Fate.CANCELLED, Fate.MERGED, False),
        ("12333 12328 12315 12320", Mode.DUAL_PARALLEL, Fate.KEPT, Fate.KEPT, True),
        ("12319", Mode.DUAL_PARALLEL, Fate.CANCELLED, Fate.KEPT, False),
        ("12348", Mode.ANSWERED_ELSEWHERE, Fate.KEPT, Fate.NONE, False),
        ("12393 12317", Mode.NOT_OPENED, Fate.NONE, Fate.NONE, False),
        ("12366", Mode.SUB_CENTRE, Fate.KEPT, Fate.KEPT, True),
        ("12360 12313 12305 12367", Mode.ANSWERED_ELSEWHERE, Fate.KEPT, Fate.NONE, False),
        (
            "12345/linquan 12345/funan 12345/jieshou",
            Mode.MERGED, Fate.CANCELLED, Fate.MERGED, False,
        ),
    ],
)  # fmt: skip
def test_r8_each_line_of_fuyang_is_what_the_plan_made_of_it(
    numbers: str, mode: Mode, number_is: Fate, seats_are: Fate, transfers: bool
) -> None:
    """R8."""
    for number in numbers.split():
        line = REGISTER.line(number, TODAY)
        assert line is not None, number
        assert (line.mode, line.number_is, line.seats_are) == (mode, number_is, seats_are)
        assert bool(line.transfer_line) is transfers
        assert line.name.zh
        assert line.reason.en


def test_r8_the_sample_names_every_line_that_the_plan_names_and_who_set_it_up() -> None:
    whose = {
        SetUpBy.STATE_COUNCIL: "12349 12336 12312 12333 12328 12315 12319 12348 12393 12317 12320",
        SetUpBy.CITY: "96119",
        SetUpBy.VERTICAL: "12366 12360 12313 12305 12367",
        SetUpBy.COUNTY: "12345/linquan 12345/funan 12345/jieshou",
    }
    named = {number: by for by, numbers in whose.items() for number in numbers.split()}
    assert {line.number: line.set_up_by for line in REGISTER.lines} == named
    assert len(REGISTER.lines) == len(named)


def test_r7_every_line_of_the_sample_has_every_field_in_both_languages() -> None:
    for line in REGISTER.lines:
        assert not line.name.zh.isascii()
        assert not line.reason.zh.isascii()
        assert line.name.en.isascii()
        assert line.reason.en.isascii()
        assert line.until is None
        stays = line.number_is is Fate.KEPT and line.seats_are is Fate.KEPT
        assert line.transfer_line == (line.number if stays else "")


def test_r7_a_line_holds_from_its_first_day_to_before_its_last() -> None:
    register = parsed()
    assert register.line("12312", date(2020, 12, 31)) is None
    assert register.line("12312", date(2021, 1, 1)) is not None
    assert register.line("12312", date(2025, 1, 1)) is None


@pytest.mark.parametrize("name", ["12366", "税务", "Tax", "tax", "05581-12366"])
def test_r9_a_sub_centre_is_known_by_number_and_name(name: str) -> None:
    """R9."""
    facts = MatterFacts(sub_centre=name)
    assert parsed().transferable(facts, TODAY).sub_centre == "05581-12366"


@pytest.mark.parametrize("line", SUB_CENTRES, ids=[line.number for line in SUB_CENTRES])
def test_r9_a_matter_for_any_sub_centre_of_the_plan_is_transferred_to_its_own_number(
    line: Hotline,
) -> None:
    """R9: also where the province answers it."""
    for stated in (line.number, line.name.zh, line.name.en):
        transferred = when(matter(sub_centre=stated))[1]
        assert isinstance(transferred, TicketTransferred)
        assert transferred.line == line.number


@pytest.mark.parametrize("line", SUB_CENTRES, ids=[line.number for line in SUB_CENTRES])
def test_r9_every_sub_centre_of_the_plan_hands_back_by_a_channel_of_its_own(line: Hotline) -> None:
    switchboard = CITY.catalogue.switchboard
    (own,) = (c for c in switchboard.channels.values() if c.line == line.number)
    assert own.callers == {line.number}
    assert line.name.zh in own.name.zh
    assert line.name.en.lower() in own.name.en
    others = [other.number for other in SUB_CENTRES if other is not line]
    assert not any(switchboard.speaks_for(other, line.number) for other in others)
    given = when(matter(sub_centre=line.number))
    back = ReturnTransfer(LATER, TICKET, line.number, "It is the city's own.")
    returned = when(back, *given)[0]
    assert returned == TransferReturned(LATER, line.number, back.reason)


@pytest.mark.parametrize("stated", ["12345", "12315", "12312", "12345/funan", "12348"])
def test_r9_no_matter_is_transferred_to_what_is_no_sub_centre(stated: str) -> None:
    """R9: 12345 would hand it to itself, another line back to 12345."""
    facts = MatterFacts(sub_centre=stated, duty="local")
    assert REGISTER.transferable(facts, TODAY) == MatterFacts(duty="local")


@pytest.mark.parametrize("stated", ["moon", "99999", "110"])
def test_r9_a_sub_centre_that_nobody_knows_is_told(stated: str) -> None:
    """R9."""
    with pytest.raises(LookupError):
        REGISTER.transferable(MatterFacts(sub_centre=stated), TODAY)
    urgent = MatterFacts(sub_centre=stated, emergency_ongoing=True)  # R11: goes on all the same
    assert REGISTER.transferable(urgent, TODAY).sub_centre == ""


@pytest.mark.parametrize("unit", ["12366", "tax", "税务", "12366 税务"])
def test_r2_r9_a_complaint_about_a_sub_centre_is_not_transferred_to_it(unit: str) -> None:
    """R2 before R9."""
    for sub_centre in ("12366", "税务"):
        facts = MatterFacts(sub_centre=sub_centre, about_unit=unit, about_conduct=True)
        assert REGISTER.transferable(facts, TODAY).sub_centre == ""
        only_about = dataclasses.replace(facts, about_conduct=False)
        assert REGISTER.transferable(only_about, TODAY).sub_centre == "12366"
    other = MatterFacts(sub_centre="12366", about_unit="transport", about_conduct=True)
    assert REGISTER.transferable(other, TODAY).sub_centre == "12366"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('number: "12366"', 'number: "110"', "110: an emergency number never merges (R7)"),
        ('    transfer_line: "05581-12366"\n', "", "12366: where number and seats stay, there is"),
        ("seats_are: kept", "seats_are: none", "12366: a sub-centre keeps its seats (R7)"),
        ("number_is: cancelled", "number_is: kept", "12312: a merged line's number is cancelled"),
        ("until: 2025-01-01", "until: 2020-01-01", "12312: it ends before it begins"),
        ("until: 2025-01-01", "opened: true", "12312: no new departmental line or county platform"),
        ("mode: merged", "mode: gone", "lines.0.mode: 'gone' is not one of merged,"),
        ("since: 2021-01-01", "since: soon", "lines.0.since: 'soon' is no day"),
        ("until: 2025-01-01", "opened: 1", "lines.0.opened: 1 is neither true nor false"),
        ("lines:", "line:", "the file: unknown ['line']"),
        ('number: "12312"', "number: 12312", "lines.0: number: 12312 is no text (quote it)"),
    ],
)
def test_what_r7_refuses_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in LINES
    with pytest.raises(ValueError, match=r"^file: ") as caught:
        parsed(LINES.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_r7_a_cancelled_number_comes_back_with_an_approval_only() -> None:
    """R7."""
    with pytest.raises(ValueError, match="12312: a cancelled number is not restored without"):
        parsed(LINES + AGAIN)
    approved = parsed(LINES + AGAIN.rstrip() + '\n    approval: "No. 7 of 2025"\n')
    line = approved.line("12312", TODAY)
    assert (line.mode, line.approval) == (Mode.DUAL_PARALLEL, "No. 7 of 2025")


def test_a_city_without_a_register_has_an_empty_one() -> None:
    assert load_register("nyc")[0].lines == ()


def test_r9_a_call_to_a_registered_number_becomes_a_ticket_that_says_which() -> None:
    """R9."""
    earlier = datetime(2026, 3, 16, 3, 59, tzinfo=UTC)
    called = replace(
        matter(),
        called_number="12315",
        transferred_by="12315",
        transferred_at=earlier,
    )
    received: Any = when(called)[0]
    assert (received.called_number, received.called_mode) == ("12315", "dual_parallel")
    assert (received.transferred_by, received.transferred_at) == ("12315", earlier)
    with pytest.raises(rejections.TransferAhead):
        when(replace(called, at=NOON, transferred_at=datetime(2026, 3, 17, tzinfo=UTC)))


def test_the_batch_knows_sub_centres_by_name() -> None:
    line = {"id": "1", "rule_set": "suzhou", "kind": "help", "facts": {"sub_centre": "税务"}}
    done = CliRunner().invoke(cli, ["accept", "--batch", "-"], input=orjson.dumps(line))
    assert orjson.loads(done.stdout_bytes)["to"] == "12366"
