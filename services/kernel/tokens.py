"""Tokens: JWT of any OpenID Connect issuer, and our own for development."""

from __future__ import annotations

import ipaddress
import logging
import os
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.types import Options

from services.kernel.identity import Principal, Role, principal_of
from services.kernel.issuer import SigningKeys
from services.kernel.problems import Problem

log = logging.getLogger("hotline.security")

SKEW_S = 30

DEV_ISSUER = "hotline-dev"
DEV_KEY_FILE = "dev_key.pem"
_LAST_SECOND = 253_402_300_799  # of the year 9999: what a datetime can hold
# The times are ours to check, against our clock.
_OPTIONS: Options = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


def unauthenticated(detail: str) -> Problem:
    """401: who calls is not proven."""
    return Problem(
        401,
        "not-authenticated",
        "Who calls is not proven.",
        detail,
        headers={"WWW-Authenticate": 'Bearer realm="hotline"'},
    )


# Tokens


class TokenVerifier:
    """Verifies the tokens of one issuer. Times are checked against `now`, with 30 s of skew."""

    def __init__(
        self,
        keys: SigningKeys,
        issuer: str,
        audience: str,
        *,
        roles_claim: str = "roles",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._roles_claim, self._now = roles_claim, now

    async def verify(self, token: str) -> Principal:
        """Raises Problem: 401 with the reason, 503 where the issuer's keys cannot be read."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise unauthenticated("The token is malformed.") from None
        key = await self._keys.get(header.get("kid"))
        # The key says which algorithm; what the token's header says must only agree.
        if key is None or header.get("alg") != key.algorithm_name:
            raise unauthenticated("The token is not signed by a key of its issuer.")
        claims = _verified(token, key, key.algorithm_name, self._issuer, self._audience)
        return _timely(claims, self._now(), self._roles_claim)


def _verified(token: str, key: Any, algorithm: str, issuer: str, audience: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            options=_OPTIONS,
        )
    except (jwt.InvalidIssuerError, jwt.InvalidAudienceError):
        raise unauthenticated("The token is of another issuer or for another audience.") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise unauthenticated("The token is not valid.") from None


def _timely(claims: Mapping[str, Any], now: float, roles_claim: str) -> Principal:
    if _instant(claims, "exp") < now - SKEW_S:
        raise unauthenticated("The token has expired.")
    if "nbf" in claims and _instant(claims, "nbf") > now + SKEW_S:
        raise unauthenticated("The token is not valid yet.")
    try:
        return principal_of(claims, roles_claim)
    except ValueError as error:
        raise unauthenticated(f"The token's claims are not of our form: {error}.") from None


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not known or not 0 <= value <= _LAST_SECOND:
        raise unauthenticated(f"The token's {name} is no time.")
    return float(value)


# Development


def dev_token(
    role: Role | str,
    name: str,
    unit: str | None = None,
    department: str | None = None,
    *,
    run_dir: Path,
    lifetime_s: float = 7 * 86_400.0,
    now: Callable[[], float] = time.time,
) -> str:
    """A token for this machine only, signed by the key in `run_dir`, which is made if missing."""
    ends = now() + lifetime_s
    principal = Principal(name, frozenset({Role(role)}), unit, department, expires_at=ends)
    claims = {**principal.claims(), "iss": DEV_ISSUER, "aud": DEV_ISSUER}
    return jwt.encode(claims, dev_key(run_dir), algorithm="EdDSA", headers={"kid": DEV_ISSUER})


def dev_key(run_dir: Path) -> Ed25519PrivateKey:
    """The development key, readable by its owner only; two processes at once make one."""
    file = run_dir / DEV_KEY_FILE
    if not file.exists():
        run_dir.mkdir(parents=True, exist_ok=True)
        draft = run_dir / f".{DEV_KEY_FILE}.{os.getpid()}"
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        draft.touch(mode=0o600, exist_ok=True)
        draft.chmod(0o600)
        draft.write_bytes(pem)
        try:
            os.link(draft, file)
        except FileExistsError:
            log.debug("another process made the development key first")
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise PermissionError(f"{file} may be read by others: chmod 600 it, or delete it.")
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey), f"{file} holds no Ed25519 key"
    return key


class DevTokens:
    """Accepts development tokens; composed only where HOTLINE_DEV=1."""

    def __init__(self, run_dir: Path, now: Callable[[], float] = time.time) -> None:
        self._public: Ed25519PublicKey = dev_key(run_dir).public_key()
        self._now = now

    def verify(self, token: str) -> Principal:
        """Raises Problem 401."""
        claims = _verified(token, self._public, "EdDSA", DEV_ISSUER, DEV_ISSUER)
        return _timely(claims, self._now(), "roles")


def is_dev_token(token: str) -> bool:
    """Whether it says so itself; whether it is one, `DevTokens` finds out."""
    try:
        return bool(jwt.get_unverified_header(token).get("kid") == DEV_ISSUER)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False


@lru_cache(maxsize=1_024)
def is_loopback(host: str | None) -> bool:
    """Whether a peer address is of this very machine."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
