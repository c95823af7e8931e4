"""The opaque cursor of a feed: how far a reader has come in every bucket."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

_FORM = 1
_MOST = 1 << 62


class BadCursor(ValueError):
    """The cursor is not one that this feed gave."""


def encode(reached: Mapping[int, int], buckets: int) -> str:
    """The sequences by bucket, each as a variable-length number, in URL-safe base64."""
    packed = bytearray([_FORM])
    for bucket in range(buckets):
        packed += _packed(reached.get(bucket, 0))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str, buckets: int) -> dict[int, int]:
    """Sequence per bucket; the empty text is the beginning. Raises BadCursor."""
    if not text:
        return dict.fromkeys(range(buckets), 0)
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor("not base64") from None
    if packed[:1] != bytes([_FORM]):
        raise BadCursor("of an unknown form")
    numbers = list(_unpacked(packed[1:]))
    if len(numbers) != buckets:
        raise BadCursor(f"of {len(numbers)} buckets, not {buckets}")
    return dict(enumerate(numbers))


def _packed(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _unpacked(packed: bytes) -> Iterable[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if number > _MOST:
            raise BadCursor("a sequence is too large")
        if not byte & 0x80:
            yield number
            number = shift = 0
    if shift:
        raise BadCursor("cut off")
