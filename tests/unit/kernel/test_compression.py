"""What we send is compressed at lz4's fast level, as long as the client lets us say so."""

from __future__ import annotations

import inspect

from aiokafka.codec import lz4_decode, lz4_encode

import services.kernel.bus_kafka  # noqa: F401 - it sets the level


def test_the_level_is_the_fast_one() -> None:
    assert inspect.signature(lz4_encode).parameters["level"].default == 1
    text = b"hotline.intake.v1.TicketReceived " * 100
    packed = lz4_encode(text)
    assert len(packed) < len(text) / 5
    assert lz4_decode(packed) == text
