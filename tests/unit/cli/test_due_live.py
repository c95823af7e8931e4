"""Due lists and `hotline due time`, against a city that answers as the real one does."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner, Result

from hotline.cli import due_live
from hotline.cli.due import command
from hotline.cli.running import Running
from hotline.deadline.moments import moments
from services.datasync.domain.facts import Fact
from services.deadline.domain.shares import Moment, shares
from tests.unit.deadline.shipped import CN
from tests.unit.deadline.tickets import cn

PLACE = Running("k", "dsn", "", "sample", 24, {"deadline": "http://deadline"}, Path(".run"))
ROW = {"ticket": "T-1", "clock": "resolve", "unit": "U1", "due_at": "2026-03-16T16:00:00Z"}
LISTS = {
    "overdue": [ROW],
    "today": [],
    "this_week": [{**ROW, "unit": "", "clock": "visit"}],
    "extensions": 2,
}


def fact(source: str, name: str, at: datetime, **data: str) -> Fact:
    return Fact(source, "T-1", 1, 1, f"hotline.{source}.v1.{name}", at, "", data)


FACTS = [
    fact("intake", "TicketAccepted", cn(3, 9, 9)),
    fact("dispatch", "TicketDispatched", cn(3, 9, 10), unit="U1"),
    fact("deadline", "ClockPaused", cn(3, 9, 11), clock="resolve", reason="citizen_supplement"),
    fact("deadline", "ClockPaused", cn(3, 9, 11), clock="contact", reason="force_majeure"),
    fact("deadline", "ClockResumed", cn(3, 9, 14), clock="resolve"),
    fact("dispatch", "TicketReplied", cn(3, 9, 15), unit="U1"),
    fact("deadline", "ClockPaused", cn(3, 9, 15), clock="resolve", reason="under_review"),
    fact("dispatch", "TicketCompleted", cn(3, 9, 16), unit="U1"),
]


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def get(url: str, **more: Any) -> httpx.Response:
        asked.append({"url": url, **more["params"]})
        return httpx.Response(200, json=LISTS)

    monkeypatch.setattr(due_live, "running", lambda _: PLACE)
    monkeypatch.setattr(due_live, "dev_token", lambda *_, **__: "token")
    monkeypatch.setattr(httpx, "get", get)
    monkeypatch.setattr(due_live, "_facts", lambda _, ticket: FACTS if ticket == "T-1" else [])
    return asked


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_what_is_due_is_listed_in_the_citys_time(city: list[dict[str, Any]]) -> None:
    shown = run("list", "--unit", "U1")
    assert shown.exit_code == 0, shown.output
    assert "extensions to answer: 2" in shown.output
    assert "overdue: 1\n  2026-03-17 00:00  resolve            T-1" in shown.output
    assert "today: 0\nthis week: 1\n" in shown.output
    assert shown.output.rstrip().endswith("hotline\nextensions to answer: 2")
    assert city == [{"url": "http://deadline/v1/due/lists", "unit": "U1", "desk": False}]
    assert orjson.loads(run("list", "--desk", "--json").output) == LISTS


def test_a_city_that_does_not_answer_is_said_to_be_away(
    city: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> httpx.Response:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx, "get", away)
    told = run("list")
    assert (told.exit_code, "does not answer" in told.output) == (1, True)
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(503, text="busy"))
    assert "deadline answered 503: busy" in run("list").output


def test_r33_a_tickets_facts_say_whose_time_it_was(city: list[dict[str, Any]]) -> None:
    assert Moment(cn(3, 9, 11), "paused", "", "citizen_supplement") in moments(FACTS)
    found = {s.who: s.time for s in shares(moments(FACTS), cn(3, 20), CN)}
    hour = timedelta(hours=1)
    assert found == {"hotline": 2 * hour, "U1": 2 * hour, "citizen": 1.5 * hour}
    shown = run("time", "T-1", "--json")
    assert orjson.loads(shown.output)["working_s"] == {
        "U1": 7200.0, "citizen": 5400.0, "hotline": 7200.0,
    }  # fmt: skip
    assert "    1.50 h  citizen" in run("time", "T-1").output
    assert "There is no ticket T-2." in run("time", "T-2").output
