"""An import that cannot go on says why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from hotline.history.importer import City, Importer, ImportStalled, plan
from hotline.history.nyc import read_rows


class Silent:
    """A log on which nothing comes."""

    async def fetch(self, limit: int, timeout_s: float) -> list[Any]:
        for _ in range(20):
            await asyncio.sleep(0)
        return []


async def test_a_matter_that_intake_refuses_ends_the_import_with_its_reason() -> None:
    nobody: Any = None
    city = City(nobody, nobody, "http://intake", "token", "", 24, "old")
    journeys = plan(read_rows()[:1], datetime.now(UTC))
    importer = Importer(city, journeys, lambda progress: None)
    refuses = httpx.MockTransport(lambda request: httpx.Response(422, text="no such category"))
    reader: Any = Silent()
    async with httpx.AsyncClient(transport=refuses, base_url=city.intake_url) as http:
        with pytest.raises(ImportStalled, match="422 no such category"):
            await importer._journeys(reader, http)
