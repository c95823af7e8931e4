"""A city that runs, for all tests of what operators do: six programs on the stack of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hotline.cli.running import Running, write_running
from hotline.dev.senders import city_senders, make_senders, signer
from hotline.dev.services import Services, services
from hotline.dev.stack import StackInfo
from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.intake.v1.events_pb2 import KIND_COMPLAINT, URGENCY_NORMAL
from hotline.programs import PROGRAMS
from services.kernel.bus_kafka import KafkaBus
from services.kernel.tokens import dev_token
from tests.support.collector import Collector, collector
from tests.support.stack import new_namespace

MATTER: dict[str, Any] = {
    "channel": "web",
    "kind": "complaint",
    "category": "NYPD/Noise - Residential",
    "area": "BRONX",
    "title": "Loud music",
}


@dataclass
class City:
    """Where it is, and how to bring work in."""

    place: Running
    programs: Services
    numbers: Any

    async def post(
        self, matters: int, contact: str = "", call: dict[str, Any] | None = None, **more: str
    ) -> list[str]:
        """Tickets of new matters, by the web or by a `call`; `more` headers."""
        matter = MATTER | ({"contact": contact} if contact else {})
        if call is not None:
            matter |= {"channel": "phone", "call": call}
        token = dev_token("channel", "web", run_dir=self.place.run_dir)
        url = self.place.urls["intake"]
        async with httpx.AsyncClient(base_url=url, timeout=10.0, trust_env=False) as http:
            found = []
            for _ in range(matters):
                key = f"m{next(self.numbers)}"
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **more}
                answer = await http.post("/v1/tickets", json=matter, headers=headers)
                assert answer.status_code == 201, answer.text
                found.append(answer.json()["ticket"])
            return found

    async def submit(self, due_in_s: float) -> None:
        """A matter by Kafka, whose agency has stated when it is due."""
        here, now = self.place, datetime.now(UTC)
        words = {name: MATTER[name] for name in ("category", "area", "title")}
        key = f"m{next(self.numbers)}"
        matter = SubmitMatter(
            channel="internet",
            external_id=key,
            kind=KIND_COMPLAINT,
            urgency=URGENCY_NORMAL,
            **words,
        )
        matter.stated_due_at.FromDatetime(now + timedelta(seconds=due_in_s))
        channel = signer(here.run_dir, "channel", here.namespace, here.buckets)
        bus = KafkaBus(here.kafka, "channel", lambda: datetime.now(UTC))
        try:
            await bus.publish([channel.submission(key, matter, key, now)])
        finally:
            await bus.close()

    def env(self) -> dict[str, str]:
        """As an operator has it set."""
        place = self.place
        return {
            "HOTLINE_KAFKA": place.kafka,
            "HOTLINE_DSN": place.dsn,
            "HOTLINE_NAMESPACE": place.namespace,
            "HOTLINE_CITY": place.city,
        }


@pytest.fixture(scope="package")
def spans() -> Iterator[Collector]:
    """Where all of them send what a caller samples."""
    with collector() as made:
        yield made


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def city(
    stack: StackInfo, tmp_path_factory: pytest.TempPathFactory, spans: Collector
) -> AsyncIterator[City]:
    """With all six programs, ready."""
    run_dir: Path = tmp_path_factory.mktemp("city")
    namespace = new_namespace()
    make_senders(run_dir, city_senders([]))
    env = {"HOTLINE_OTLP_ENDPOINT": spans.url, "HOTLINE_TRACE_SHARE": "0"}
    async with services(
        stack, namespace, run_dir=run_dir, city="nyc", only=PROGRAMS, env=env, say=lambda _: None
    ) as programs:
        place = Running(stack.bootstrap, stack.dsn, namespace, "nyc", 24, programs.urls, run_dir)
        write_running(place)
        yield City(place, programs, count(1))
