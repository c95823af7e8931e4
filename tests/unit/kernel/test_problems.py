"""Problems (RFC 9457): a stable type, what was wrong, and never what the caller sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import httpx
import jsonschema
import pytest
from fastapi import FastAPI, Header, Query
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from starlette.exceptions import HTTPException

from services.kernel.bus import BusUnavailable
from services.kernel.decider import Rejection
from services.kernel.http import StrictModel
from services.kernel.problems import (
    MOST_ERRORS,
    SCHEMA,
    Problem,
    install,
    problem_of,
    unavailable,
    unexpected,
)
from tests.support.apps import calling, problem

CANARY = "13800138000-Zhang-San"


class Kind(StrEnum):
    HELP = "help"


class Inner(StrictModel):
    count: int


class Everything(StrictModel):
    """One field of each type that a body may have."""

    kind: Kind
    number: int
    amount: float
    exact: Decimal
    on: date
    at: datetime
    yes: bool
    id: UUID
    short: Annotated[str, Field(max_length=3)]
    coded: Annotated[str, Field(pattern="^[a-z]+$")]
    many: tuple[int, ...]
    inner: Inner
    named: dict[str, int]


class AlreadyClosed(Rejection):
    """The ticket is closed already.

    Only the first line is the message.
    """

    rule = "R24"


class Odd(Rejection):
    """A rule without a number."""

    status = 422


def application() -> FastAPI:
    app = FastAPI(openapi_url=None)
    install(app)

    @app.post("/all")
    async def everything(body: Everything) -> None: ...

    @app.get("/list")
    async def listed(
        limit: Annotated[int, Query(ge=1, le=10)],
        when: Annotated[datetime | None, Header()] = None,
    ) -> None: ...

    @app.get("/closed/{why}")
    async def closed(why: str) -> None:
        raise AlreadyClosed(why)

    @app.get("/raise/{status}")
    async def raised(status: int) -> None:
        raise HTTPException(status, headers={"X-Kept": "yes"})

    @app.get("/bus")
    async def bus() -> None:
        raise BusUnavailable("broker:9092 " + CANARY)

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with calling(application()) as found:
        yield found


# What was sent is not repeated


@pytest.mark.parametrize(
    "value", [CANARY, [CANARY], {"count": CANARY}, {"x": {CANARY: CANARY}}, None, 1.5, "\0"]
)
async def test_a_value_is_never_repeated_whatever_its_type(
    client: httpx.AsyncClient, value: Any
) -> None:
    answer = await client.post("/all", json=dict.fromkeys(Everything.model_fields, value))
    assert problem(answer) == (422, "body-invalid")
    assert answer.json()["errors"]
    stated = [{**error, "pointer": ""} for error in answer.json()["errors"]]
    assert CANARY not in json.dumps({**answer.json(), "errors": stated})


async def test_parameters_are_not_repeated_either(client: httpx.AsyncClient) -> None:
    answer = await client.get("/list", params={"limit": CANARY})
    assert problem(answer) == (400, "parameter-invalid")
    assert answer.json()["errors"][0]["in"] == "query"
    assert CANARY not in answer.text
    header = await client.get("/list", params={"limit": 1}, headers={"when": CANARY})
    assert problem(header) == (400, "when-malformed")
    assert CANARY not in header.text


async def test_a_broken_body_is_shown_by_its_place_only(client: httpx.AsyncClient) -> None:
    content = f'{{"kind": "{CANARY}" {CANARY}'.encode()
    headers = {"content-type": "application/json"}
    answer = await client.post("/all", content=content, headers=headers)
    assert problem(answer) == (400, "json-malformed")
    assert "at character" in answer.json()["detail"]
    assert CANARY not in answer.text


async def test_the_place_is_a_json_pointer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/all", json={"named": {"a/b~c": "x"}, "inner": {"count": "x"}})
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/named/a~1b~0c", "/inner/count", "/kind"} <= pointers


async def test_errors_are_told_up_to_a_number(client: httpx.AsyncClient) -> None:
    names = {f"unknown{n}" * 100: 1 for n in range(100)}
    answer = await client.post("/all", json=names)
    errors = answer.json()["errors"]
    assert len(errors) == MOST_ERRORS
    assert all(len(e["pointer"]) <= 310 for e in errors)


# Rules


async def test_a_broken_rule_is_told_with_its_number(client: httpx.AsyncClient) -> None:
    answer = await client.get("/closed/yesterday")
    assert problem(answer) == (409, "already-closed")
    assert answer.json() == {
        "type": "/problems/already-closed",
        "title": "The ticket is closed already.",
        "status": 409,
        "detail": "The ticket is closed already. (yesterday)",
        "rule": "R24",
    }


def test_a_rule_without_a_number_shows_none() -> None:
    body = json.loads(problem_of(Odd()).body())
    assert body["status"] == 422
    assert "rule" not in body


# Shapes


@pytest.mark.parametrize(
    ("status", "slug"),
    [(400, "bad-request"), (404, "not-found"), (405, "method-not-allowed"), (409, "conflict"),
     (418, "im-a-teapot"), (429, "too-many-requests"), (501, "not-implemented")],
)  # fmt: skip
async def test_any_error_of_the_framework_becomes_a_problem(
    client: httpx.AsyncClient, status: int, slug: str
) -> None:
    answer = await client.get(f"/raise/{status}")
    assert problem(answer) == (status, slug)
    assert answer.headers["x-kept"] == "yes"
    jsonschema.validate(answer.json(), SCHEMA)


async def test_every_problem_fits_the_published_schema(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post("/all", json={}),
        await client.get("/list"),
        await client.get("/closed/x"),
        await client.get("/nowhere"),
        await client.get("/bus"),
    ):
        jsonschema.validate(answer.json(), SCHEMA)
        assert answer.json()["type"].startswith("/problems/")


async def test_a_broker_that_is_down_is_told_without_its_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/bus")
    assert problem(answer) == (503, "unavailable")
    assert "9092" not in answer.text


def test_a_request_that_may_be_sent_again_says_when() -> None:
    assert unavailable("busy", 7).headers == {"Retry-After": "7"}
    assert json.loads(unexpected("abc").body())["trace_id"] == "abc"
    assert "trace_id" not in json.loads(unexpected().body())


@given(
    st.text(st.characters()),
    st.dictionaries(st.text(st.characters(), min_size=1), st.text(st.characters()), max_size=3),
)
def test_a_problem_is_json_whatever_it_repeats(text: str, members: dict[str, str]) -> None:
    body = json.loads(Problem(400, "x", text, text, errors=[members]).body())
    assert (body["status"], body["type"]) == (400, "/problems/x")


def test_extra_members_cannot_change_the_standard_ones() -> None:
    given_members: dict[str, Any] = {"type": "/other", "more": 1}
    body = json.loads(Problem(400, "x", "Wrong.", **given_members).body())
    assert (body["type"], body["more"]) == ("/problems/x", 1)
