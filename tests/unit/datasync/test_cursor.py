"""The opaque cursor of a feed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.datasync.domain.cursor import BadCursor, decode, encode


@given(st.lists(st.integers(0, 1 << 50), min_size=1, max_size=240))
def test_a_cursor_gives_back_every_sequence(sequences: list[int]) -> None:
    reached = dict(enumerate(sequences))
    assert decode(encode(reached, len(sequences)), len(sequences)) == reached


def test_the_empty_cursor_is_the_beginning() -> None:
    assert decode("", 3) == {0: 0, 1: 0, 2: 0}


def test_a_bucket_that_is_not_named_is_at_its_beginning() -> None:
    assert decode(encode({1: 7}, 3), 3) == {0: 0, 1: 7, 2: 0}


@pytest.mark.parametrize(
    "text",
    [
        "!!!",
        "é",
        "A",
        base64.urlsafe_b64encode(b"\x02\x00\x00\x00").decode(),
        base64.urlsafe_b64encode(b"\x01\x00\x00").decode(),
        base64.urlsafe_b64encode(b"\x01\x00\x00\x80").decode(),
        base64.urlsafe_b64encode(b"\x01" + b"\xff" * 20 + b"\x00").decode(),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        decode(text, 3)


@given(st.text(max_size=60))
def test_whatever_is_sent_as_a_cursor_is_read_or_refused(text: str) -> None:
    try:
        assert len(decode(text, 24)) == 24
    except BadCursor:
        assert text
