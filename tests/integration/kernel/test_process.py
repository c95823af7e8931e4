"""A service as a process: asked to stop it ends what it began, and says so."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import services
from hotline.dev.stack import StackInfo
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import TICKETS, topic_of
from services.kernel.tokens import dev_token

MATTER = {
    "channel": "web",
    "kind": "complaint",
    "category": "NYPD/Noise - Residential",
    "area": "BRONX",
    "title": "Loud music",
}
BUCKETS = 24


async def test_asked_to_stop_it_answers_what_it_has_begun(
    stack: StackInfo, namespace: str, tmp_path: Path
) -> None:
    make_senders(tmp_path, city_senders([]))
    city = services(stack, namespace, run_dir=tmp_path, city="nyc", only=("intake",), say=_quiet)
    async with city as running, _client(running.urls["intake"], tmp_path) as http:
        posting = asyncio.create_task(_post_until_refused(http))
        await asyncio.sleep(0.3)
        await running.kill("intake", signal.SIGTERM)
        answers = await posting
        lines = (tmp_path / "logs" / "intake.log").read_text("utf-8").splitlines()
        assert json.loads(lines[-1])["message"] == "stopped"
        assert {answer.status_code for answer in answers} <= {201, 503}
        accepted = {a.json()["ticket"] for a in answers if a.status_code == 201}
        assert accepted
        await running.restart("intake")
        assert accepted <= await _on_the_topic(stack, namespace, accepted)


async def _post_until_refused(http: httpx.AsyncClient) -> list[httpx.Response]:
    """Every answer that came; a request that was never begun is refused or cut at once."""
    answers: list[httpx.Response] = []
    number = 0
    while True:
        number += 1
        try:
            answer = await http.post(
                "/v1/tickets", json=MATTER, headers={"Idempotency-Key": f"m{number}"}
            )
        except (httpx.ConnectError, httpx.ReadError):
            return answers
        answers.append(answer)


async def _on_the_topic(stack: StackInfo, namespace: str, wanted: set[str]) -> set[str]:
    bus = KafkaBus(stack.bootstrap, "test", lambda: datetime.now(UTC))
    places = [(topic_of(namespace, TICKETS), p) for p in range(BUCKETS)]
    reader = await bus.reader(places, from_end=False)
    seen: set[str] = set()
    try:
        async with asyncio.timeout(15):
            while not wanted <= seen:
                seen |= {(r.key or b"").decode() for r in await reader.fetch(500, 0.2)}
    finally:
        await reader.stop()
        await bus.close()
    return seen


def _client(url: str, run_dir: Path) -> httpx.AsyncClient:
    token = dev_token("channel", "web", run_dir=run_dir)
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    return httpx.AsyncClient(base_url=url, timeout=10.0, headers=headers)


def _quiet(_: Any) -> None:
    """Nobody waits for progress."""
