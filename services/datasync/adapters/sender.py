"""The port to departments' endpoints, and the real one: HTTP/1.1 to public addresses only."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import aiohttp

from services.datasync.domain.addresses import Network, refusal

MOST_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint said; `retry_after` is the header as it came, or empty."""

    status: int
    retry_after: str = ""


class SendFailed(Exception):
    """No answer came: the text says why. Whether the message arrived is not known."""


class Sender(Protocol):
    """One POST. Its twin in tests and simulation is a function over the same values."""

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Answer:
        """Raises SendFailed."""


class AddressRefused(OSError):
    """The endpoint leads to an address that nothing may be sent to."""


def _guarded(refuses: Callable[[str], str], address: Any) -> socket.socket:
    """A socket for an address that the name was just resolved to, or that the URL states.

    The socket connects to this address and no other, so a name that changes its mind gains nothing.
    Raises AddressRefused.
    """
    family, kind, protocol, _, place = address
    reason = refuses(str(place[0]))
    if reason:
        raise AddressRefused(reason)
    return socket.socket(family=family, type=kind, proto=protocol)


class HttpSender:
    """Keep-alive connections, no redirects, no proxies, no cookies; answers are cut at 64 KB.

    `allowed` lists networks that count as public for a department's sake (its own, in a city's
    private network). Plain http is for these only. To be made where the loop runs.
    """

    def __init__(self, allowed: Sequence[Network] = (), *, connections: int = 100) -> None:
        self._sessions = {
            scheme: _session(partial(refusal, allowed=allowed, public=public), connections)
            for scheme, public in (("https", True), ("http", False))
        }

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Answer:
        session = self._sessions["https" if url.startswith("https://") else "http"]
        try:
            async with (
                asyncio.timeout(timeout_s),
                session.post(url, headers=headers, data=body, allow_redirects=False) as response,
            ):
                await _drain(response)
                return Answer(response.status, response.headers.getall("Retry-After", [""])[-1])
        except TimeoutError:
            raise SendFailed(f"no answer within {timeout_s:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise SendFailed(f"{type(error.os_error).__name__}: {error.os_error}") from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise SendFailed(f"{type(error).__name__}: {error}") from None

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()


def _session(refuses: Callable[[str], str], connections: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=ssl.create_default_context(),
        resolver=aiohttp.ThreadedResolver(),
        use_dns_cache=False,
        happy_eyeballs_delay=None,
        socket_factory=partial(_guarded, refuses),
        keepalive_timeout=20.0,
        limit=connections,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        skip_auto_headers=("Accept", "Accept-Encoding"),
        auto_decompress=False,
        trust_env=False,
    )


async def _drain(response: aiohttp.ClientResponse) -> None:
    """The connection can be used again once all was read; one that says too much is closed."""
    read = 0
    async for chunk in response.content.iter_any():
        read += len(chunk)
        if read > MOST_ANSWER_BYTES:
            response.close()
            return
