"""What requests say in their headers, and cursors: read whole or refused by name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.http import after, decode_cursor, encode_cursor, if_match
from services.kernel.problems import Problem


async def refused(call: Any, *given: Any) -> str:
    with pytest.raises(Problem) as raised:
        await call(*given)
    assert raised.value.status_code == 400
    return raised.value.type.removeprefix("/problems/")


async def test_a_version_is_an_etag() -> None:
    assert [await if_match(v) for v in (None, "*", '"0"', '"12"')] == [None, None, 0, 12]
    for etag in ("", "3", '""', 'W/"3"', '"-1"', '"3", "4"', '"1e3"', f'"{10**9}"'):
        assert await refused(if_match, etag) == "if-match-malformed"


async def test_positions_to_wait_for_are_read_per_bucket() -> None:
    assert [await after(none) for none in (None, "", " , ")] == [{}, {}, {}]
    found = await after("intake/3/7, intake/3/5,dispatch/0/1")
    assert found == {("intake", 3): 7, ("dispatch", 0): 1}
    for header in ("intake", "intake/3", "intake/x/1", "Intake/3/7", "intake/3/-1", "a/1/2/3"):
        assert await refused(after, header) == "hotline-after-malformed"
    assert await refused(after, f"intake/3/{10**18}") == "hotline-after-malformed"


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values)
def test_a_cursor_comes_back_as_it_went(value: Any) -> None:
    assert decode_cursor(encode_cursor(value)) == value


@given(st.text(max_size=40))
def test_any_other_cursor_is_read_or_refused(text: str) -> None:
    with suppress(Problem):
        decode_cursor(text)


@pytest.mark.parametrize("text", ["", "é", "?", "e30x"])
def test_what_is_no_cursor_is_told_so(text: str) -> None:
    with pytest.raises(Problem) as raised:
        decode_cursor(text)
    assert (raised.value.status_code, raised.value.type) == (400, "/problems/cursor-malformed")
