"""What nobody should send, on real sockets: each is answered clearly, and nothing is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil
import pytest

from services.kernel.names import schema_of
from tests.e2e.conftest import Town

MATTER: dict[str, Any] = {
    "channel": "web",
    "kind": "complaint",
    "category": "traffic/road",
    "area": "yingzhou",
    "title": "Pothole",
    "description": "Deep, before number 7.",
    "contact": "13800138000",
}
UNKNOWN = "20260316-0999999-1"
MEGABYTE = 1_048_576
KEYS = count(1)


def key() -> str:
    return f"hostile-{next(KEYS)}"


@pytest.fixture
async def written(town: Town) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """How many facts stand in the ledgers of those who take commands."""
    connection = await asyncpg.connect(town.info.dsn)

    async def total() -> int:
        names = [schema_of(town.namespace, name) for name in ("intake", "dispatch", "evaluation")]
        counts = [await connection.fetchval(f"select count(*) from {n}.event") for n in names]
        return sum(counts)

    try:
        yield total
    finally:
        await connection.close()


@pytest.fixture
async def http(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {town.token('supervisor')}"}
    async with httpx.AsyncClient(headers=headers, timeout=30.0) as client:
        yield client


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def changed(**fields: Any) -> bytes:
    return json.dumps(MATTER | fields).encode()


def nested(depth: int) -> bytes:
    return changed(facts=None).replace(b"null", b'{"a":' * depth + b"1" + b"}" * depth)


IMPLAUSIBLE = (422, "stated-due-implausible")
BODIES: list[tuple[str, bytes, tuple[int, str]]] = [
    ("cut off", changed()[:-2], (400, "json-malformed")),
    ("empty", b"", (422, "body-invalid")),
    ("a list", b"[]", (422, "body-invalid")),
    ("invalid UTF-8", changed().replace(b"Pothole", b"\xff\xfe"), (400, "json-malformed")),
    ("unknown field", changed(boss="me"), (422, "body-invalid")),
    ("wrong type", changed(title=7), (422, "body-invalid")),
    ("NUL", changed(title="a\0b"), (422, "unsound")),
    ("lone surrogate", changed().replace(b"Pothole", b"\\ud800"), (422, "body-invalid")),
    ("100 deep", nested(100), (422, "body-invalid")),
    ("100,000 deep", nested(100_000), (400, "json-malformed")),
    ("not a number", changed(latitude="NaN"), (422, "unsound")),
    ("unknown category", changed(category="moon"), (422, "unknown-category")),
    ("unknown area", changed(area="moon"), (422, "unknown-area")),
    ("unknown kind", changed(kind="praise"), (422, "body-invalid")),
    ("a time without a zone", changed(stated_due_at="2026-03-16T12:00:00"), (422, "unsound")),
    *(
        (f"year {year}", changed(stated_due_at=f"{year}-06-01T00:00:00Z"), IMPLAUSIBLE)
        for year in ("0001", "2011", "9999")
    ),
    ("year 0", changed(stated_due_at="0000-01-01T00:00:00Z"), (422, "body-invalid")),
    ("5 MB", changed(description="x" * 5 * MEGABYTE), (413, "body-too-large")),
]


@pytest.mark.parametrize(("body", "expected"), [c[1:] for c in BODIES], ids=[c[0] for c in BODIES])
async def test_a_hostile_body_is_told_what_is_wrong(
    town: Town, http: httpx.AsyncClient, written: Any, body: bytes, expected: tuple[int, str]
) -> None:
    before = await written()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key()}
    url = f"{town.running.urls['intake']}/v1/tickets"
    answer = await http.post(url, content=body, headers=headers)
    assert problem(answer) == expected
    assert await written() == before


async def test_200_megabytes_are_not_kept(
    town: Town, http: httpx.AsyncClient, written: Any
) -> None:
    """With its length stated nothing of it is read; without, what is too much is thrown away."""
    before, process = await written(), psutil.Process(town.running.pid("intake"))
    rss = process.memory_info().rss
    stated = await said(town, "intake", b"Content-Length: 209715200\r\n")
    assert stated.startswith(b"HTTP/1.1 413 ")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * MEGABYTE

    url = f"{town.running.urls['intake']}/v1/tickets"
    headers = {"Content-Type": "application/json", "Idempotency-Key": key()}
    answer = await http.post(url, content=chunks(), headers=headers)
    assert problem(answer) == (413, "body-too-large")
    assert process.memory_info().rss - rss < 50 * MEGABYTE
    assert await written() == before


async def connected(town: Town, service: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(town.running.urls[service])
    return await asyncio.open_connection(place.hostname, place.port)


async def said(town: Town, service: str, headers: bytes, body: bytes = b"") -> bytes:
    """The answer to a request written by hand, as far as it came in 5 s."""
    reader, writer = await connected(town, service)
    token = town.token("supervisor").encode()
    start = b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n"
    always = b"Content-Type: application/json\r\nIdempotency-Key: " + key().encode() + b"\r\n"
    try:
        writer.write(start + always + headers + b"\r\n" + body)
        async with asyncio.timeout(5.0):
            return await reader.read(65_536)
    finally:
        writer.close()


async def test_two_lengths_are_no_request(town: Town, written: Any) -> None:
    """Content-Length beside Transfer-Encoding: the way requests are smuggled past a proxy."""
    before = await written()
    smuggled = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"
    answer = await said(town, "intake", smuggled, b"0\r\n\r\nGET /v1/x HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    twice = b"Content-Length: 2\r\nContent-Length: 400\r\n"
    assert (await said(town, "intake", twice, b"{}")).startswith(b"HTTP/1.1 400 ")
    assert await written() == before


async def test_a_key_means_one_command(town: Town, http: httpx.AsyncClient, written: Any) -> None:
    url, before, same = f"{town.running.urls['intake']}/v1/tickets", await written(), key()
    missing = await http.post(url, json=MATTER)
    assert problem(missing) == (400, "idempotency-key-missing")
    odd = await http.post(url, json=MATTER, headers={"Idempotency-Key": "k" * 201})
    assert problem(odd) == (400, "idempotency-key-malformed")
    assert await written() == before
    first = await http.post(url, json=MATTER, headers={"Idempotency-Key": same})
    again = await http.post(url, json=MATTER, headers={"Idempotency-Key": same})
    other = await http.post(url, json=MATTER | {"title": "X"}, headers={"Idempotency-Key": same})
    assert (first.status_code, again.content) == (201, first.content)
    assert problem(other) == (422, "command-id-reused")


async def test_a_command_on_a_ticket_is_held_to_its_state(
    town: Town, http: httpx.AsyncClient, written: Any
) -> None:
    posted = await http.post(
        f"{town.running.urls['intake']}/v1/tickets",
        json=MATTER,
        headers={"Idempotency-Key": key()},
    )
    ticket, seen = posted.json()["ticket"], posted.headers["Hotline-Position"]
    base = f"{town.running.urls['dispatch']}/v1/tickets"

    async def post(path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Idempotency-Key": key()}
        return await http.post(f"{base}/{path}", json={}, headers=named)

    assert problem(await post(f"{ticket}/approve", Hotline_After=seen))[0] == 409
    before = await written()
    wrong = await post(f"{ticket}/approve")
    assert wrong.json()["rule"], "the answer names the rule"
    assert problem(await post(f"{ticket}/approve", If_Match='"99"')) == (412, "version-mismatch")
    assert problem(await post(f"{ticket}/approve", If_Match="99")) == (400, "if-match-malformed")
    assert problem(await post(f"{UNKNOWN}/approve")) == (404, "unknown-ticket")
    assert problem(await post("a%20b/approve")) == (400, "parameter-invalid")
    ahead = await post(f"{UNKNOWN}/approve", Hotline_After="intake/0/999999999")
    assert problem(ahead) == (503, "unavailable")
    assert ahead.headers["Retry-After"]
    odd = await post(f"{UNKNOWN}/approve", Hotline_After="intake")
    assert problem(odd) == (400, "hotline-after-malformed")
    assert await written() == before


@pytest.mark.parametrize("line", [b"X-%d: " + b"x" * 8_000 + b"\r\n", b"x" * 8_000])
async def test_a_head_without_end_is_cut_off(town: Town, line: bytes) -> None:
    _, writer = await connected(town, "intake")
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ")
    sent = 0
    try:
        while sent < 100 * MEGABYTE:
            writer.write(line)
            await writer.drain()
            sent += len(line)
    except ConnectionError:
        pass
    finally:
        writer.close()
    assert sent < MEGABYTE * 10
