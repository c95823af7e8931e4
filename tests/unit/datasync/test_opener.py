"""Asking intake for personal fields: in batches, remembered for a while, never waited for long."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.datasync.adapters import opener
from services.datasync.adapters.opener import (
    KEPT,
    MOST_BYTES,
    MOST_FIELDS,
    REST,
    AskIntake,
    IntakeOpener,
)
from services.datasync.adapters.serving import Sealed, Unopened
from services.datasync.settings import DatasyncSettings, credential
from services.kernel.clock import ManualClock
from services.kernel.identity import Role
from services.kernel.settings import parse
from services.kernel.tokens import DevTokens

Answers = Callable[[list[dict[str, Any]]], httpx.Response]


def texts(fields: list[dict[str, Any]]) -> httpx.Response:
    """Each sealed field in capitals; a forgotten person's is null."""
    plain = [base64.b64decode(f["sealed"]).decode().upper() for f in fields]
    found = [None if f["person_id"] == "gone" else p for f, p in zip(fields, plain, strict=True)]
    return httpx.Response(200, json={"texts": found})


def asking(http: httpx.AsyncClient) -> AskIntake:
    async def ask(body: bytes, headers: Mapping[str, str]) -> bytes:
        answer = await http.post("/v1/personal/open", content=body, headers=headers)
        if answer.status_code != 200:
            raise OSError(f"intake answered {answer.status_code}")
        return answer.content

    return ask


class Intake:
    """The twin of intake's route; `answer` decides what it says."""

    def __init__(self) -> None:
        self.answer: Answers = texts
        self.asked: list[list[dict[str, Any]]] = []
        self.purposes: list[str] = []
        self.requests: list[httpx.Request] = []
        self.clock = ManualClock(datetime(2026, 3, 16, tzinfo=UTC))
        self.http = httpx.AsyncClient(
            transport=httpx.MockTransport(self._handle), base_url="http://intake"
        )
        self.opener = IntakeOpener(asking(self.http), lambda: "token", self.clock, timeout_s=0.05)

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        self.requests.append(request)
        self.asked.append(body["fields"])
        self.purposes.append("+".join(dict.fromkeys(f["purpose"] for f in body["fields"])))
        return self.answer(body["fields"])

    async def open(self, *fields: Sealed, purpose: str = "sharing with dot") -> list[str | None]:
        return await self.opener.open(fields, purpose)


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    made = Intake()
    yield made
    await made.http.aclose()


def sealed(text: str, person: str = "p1", ticket: str = "t1") -> Sealed:
    return Sealed(ticket, person, "contact", text.encode())


def refusing(status: int) -> Answers:
    return lambda fields: httpx.Response(status, json={"detail": "no"})


async def test_fields_are_asked_for_in_one_request_as_intake_wants_it(intake: Intake) -> None:
    assert await intake.open(sealed("a"), sealed("b", "gone"), sealed("c")) == ["A", None, "C"]
    (request,) = intake.requests
    assert (request.method, request.url.path) == ("POST", "/v1/personal/open")
    assert request.headers["authorization"] == "Bearer token"
    assert request.headers["idempotency-key"]
    assert intake.purposes == ["sharing with dot"]
    assert intake.asked[0][0] == {
        "ticket": "t1",
        "person_id": "p1",
        "field": "contact",
        "sealed": base64.b64encode(b"a").decode(),
        "purpose": "sharing with dot",
    }


async def test_a_field_is_asked_for_once_in_five_minutes(intake: Intake) -> None:
    asked = (sealed("a"), sealed("b", "gone"), sealed("a"))
    assert await intake.open(*asked) == ["A", None, "A"]
    intake.clock.advance(seconds=KEPT.total_seconds() - 1)
    assert await intake.open(*asked, sealed("c")) == ["A", None, "A", "C"]
    assert [len(batch) for batch in intake.asked] == [2, 1]
    intake.clock.advance(seconds=1)
    assert await intake.open(sealed("a"), sealed("c")) == ["A", "C"]
    assert [len(batch) for batch in intake.asked] == [2, 1, 1]


async def test_each_purpose_asks_for_itself(intake: Intake) -> None:
    await intake.open(sealed("a"), purpose="sharing with dot")
    await intake.open(sealed("a"), purpose="sharing with oem")
    assert intake.purposes == ["sharing with dot", "sharing with oem"]


async def test_what_waits_behind_a_request_goes_with_the_next_whoever_asks(intake: Intake) -> None:
    asked = [
        intake.open(sealed("a"), purpose="sharing with dot"),
        intake.open(sealed("b"), purpose="sharing with dot"),
        intake.open(sealed("b"), sealed("c"), purpose="sharing with oem"),
        intake.open(sealed("b"), purpose="sharing with oem"),
    ]
    assert await asyncio.gather(*asked) == [["A"], ["B"], ["B", "C"], ["B"]]
    assert [len(batch) for batch in intake.asked] == [4]
    assert intake.purposes == ["sharing with dot+sharing with oem"]


async def test_a_batch_is_no_larger_than_intake_takes(intake: Intake) -> None:
    many = [sealed(f"a{n}") for n in range(MOST_FIELDS + 1)]
    assert await intake.open(*many) == [f"A{n}" for n in range(MOST_FIELDS + 1)]
    assert [len(batch) for batch in intake.asked] == [MOST_FIELDS, 1]
    intake.asked.clear()
    long = [sealed(letter * (MOST_BYTES // 2)) for letter in "abcde"]
    assert [len(t or "") for t in await intake.open(*long)] == [MOST_BYTES // 2] * 5
    assert [len(batch) for batch in intake.asked] == [2, 2, 1]


async def test_what_is_remembered_is_bounded(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "MOST_KEPT", 3)
    await intake.open(*[sealed(name) for name in "abcde"])
    await intake.open(sealed("c"), sealed("d"), sealed("e"))
    assert len(intake.asked) == 1
    await intake.open(sealed("b"))
    assert len(intake.asked) == 2
    long = sealed("x" * (opener.MOST_BYTES_KEPT + 1))
    await intake.open(long)
    await intake.open(long)
    assert len(intake.asked) == 4


@pytest.mark.parametrize(
    "answer",
    [
        refusing(401),
        refusing(503),
        lambda fields: httpx.Response(200, content=b"not JSON"),
        lambda fields: httpx.Response(200, json={}),
        lambda fields: httpx.Response(200, json=[]),
        lambda fields: httpx.Response(200, json={"texts": None}),
        lambda fields: httpx.Response(200, json={"texts": ["too few"]}),
    ],
)
async def test_what_is_no_answer_opens_nothing(intake: Intake, answer: Answers) -> None:
    intake.answer = answer
    with pytest.raises(Unopened):
        await intake.open(sealed("a"), sealed("b"))


async def test_intake_is_left_alone_for_a_while_after_a_failure(intake: Intake) -> None:
    await intake.open(sealed("known"))
    intake.answer = refusing(503)
    with pytest.raises(Unopened):
        await intake.open(sealed("a"))
    intake.answer = texts
    with pytest.raises(Unopened):
        await intake.open(sealed("a"))
    assert await intake.open(sealed("known")) == ["KNOWN"]
    assert len(intake.asked) == 2
    intake.clock.advance(seconds=REST.total_seconds())
    assert await intake.open(sealed("a")) == ["A"]


async def test_nobody_waits_longer_than_the_time_out(intake: Intake) -> None:
    never = asyncio.Event()

    async def silent(request: httpx.Request) -> httpx.Response:
        await never.wait()
        return httpx.Response(200)

    transport = httpx.MockTransport(silent)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        waiting = IntakeOpener(asking(http), lambda: "token", intake.clock, timeout_s=0.02)
        with pytest.raises(Unopened):
            await waiting.open([sealed("a")], "sharing with dot")


def settings(**more: str) -> DatasyncSettings:
    needed = {"HOTLINE_KAFKA": "k:9092", "HOTLINE_DSN": "postgresql://u:p@h:5432/d"}
    return parse(DatasyncSettings, needed | more)


def test_we_are_to_intake_who_the_settings_say(tmp_path: Path) -> None:
    assert credential(settings()) is None
    known = credential(settings(HOTLINE_SERVICE_TOKEN="hk_secret", HOTLINE_DEV="1"))
    assert known is not None
    assert known() == "hk_secret"
    began, passed = time.time(), 0.0
    made = credential(
        settings(HOTLINE_DEV="1", HOTLINE_RUN_DIR=str(tmp_path)), lambda: began + passed
    )
    assert made is not None
    principal = DevTokens(tmp_path).verify(made())
    assert (principal.name, principal.roles) == ("datasync", frozenset({Role.SERVICE}))
    first, passed = made(), 149.0
    assert made() == first
    passed = 150.0
    assert made() != first, "half of its life is over"
    assert "hk_secret" not in repr(settings(HOTLINE_SERVICE_TOKEN="hk_secret"))
