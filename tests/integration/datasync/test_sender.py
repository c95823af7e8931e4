"""The real sender against a real HTTP server: what comes back, and where it will not go."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Answer, HttpSender, SendFailed
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.webhook import Endpoint, WebhookDelivery
from services.datasync.domain.addresses import networks
from services.datasync.domain.webhook import secret_bytes
from services.kernel.clock import DatabaseClock
from tests.integration.datasync.stores import ALL_BUCKETS, memory
from tests.unit.datasync.tickets import SHARING, Topic, dispatched, received, replied

LOOPBACK = networks(["127.0.0.0/8"])
SECRET = "whsec_" + base64.b64encode(b"r" * 24).decode()


class Endpoints:
    """A department's server; each path answers in its own way."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.verified = 0
        self.refusals = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/status/{code:int}", self.status, methods=["POST"]),
                Route("/slow", self.slow, methods=["POST"]),
                Route("/drip", self.drip, methods=["POST"]),
                Route("/endless", self.endless, methods=["POST"]),
                Route("/redirect", self.redirect, methods=["POST"]),
                Route("/target", self.target, methods=["POST", "GET"]),
                Route("/hook", self.hook, methods=["POST"]),
            ]
        )

    async def status(self, request: Request) -> Response:
        headers = {"Retry-After": "7"} if request.path_params["code"] == 429 else {}
        return Response(b"", request.path_params["code"], headers)

    async def slow(self, request: Request) -> Response:
        await asyncio.sleep(5.0)
        return Response()

    async def drip(self, request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"."
                await asyncio.sleep(0.1)

        return StreamingResponse(body())

    async def endless(self, request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(10_000):
                yield b"x" * 65_536

        return StreamingResponse(body())

    async def redirect(self, request: Request) -> Response:
        return RedirectResponse("/target", 307)

    async def target(self, request: Request) -> Response:
        self.hits.append("target")
        return Response()

    async def hook(self, request: Request) -> Response:
        """Takes what is signed well; the first two messages are refused."""
        body = await request.body()
        Webhook(SECRET).verify(body, dict(request.headers))
        self.verified += 1
        if self.refusals < 2:
            self.refusals += 1
            return Response(b"", 500)
        self.entries += orjson.loads(body)["data"]["entries"]
        return Response(b"", 202)


@asynccontextmanager
async def serving(endpoints: Endpoints) -> AsyncIterator[str]:
    config = uvicorn.Config(
        endpoints.app(), host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def endpoints() -> Endpoints:
    return Endpoints()


@pytest.fixture
async def base(endpoints: Endpoints) -> AsyncIterator[str]:
    async with serving(endpoints) as url:
        yield url


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    made = HttpSender(LOOPBACK)
    yield made
    await made.close()


async def post(sender: HttpSender, url: str, timeout_s: float = 5.0) -> Answer:
    return await sender.post(url, [("content-type", "application/json")], b"{}", timeout_s)


@pytest.mark.parametrize("status", [200, 204, 400, 404, 410, 500])
async def test_the_status_comes_back(sender: HttpSender, base: str, status: int) -> None:
    assert await post(sender, f"{base}/status/{status}") == Answer(status)


async def test_retry_after_comes_back(sender: HttpSender, base: str) -> None:
    assert await post(sender, f"{base}/status/429") == Answer(429, "7")


@pytest.mark.parametrize("path", ["slow", "drip"])
async def test_an_answer_that_takes_too_long_is_none(
    sender: HttpSender, base: str, path: str
) -> None:
    with pytest.raises(SendFailed, match=r"no answer within 0\.3 s|Timeout"):
        await post(sender, f"{base}/{path}", timeout_s=0.3)


async def test_a_long_answer_is_cut_off(sender: HttpSender, base: str) -> None:
    assert await post(sender, f"{base}/endless") == Answer(200)


async def test_no_redirect_is_followed(sender: HttpSender, base: str, endpoints: Endpoints) -> None:
    assert await post(sender, f"{base}/redirect") == Answer(307)
    assert endpoints.hits == []


async def test_no_proxy_of_the_environment_is_used(
    sender: HttpSender, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await post(sender, f"{base}/status/200") == Answer(200)


async def test_a_port_where_nobody_listens_is_a_failure(sender: HttpSender) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(SendFailed, match="ConnectionRefusedError"):
            await post(sender, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
async def test_a_private_address_is_refused_unless_allowed(base: str, host: str) -> None:
    port = base.rpartition(":")[2]
    strict = HttpSender()
    for scheme in ("http", "https"):
        with pytest.raises(SendFailed, match=r"AddressRefused|not a canonical IPv4 address"):
            await post(strict, f"{scheme}://{host}:{port}/target")
    await strict.close()


async def test_an_address_of_a_v4_mapped_form_goes_where_its_inner_one_may(
    sender: HttpSender, base: str
) -> None:
    port = base.rpartition(":")[2]
    assert await post(sender, f"http://[::ffff:127.0.0.1]:{port}/status/200") == Answer(200)


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """A name server that gives another answer each time it is asked."""
    asked: list[str] = []
    loop = asyncio.get_running_loop()

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    yield asked


async def test_a_name_that_turns_to_a_private_address_is_refused_at_that_attempt(
    monkeypatch: pytest.MonkeyPatch, base: str, endpoints: Endpoints
) -> None:
    """Allowed at first, then 127.0.0.2, which is not: each connection is judged by itself."""
    port = base.rpartition(":")[2]
    sender = HttpSender(networks(["127.0.0.1/32"]))
    with resolving(monkeypatch, "127.0.0.1", "127.0.0.2"):
        url = f"http://hook.example:{port}"
        once = [("connection", "close")]
        assert await sender.post(f"{url}/status/200", once, b"{}", 5.0) == Answer(200)
        with pytest.raises(SendFailed, match=r"127\.0\.0\.2 is not in an allowed network"):
            await post(sender, f"{url}/target")
    await sender.close()
    assert endpoints.hits == []


async def test_plain_http_to_a_public_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, sender: HttpSender
) -> None:
    with (
        resolving(monkeypatch, "93.184.216.34"),
        pytest.raises(SendFailed, match="not in an allowed network"),
    ):
        await post(sender, "http://hook.example/")


@pytest.mark.parametrize("url", ["ftp://hook.example/", "http:///x", "http://exa mple/"])
async def test_what_is_no_web_address_is_a_failure(sender: HttpSender, url: str) -> None:
    with pytest.raises(SendFailed):
        await post(sender, url)


async def test_a_whole_feed_arrives_signed_after_refusals(
    sender: HttpSender, base: str, endpoints: Endpoints
) -> None:
    topic = Topic()
    for message in (received(), dispatched("DOT"), replied()):
        topic.say("A", message)

    async def now() -> datetime:
        return datetime.now(UTC)

    clock = DatabaseClock(now)
    await clock.follow()
    endpoint = Endpoint(f"{base}/hook", (secret_bytes(SECRET),), schedule_s=(0.05, 0.05))
    async with memory() as kept:
        await kept.read(topic.facts)
        delivery = WebhookDelivery(
            "dot",
            endpoint,
            Serving(SHARING),
            kept.feeds,
            sender,
            clock,
            DeliveryMeter(CollectorRegistry()),
        )
        delivery.own(ALL_BUCKETS)
        task = asyncio.create_task(delivery.run())
        async with asyncio.timeout(10.0):
            while len(endpoints.entries) < 3:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert endpoints.verified == 3
    names = [e["type"].rpartition(".")[2] for e in endpoints.entries]
    assert names == ["TicketReceived", "TicketDispatched", "TicketReplied"]
