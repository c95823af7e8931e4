"""Tokens: only what the issuer signed, for us, now, with claims of our form."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.identity import Principal, Role
from services.kernel.issuer import SigningKeys
from services.kernel.problems import Problem
from services.kernel.tokens import (
    DEV_ISSUER,
    SKEW_S,
    DevTokens,
    TokenVerifier,
    dev_key,
    dev_token,
    is_dev_token,
    is_loopback,
)
from tests.support.issuer import AUDIENCE, ISSUER, NOW, Issuer, claims, elliptic, rsa

ISSUING = Issuer()
ISSUING.keys |= {"rsa": rsa(), "ec": elliptic()}
RAW = {"encoding": Encoding.PEM, "format": PublicFormat.SubjectPublicKeyInfo}


async def verified(token: str, roles_claim: str = "roles", now: float = NOW) -> Principal:
    keys = SigningKeys(ISSUING.fetch)
    verifier = TokenVerifier(keys, ISSUER, AUDIENCE, roles_claim=roles_claim, now=lambda: now)
    return await verifier.verify(token)


async def refused(token: str, now: float = NOW) -> str:
    with pytest.raises(Problem) as raised:
        await verified(token, now=now)
    assert raised.value.status_code == 401
    assert raised.value.headers == {"WWW-Authenticate": 'Bearer realm="hotline"'}
    return raised.value.detail


@pytest.mark.parametrize("key_id", ["one", "rsa", "ec"])
async def test_a_token_of_the_issuer_proves_its_caller(key_id: str) -> None:
    found = await verified(ISSUING.token(key_id, unit="DOT", roles=["unit"]))
    assert found == Principal("clerk", frozenset({Role.UNIT}), unit="DOT", expires_at=NOW + 600)


# When


async def test_a_token_ends_with_its_skew() -> None:
    token = ISSUING.token(exp=NOW)
    await verified(token, now=NOW + SKEW_S)
    assert "expired" in await refused(token, now=NOW + SKEW_S + 1)


async def test_a_token_begins_with_its_skew() -> None:
    token = ISSUING.token(nbf=NOW)
    await verified(token, now=NOW - SKEW_S)
    assert "not valid yet" in await refused(token, now=NOW - SKEW_S - 1)


@pytest.mark.parametrize("instant", ["soon", "1e9", True, [], {}, float("inf"), -1, 10**400])
@pytest.mark.parametrize("name", ["exp", "nbf"])
async def test_a_time_that_is_none_is_refused(name: str, instant: Any) -> None:
    assert await refused(raw({"alg": "EdDSA", "kid": "one"}, claims(**{name: instant})))


# By whom, for whom


async def test_the_token_of_another_issuer_is_refused() -> None:
    assert "another issuer" in await refused(ISSUING.token(iss="https://id.example.org"))
    assert "another issuer" in await refused(ISSUING.token(aud="another"))
    await verified(ISSUING.token(aud=["another", AUDIENCE]))


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "sub"])
async def test_a_token_without_a_claim_that_we_need_is_refused(missing: str) -> None:
    await refused(ISSUING.token(**{missing: None}))


async def test_a_key_that_the_issuer_does_not_publish_is_refused() -> None:
    stranger = Ed25519PrivateKey.generate()
    await refused(ISSUING.token("unknown", stranger))
    await refused(ISSUING.token("one", stranger))


async def test_without_a_key_id_several_keys_are_not_tried() -> None:
    await refused(ISSUING.token(None))


# What the header says is not believed


def raw(header: Any, content: Any, key: Any = None) -> str:
    """A token with any header, signed with the key `one` unless a secret is given."""
    signed = f"{_part(header)}.{_part(content)}"
    if isinstance(key, bytes):
        signature = hmac.digest(key, signed.encode(), hashlib.sha256)
    else:
        signature = ISSUING.keys["one"].sign(signed.encode())
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
async def test_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    unsigned = f"{_part({'alg': algorithm, 'kid': 'one'})}.{_part(claims())}."
    await refused(unsigned)
    await refused(raw({"alg": algorithm, "kid": "one"}, claims()))


@pytest.mark.parametrize("key_id", ["one", "rsa", "ec"])
async def test_a_public_key_is_no_shared_secret(key_id: str) -> None:
    public = ISSUING.keys[key_id].public_key().public_bytes(**RAW)
    await refused(raw({"alg": "HS256", "kid": key_id}, claims(), public))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "RS384", "PS256", "HS256", 5, None, []])
async def test_the_algorithm_is_that_of_the_key(algorithm: Any) -> None:
    await refused(raw({"alg": algorithm, "kid": "one"}, claims()))


async def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64encode(own.public_key().public_bytes_raw()).rstrip(b"=").decode()
    brought = {"kty": "OKP", "crv": "Ed25519", "x": public}
    headers = {"jwk": brought, "jku": "https://evil.example/keys", "kid": "one"}
    await refused(jwt.encode(claims(), own, algorithm="EdDSA", headers=headers))


# Of what form

TOKEN = ISSUING.token()


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", TOKEN[:-4], TOKEN + "A" * 9, "[" * 9_999]
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    await refused(token)


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_changed_part_is_refused(part: int) -> None:
    parts = TOKEN.split(".")
    parts[part] = parts[part][:-2] + ("AA" if parts[part][-2:] != "AA" else "BB")
    await refused(".".join(parts))


@pytest.mark.parametrize("header", [{"alg": "EdDSA", "kid": 5}, {"kid": "one"}, [], "x", None])
async def test_a_header_of_another_form_is_refused(header: Any) -> None:
    await refused(raw(header, claims()))


@pytest.mark.parametrize("deep", ["[" * 50_000, '{"a":' * 50_000])
async def test_a_token_of_deeply_nested_json_is_refused(deep: str) -> None:
    part = base64.urlsafe_b64encode(deep.encode()).rstrip(b"=").decode()
    await refused(f"{part}.{part}.AAAA")


@pytest.mark.parametrize(
    "odd",
    [
        {"sub": 7},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": "a\nb"},
        {"roles": {"staff": True}},
        {"roles": 5},
        {"unit": ["DOT"]},
        {"unit": ""},
        {"department": 3},
        {"ticket": "a\0b"},
    ],
)
async def test_claims_of_another_form_are_refused(odd: dict[str, Any]) -> None:
    await refused(ISSUING.token(**odd))


async def test_roles_that_we_do_not_know_are_left_out() -> None:
    assert (await verified(ISSUING.token(roles=["god", "unit", 7, None]))).roles == {Role.UNIT}
    assert (await verified(ISSUING.token(roles=None))).roles == frozenset()
    assert (await verified(ISSUING.token(roles="staff"))).roles == {Role.STAFF}


async def test_roles_may_stand_deeper() -> None:
    token = ISSUING.token(roles=None, realm_access={"roles": ["supervisor"]})
    assert (await verified(token, "realm_access.roles")).roles == {Role.SUPERVISOR}
    assert (await verified(token, "realm_access.none.roles")).roles == frozenset()


@given(st.text(max_size=300))
def test_no_text_is_a_development_token(text: str) -> None:
    assert not is_dev_token(text)


# Development


def test_a_development_token_proves_role_and_unit(tmp_path: Path) -> None:
    token = dev_token("unit", "dot", "DOT", run_dir=tmp_path, now=lambda: NOW, lifetime_s=60)
    found = DevTokens(tmp_path, lambda: NOW).verify(token)
    assert found == Principal("dot", frozenset({Role.UNIT}), "DOT", expires_at=NOW + 60)
    with pytest.raises(Problem):
        DevTokens(tmp_path, lambda: NOW + 60 + SKEW_S + 1).verify(token)


def test_a_development_token_of_another_folder_is_refused(tmp_path: Path) -> None:
    token = dev_token("staff", "x", run_dir=tmp_path / "one")
    with pytest.raises(Problem):
        DevTokens(tmp_path / "two").verify(token)


async def test_the_issuers_key_makes_no_development_token_and_ours_none_of_the_issuer(
    tmp_path: Path,
) -> None:
    issued = ISSUING.token("one", iss=DEV_ISSUER, aud=DEV_ISSUER)
    with pytest.raises(Problem):
        DevTokens(tmp_path, lambda: NOW).verify(issued)
    own = jwt.encode(claims(), dev_key(tmp_path), algorithm="EdDSA", headers={"kid": "one"})
    await refused(own)


def test_the_development_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first, second = dev_key(tmp_path / "run"), dev_key(tmp_path / "run")
    assert first.private_bytes_raw() == second.private_bytes_raw()
    (file,) = (tmp_path / "run").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    os.chmod(file, 0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        dev_key(tmp_path / "run")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "localhost", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0", "::", "fe80::1%lo"]
)
def test_any_other_place_is_not(host: str | None) -> None:
    assert not is_loopback(host)
