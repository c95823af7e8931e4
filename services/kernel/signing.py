"""Ed25519 signatures of what comes by Kafka: commands and submissions (design: on the wire).

Signed is what a reader acts on: topic, key, type, command id, time and body, and the headers that
say how the body is read and whom an importer acts for; each with its length before it, so that no
two records have the same signed bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

SIGNATURE = "signature"
KEY_ID = "signaturekeyid"
IMPORT_HEADERS = ("ce_actingfor", "ce_importid", "ce_importtime")
SIGNED_HEADERS = ("content-type", *IMPORT_HEADERS)
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


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers, as it stands in the record: `time` is `ce_time` (RFC 3339), `topic`
    has no namespace, `headers` are those of SIGNED_HEADERS that the record has."""

    topic: str
    key: bytes
    type: str
    command_id: str
    time: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes that are signed, strings in UTF-8."""
        parts = [_DOMAIN, self.topic.encode(), self.key, self.type.encode()]
        parts += [self.command_id.encode(), self.time.encode(), self.body]
        for name, value in sorted(self.headers.items()):
            parts += [name.encode(), value.encode()]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def sign(private_key: SigningKey, record: Signed) -> str:
    """The value of the header `signature`: base64."""
    return base64.b64encode(private_key.sign(record.content()).signature).decode()


def verify(
    public_keys: Mapping[str, VerifyKey],
    record: Signed,
    *,
    signature: str,
    key_id: str,
    received_at: datetime,
) -> None:
    """Quiet when one of the sender's keys signed this record around `received_at` (the broker's
    append time). Raises SignatureError."""
    if not signature or not key_id:
        raise SignatureMissing("The record carries no signature or no signaturekeyid.")
    public_key = public_keys.get(key_id)
    if public_key is None:
        raise UnknownKey(f"No public key {key_id[:80]!r} is known of this sender.")
    try:
        public_key.verify(record.content(), base64.b64decode(signature, validate=True))
    except (CryptoError, ValueError):
        raise BadSignature("The signature does not fit the record.") from None
    _require_fresh(record.time, received_at)


def _require_fresh(time: str, received_at: datetime) -> None:
    try:
        stated = datetime.fromisoformat(time)
    except ValueError:
        raise StaleSignature("The signed time is not RFC 3339.") from None
    if stated.tzinfo is None:
        raise StaleSignature("The signed time has no zone.")
    if abs(stated - received_at) > TOLERANCE:
        raise StaleSignature(f"The signed time is over {TOLERANCE} away from the broker's.")
