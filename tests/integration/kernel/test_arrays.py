"""What arrays are written from: the library takes our word for what is an array itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.kernel.pool_pg import connect

NOW = datetime(2026, 3, 9, tzinfo=UTC)


async def test_lists_and_tuples_are_arrays_and_what_stands_in_them_is_not(
    stack: StackInfo,
) -> None:
    pool = await connect(stack.dsn, "public")
    try:
        sent: list[Sequence[Any]] = [["", "中", None], (b"", b"\0x"), [NOW, None], [1, 2]]
        sent += [[[1, 2], [3, 4]], []]
        query = "select $1::text[], $2::bytea[], $3::timestamptz[], $4::int[], $5::int[], $6::int[]"
        assert [*await pool.fetchrow(query, *sent)] == [[*each] for each in sent]
        for other in ({1}, {1: 2}, "1"):
            with pytest.raises(asyncpg.DataError, match="a sized iterable container expected"):
                await pool.fetchval("select $1::int[]", other)
    finally:
        await pool.close()
