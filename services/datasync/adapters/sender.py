"""The port to departments' endpoints, and the real one: HTTP/1.1 to public addresses only."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import httpcore

from services.datasync.domain.addresses import Network, refusal

MOST_ANSWER_BYTES = 64 * 1024
_ADDRESSES_TRIED = 3


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


class AddressRefused(httpcore.ConnectError):
    """The endpoint leads to an address that nothing may be sent to."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves by itself, connects to allowed addresses only, and looks again at the socket.

    The name is resolved for every connection, so a name that changes its mind gains nothing.
    """

    def __init__(self, refuses: Callable[[str], str]) -> None:
        self._refuses, self._inner = refuses, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = AddressRefused(f"{host} has no address")
        for address in await _resolve(host, port):
            reason = self._refuses(address)
            if reason:
                failure = AddressRefused(reason)
                continue
            try:
                stream = await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            reason = self._refuses(_peer(stream))
            if not reason:
                return stream
            await stream.aclose()
            failure = AddressRefused(reason)
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except OSError as error:
        raise httpcore.ConnectError(f"{host}: {error}") from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))[:_ADDRESSES_TRIED]


def _peer(stream: httpcore.AsyncNetworkStream) -> str:
    peer: Any = stream.get_extra_info("server_addr")
    return str(peer[0]) if peer else "unknown"


class HttpSender:
    """Keep-alive connections, no redirects, no proxies, no cookies; answers are cut at 64 KB.

    `allowed` lists networks that count as public for a department's sake (its own, in a city's
    private network). Plain http is for these only.
    """

    def __init__(self, allowed: Sequence[Network] = (), *, connections: int = 100) -> None:
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context() if scheme == "https" else None,
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=20.0,
                retries=0,
                network_backend=GuardedBackend(
                    partial(refusal, allowed=allowed, public=scheme == "https")
                ),
            )
            for scheme in ("https", "http")
        }

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Answer:
        pool = self._pools["https" if url.startswith("https://") else "http"]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        try:
            async with (
                asyncio.timeout(timeout_s),
                pool.stream(
                    "POST", url, headers=list(headers), content=body, extensions={"timeout": limits}
                ) as response,
            ):
                await _drain(response)
                return Answer(response.status, _header(response, b"retry-after"))
        except TimeoutError:
            raise SendFailed(f"no answer within {timeout_s:g} s") from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise SendFailed(f"{type(error).__name__}: {error}") from None
        except (httpcore.UnsupportedProtocol, UnicodeError, OSError) as error:
            raise SendFailed(f"{type(error).__name__}: {error}") from None

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


async def _drain(response: httpcore.Response) -> None:
    read = 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        if read > MOST_ANSWER_BYTES:
            break


def _header(response: httpcore.Response, name: bytes) -> str:
    values = [value for key, value in response.headers if key.lower() == name]
    return values[-1].decode("latin-1") if values else ""
