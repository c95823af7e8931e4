"""Intake asked over real connections: one is kept, nothing is followed, failures are OSErrors."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hotline.dev.ports import LOCALHOST, free_port
from services.datasync.adapters.intake_http import IntakeHttp

HEADERS = {"Authorization": "Bearer token", "Content-Type": "application/json"}


class Intake:
    """Says `status` to everybody, and remembers who asked what over which connection."""

    def __init__(self) -> None:
        self.status, self.asked, self.peers = 200, list[tuple[str, str, bytes]](), set[object]()
        made = web.Application()
        made.router.add_post("/{path:.*}", self._post)
        self.server = TestServer(made, host=LOCALHOST)

    async def _post(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        body = await request.read()
        self.asked.append((request.path, request.headers["authorization"], body))
        return web.Response(
            status=self.status,
            body=b"answer",
            headers={"Location": "/elsewhere", "Set-Cookie": "a=b"},
        )

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    made = Intake()
    async with made.server:
        yield made


async def test_one_connection_is_kept(intake: Intake) -> None:
    ask = IntakeHttp(intake.url, ssl.create_default_context())
    for body in (b"one", b"two"):
        assert await ask(body, HEADERS) == b"answer"
    await ask.close()
    assert intake.asked == [("/v1/personal/open", "Bearer token", b) for b in (b"one", b"two")]
    assert len(intake.peers) == 1


@pytest.mark.parametrize("status", [204, 302, 307, 401, 503])
async def test_what_is_no_200_is_an_error_and_not_followed(intake: Intake, status: int) -> None:
    intake.status = status
    ask = IntakeHttp(intake.url, ssl.create_default_context())
    with pytest.raises(OSError, match=f"intake answered {status}"):
        await ask(b"", HEADERS)
    await ask.close()
    assert len(intake.asked) == 1


async def test_who_is_not_there_or_not_believed_is_an_error(intake: Intake) -> None:
    plain = intake.url.replace("http://", "https://")
    for url, why in ((f"http://{LOCALHOST}:{free_port()}", "Connect call"), (plain, "SSL")):
        ask = IntakeHttp(url, ssl.create_default_context())
        with pytest.raises(OSError, match=why):
            await ask(b"", HEADERS)
        await ask.close()
