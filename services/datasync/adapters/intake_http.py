"""Intake, asked over HTTP to open personal fields."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import aiohttp


class IntakeHttp:
    """Kept connections to one intake; no proxies, redirects or cookies: the credential goes there
    and nowhere else. To be made where the loop runs."""

    def __init__(self, url: str, trusted: ssl.SSLContext) -> None:
        self._url = f"{url.rstrip('/')}/v1/personal/open"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            trust_env=False,
        )

    async def __call__(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of the answer. Raises OSError unless it is a 200."""
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise OSError(f"intake answered {response.status}")
                return await response.read()
        except aiohttp.ClientError as error:
            raise OSError(str(error) or type(error).__name__) from None

    async def close(self) -> None:
        await self._session.close()
