"""Personal data: sealed with the person's own key before it reaches ledger or topic (§6).

A fact carries a random person id and sealed bytes. The key lives in a vault, wrapped by a master
key; destroying it makes every copy of the bytes unreadable, wherever they went.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import Cipher

KEY_BYTES = 32
_NONCE_BYTES = 12
_SEALED, _WRAPPED = b"\x01", b"\x01"
_KEY_ID_BYTES = 8


class Unreadable(ValueError):
    """The bytes are damaged, or sealed for another ticket, field or person."""


class UnknownMasterKey(LookupError):
    """The key was wrapped by a master key that this process was not given."""


def new_key() -> bytes:
    """256 random bits."""
    return os.urandom(KEY_BYTES)


# Fields


class FieldCipher(Cipher):
    """Seals one field of one ticket with its person's key: AES-256-GCM, ticket and field as
    additional data, so that sealed bytes open with this key and at this place only.

    It is the cipher hook of the `eventsourcing` library: its mapper takes it as it is.
    """

    def __init__(self, key: bytes, ticket: str, field: str) -> None:
        """Raises ValueError for a key that has not KEY_BYTES."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a person's key has {KEY_BYTES} bytes")
        self._key, self._place = key, _context(ticket, field)

    def seal(self, text: str) -> bytes:
        """The text as a fact carries it: sealed, or empty as it is."""
        return self.encrypt(text.encode()) if text else b""

    def encrypt(self, plaintext: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _SEALED + nonce + AESGCM(self._key).encrypt(nonce, plaintext, self._place)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """The plaintext. Raises Unreadable."""
        return _decrypt(self._key, ciphertext, _SEALED, self._place)


def _context(*parts: str) -> bytes:
    context = b""
    for part in parts:
        encoded = part.encode()
        context += len(encoded).to_bytes(4, "big") + encoded
    return context


def _decrypt(key: bytes, data: bytes, form: bytes, context: bytes) -> bytes:
    start = len(form)
    if data[:start] != form or len(data) < start + _NONCE_BYTES + 16:
        raise Unreadable("not sealed bytes of a known form")
    nonce, content = data[start : start + _NONCE_BYTES], data[start + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, content, context)
    except InvalidTag:
        raise Unreadable("damaged, or sealed for another place") from None


# Keys


class MasterKeys:
    """Wraps person keys; the first key wraps, all unwrap, so that it can rotate."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"master keys must be {KEY_BYTES} bytes each, at least one")
        self._keys = {_key_id(key): key for key in keys}
        self._current = _key_id(keys[0])

    def wrap(self, person: str, key: bytes) -> bytes:
        """What may be stored: it opens only for this person."""
        form, nonce = _WRAPPED + self._current, os.urandom(_NONCE_BYTES)
        master = AESGCM(self._keys[self._current])
        return form + nonce + master.encrypt(nonce, key, _context("person-key", person))

    def unwrap(self, person: str, wrapped: bytes) -> bytes:
        """The person's key. Raises UnknownMasterKey, Unreadable."""
        form = wrapped[: len(_WRAPPED) + _KEY_ID_BYTES]
        master = self._keys.get(form[len(_WRAPPED) :])
        if master is None:
            raise UnknownMasterKey("wrapped by a master key that is not among ours")
        return _decrypt(master, wrapped, form, _context("person-key", person))

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the newest master key wrapped it; if not, unwrap and wrap again."""
        start = len(_WRAPPED)
        return wrapped[start : start + _KEY_ID_BYTES] == self._current


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"hotline-master-key\0" + key).digest()[:_KEY_ID_BYTES]


# Blind index


def blind_index(index_key: bytes, contact: str, country_code: str = "86") -> bytes:
    """32 bytes, the same for every way to write a contact: finds a person, tells nothing."""
    assert len(index_key) == KEY_BYTES, "the index key has 32 bytes"
    normal = normalise_contact(contact, country_code)
    return hmac.digest(index_key, b"contact\0" + normal.encode(), "sha256")


def normalise_contact(contact: str, country_code: str = "86") -> str:
    """`phone:+8613800138000`, `mail:a@b.cn` or `other:…`: equal for equal contacts."""
    text = " ".join(unicodedata.normalize("NFKC", contact).casefold().split())
    if "@" in text:
        return f"mail:{text.replace(' ', '').removeprefix('mailto:')}"
    number = re.sub(r"[\s().\-‐-―/]", "", text.removeprefix("tel:"))
    if not re.fullmatch(r"\+?[0-9]{3,20}", number):
        return f"other:{text}"
    if number.startswith("00"):
        number = f"+{number[2:]}"
    own, rest = f"+{country_code}", number.removeprefix(country_code)
    if rest != number and len(rest) in (10, 11):
        number = f"{own}{rest}"
    if number.startswith("+") and not number.startswith(own):
        return f"phone:{number}"
    return f"phone:{own}{number.removeprefix(own).lstrip('0')}"
