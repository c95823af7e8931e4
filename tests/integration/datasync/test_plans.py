"""Nothing gets slower because the history is long: no lookup may read a whole table."""

from __future__ import annotations

import re
from importlib import resources

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from tests.integration.datasync.stores import postgres

LOOKUPS = ["summaries", "facts", "feed_heads", "entries", "ticket_entries", "heads"]


@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_plan_made_on_empty_tables_uses_their_indexes(
    stack: StackInfo, namespace: str, name: str
) -> None:
    """A statement is planned once, often before the first rows come, and the plan stays."""
    file = resources.files("services.datasync") / "adapters" / "queries.sql"
    sql = named(file, schema_of(namespace, "datasync"), vault_of(namespace, "datasync"))
    async with postgres(stack.dsn, namespace):
        connection = await asyncpg.connect(stack.dsn)
        try:
            await connection.execute("set plan_cache_mode = force_generic_plan")
            await connection.execute(f"prepare lookup as {sql[name]}")
            nulls = ", ".join(["null"] * len(set(re.findall(r"\$\d+", sql[name]))))
            rows = await connection.fetch(f"explain execute lookup ({nulls})")
        finally:
            await connection.close()
    plan = "\n".join(row[0] for row in rows)
    for table in ("fact", "feed", "ticket"):
        assert f"Seq Scan on {table} " not in plan, plan
    assert "Index" in plan
