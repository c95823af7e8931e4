"""Connections to the store of record."""

from __future__ import annotations

from typing import Any

import asyncpg
from asyncpg.protocol import protocol

# For each element of an array the library asks whether it is an array itself, by abstract classes,
# which takes as long as writing it. Ours are lists and tuples.
protocol.IterableABC = protocol.SizedABC = (list, tuple)
protocol.MappingABC = dict


async def _nothing_to_reset(_connection: Any) -> None:
    """Our statements leave no session state behind; the library's reset is a round trip."""


async def connect(dsn: str, schema: str, *, size: int = 8) -> asyncpg.Pool:
    """A pool whose connections are durable and never wait long for a bucket."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=2,
        max_size=size,
        timeout=10.0,
        command_timeout=None,
        max_inactive_connection_lifetime=300.0,
        reset=_nothing_to_reset,
        server_settings={
            "search_path": schema,
            "application_name": schema,
            "synchronous_commit": "on",
            "lock_timeout": "1000",
            "idle_in_transaction_session_timeout": "1000",
            "jit": "off",
            # Every statement looks its rows up by index. A plan is made once, perhaps while a table
            # is still empty, and must be right when it holds a hundred million rows.
            "plan_cache_mode": "force_generic_plan",
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            # A row is dear: reading all of a table that has one page yet never looks cheaper than
            # to look up the few that are asked for.
            "cpu_tuple_cost": "1",
            "cpu_index_tuple_cost": "1",
        },
    )
    assert pool is not None
    return pool
