"""An OpenID Connect issuer for tests: signs tokens, publishes keys, can be down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import (
    generate_private_key as generate_rsa,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from services.kernel.issuer import JwksUnavailable

ISSUER, AUDIENCE = "https://id.example.org/city", "hotline"
NOW = 1_770_000_000.0


def rsa(bits: int = 2048) -> RSAPrivateKey:
    return generate_rsa(65_537, bits)


def jwk(key: Any, key_id: str | None, **more: Any) -> dict[str, Any]:
    """The public half as it stands in a JWKS."""
    algorithm: Any = OKPAlgorithm
    if isinstance(key, RSAPrivateKey):
        algorithm = RSAAlgorithm
    elif not isinstance(key, Ed25519PrivateKey):
        algorithm = ECAlgorithm
    found = json.loads(algorithm.to_jwk(key.public_key()))
    return {**found, **({} if key_id is None else {"kid": key_id}), **more}


def claims(**more: Any) -> dict[str, Any]:
    """Those of a valid token; None leaves one out."""
    given = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "clerk",
        "roles": ["staff"],
        "exp": NOW + 600,
        **more,
    }
    return {k: v for k, v in given.items() if v is not None}


class Issuer:
    """One Ed25519 key by the id `one` at first."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"one": Ed25519PrivateKey.generate()}
        self.down, self.reads = False, 0

    async def fetch(self) -> Mapping[str, Any]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise JwksUnavailable("down")
        return {"keys": [jwk(key, name) for name, key in self.keys.items()]}

    def token(self, key_id: str | None = "one", key: Any = None, **more: Any) -> str:
        """Signed by the key of that id, or by any other under its name."""
        signing = key or self.keys[key_id or "one"]
        algorithm = "EdDSA"
        if isinstance(signing, RSAPrivateKey):
            algorithm = "RS256"
        elif not isinstance(signing, Ed25519PrivateKey):
            algorithm = "ES256"
        headers = {} if key_id is None else {"kid": key_id}
        return jwt.encode(claims(**more), signing, algorithm=algorithm, headers=headers)


def elliptic() -> Any:
    return generate_private_key(SECP256R1())


@asynccontextmanager
async def web(pages: Mapping[str, tuple[int, bytes]]) -> AsyncIterator[str]:
    """An HTTP server on loopback with these pages; yields its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        status, body = pages.get(request.split()[1].decode(), (404, b""))
        head = f"HTTP/1.1 {status} X\r\nLocation: /\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
