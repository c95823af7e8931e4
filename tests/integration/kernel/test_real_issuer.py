"""Tokens of an OpenID Connect issuer that we did not write: signed by Authlib, read over HTTP."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from authlib.oidc.core.grants.util import generate_id_token
from joserfc import jwt as jose
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from services.kernel.identity import Role
from services.kernel.issuer import SigningKeys, jwks_over_http
from services.kernel.problems import Problem
from services.kernel.tokens import SKEW_S, TokenVerifier
from tests.support.issuer import web

AUDIENCE = "hotline"
CLAIMS = {"sub": "clerk", "realm_access": {"roles": ["staff", "offline_access"]}}
# The name EdDSA gave way to Ed25519 (RFC 9864); issuers still use it, and PyJWT knows no other.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
ALGORITHMS = ("RS256", "ES256", "EdDSA")


def key(algorithm: str, key_id: str) -> Any:
    options: Any = {"use": "sig", "alg": algorithm, "kid": key_id}
    match algorithm:
        case "RS256":
            return RSAKey.generate_key(2048, options)
        case "ES256":
            return ECKey.generate_key("P-256", options)
        case _:
            return OKPKey.generate_key("Ed25519", options)


class Issuer:
    """Its pages change when its keys do; `later_s` moves the clock of whoever verifies."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, bytes]] = {}
        self.url, self.later_s = "", 0.0
        self.verifier: Any = None

    def publish(self, *keys: Any) -> None:
        published = KeySet(list(keys)).as_dict(private=False)
        self.pages["/keys"] = (200, orjson.dumps(published))

    def token(self, signing: Any, **changes: Any) -> str:
        given = {"iss": self.url, "aud": [AUDIENCE], "exp": 600, **changes}
        made: str = generate_id_token(
            {}, dict(CLAIMS), key=signing, iss=given["iss"], aud=given["aud"],
            alg=signing.get("alg"), exp=given["exp"], kid=signing.kid,
        )  # fmt: skip
        return made

    async def refused(self, token: str) -> str:
        with pytest.raises(Problem) as raised:
            await self.verifier.verify(token)
        assert raised.value.status_code == 401
        return raised.value.detail


@asynccontextmanager
async def running() -> AsyncIterator[Issuer]:
    made = Issuer()
    async with web(made.pages) as url:
        made.url = url
        document = {"issuer": url, "jwks_uri": f"{url}/keys"}
        made.pages["/.well-known/openid-configuration"] = (200, orjson.dumps(document))
        keys = SigningKeys(jwks_over_http(url), now=lambda: time.monotonic() + made.later_s)
        made.verifier = TokenVerifier(
            keys, url, AUDIENCE, roles_claim="realm_access.roles",
            now=lambda: time.time() + made.later_s,
        )  # fmt: skip
        yield made


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with running() as made:
        yield made


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_its_tokens_prove_their_callers(issuer: Issuer, algorithm: str) -> None:
    signing = key(algorithm, "one")
    issuer.publish(signing)
    found = await issuer.verifier.verify(issuer.token(signing))
    assert (found.name, found.roles) == ("clerk", {Role.STAFF})


async def test_its_keys_rotate_without_a_gap_and_the_old_one_ends(issuer: Issuer) -> None:
    old, new = key("RS256", "old"), key("ES256", "new")
    issuer.publish(old)
    token = issuer.token(old)
    await issuer.verifier.verify(token)
    issuer.publish(old, new)
    issuer.later_s = 11.0  # one read per ten seconds, whatever callers send
    await issuer.verifier.verify(issuer.token(new))
    await issuer.verifier.verify(token)
    issuer.publish(new)
    issuer.later_s += 301.0
    assert "not signed by a key of its issuer" in await issuer.refused(token)
    await issuer.verifier.verify(issuer.token(new, exp=900))


async def test_what_is_for_others_or_too_old_is_refused(issuer: Issuer) -> None:
    signing = key("EdDSA", "one")
    issuer.publish(signing)
    for changes in ({"aud": ["other"]}, {"iss": "https://other.example"}):
        assert "another" in await issuer.refused(issuer.token(signing, **changes))
    token = issuer.token(signing, exp=60)
    issuer.later_s = 60.0 + SKEW_S - 2
    await issuer.verifier.verify(token)
    issuer.later_s = 60.0 + SKEW_S + 2
    assert "expired" in await issuer.refused(token)


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS512", "PS256"])
async def test_the_algorithm_is_the_keys_and_no_token_chooses_it(
    issuer: Issuer, algorithm: str
) -> None:
    """RFC 8725, 3.1: a public key is no shared secret, and `none` is no signature."""
    signing = key("RS256", "one")
    issuer.publish(signing)
    claims = {**CLAIMS, "iss": issuer.url, "aud": AUDIENCE, "exp": int(time.time()) + 60}
    header = {"alg": algorithm, "kid": "one"}
    if algorithm in ("HS256", "none"):  # the library will not sign so
        text = f"{_unpadded(orjson.dumps(header))}.{_unpadded(orjson.dumps(claims))}"
        secret = signing.as_pem(private=False) if algorithm == "HS256" else b""
        mac = hmac.digest(secret, text.encode(), "sha256") if secret else b""
        token = f"{text}.{_unpadded(mac)}"
    else:
        same = RSAKey.import_key(signing.as_pem(private=True))
        token = jose.encode(header, claims, same, [algorithm])
    assert "not signed by a key of its issuer" in await issuer.refused(token)


def _unpadded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
