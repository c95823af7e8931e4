"""Ed25519 signatures of what comes by Kafka: commands and submissions (design: on the wire).

Signed is what a reader acts on: topic, key, type, command id, time and body, and any further
headers, each with its length before it, so that no two records have the same signed bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

SIGNATURE = "signature"
KEY_ID = "signaturekeyid"
TOLERANCE = timedelta(minutes=5)
_DOMAIN = b"hotline-signature-v1"


class SignatureError(Exception):
    """The record's sender is not proven; the text says why and may be told to the sender."""

    slug = "bad-signature"


class SignatureMissing(SignatureError):
    """No signature, or no key id beside it."""

    slug = "missing-signature"


class UnknownKey(SignatureError):
    """The sender has no public key of that id."""

    slug = "unknown-key"


class BadSignature(SignatureError):
    """The signature is not of this record by this key."""


class StaleSignature(SignatureError):
    """The signed time is not within five minutes of the broker's."""

    slug = "stale-signature"


def signed_bytes(
    topic: str,
    key: bytes,
    type: str,  # noqa: A002
    command_id: str,
    time: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes that are signed; all strings as they stand in the record, in UTF-8."""
    parts = [_DOMAIN, topic.encode(), key, type.encode(), command_id.encode(), time.encode(), body]
    for name, value in sorted((headers or {}).items()):
        parts += [name.encode(), value.encode()]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def sign(
    private_key: Ed25519PrivateKey,
    topic: str,
    key: bytes,
    type: str,  # noqa: A002
    command_id: str,
    time: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> str:
    """The value of the header `signature`: base64. `time` is RFC 3339, as in `ce_time`."""
    content = signed_bytes(topic, key, type, command_id, time, body, headers)
    return base64.b64encode(private_key.sign(content)).decode()


def verify(
    public_keys: Mapping[str, VerifyKey],
    *,
    topic: str,
    key: bytes,
    type: str,  # noqa: A002
    command_id: str,
    time: str,
    body: bytes,
    signature: str,
    key_id: str,
    received_at: datetime,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Quiet when one of the sender's keys signed this record around `received_at` (the broker's
    append time). Raises SignatureError. `headers`: those that the sender must have signed too."""
    if not signature or not key_id:
        raise SignatureMissing("The record carries no signature or no signaturekeyid.")
    public_key = public_keys.get(key_id)
    if public_key is None:
        raise UnknownKey(f"No public key {key_id[:80]!r} is known of this sender.")
    try:
        content = signed_bytes(topic, key, type, command_id, time, body, headers)
        public_key.verify(content, base64.b64decode(signature, validate=True))
    except (CryptoError, ValueError):
        raise BadSignature("The signature does not fit the record.") from None
    _require_fresh(time, received_at)


def _require_fresh(time: str, received_at: datetime) -> None:
    try:
        stated = datetime.fromisoformat(time)
    except ValueError:
        raise StaleSignature("The signed time is not RFC 3339.") from None
    if stated.tzinfo is None:
        raise StaleSignature("The signed time has no zone.")
    if abs(stated - received_at) > TOLERANCE:
        raise StaleSignature(f"The signed time is over {TOLERANCE} away from the broker's.")
