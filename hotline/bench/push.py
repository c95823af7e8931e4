"""From the arrival of a matter to the department that has it, by topic and by webhook.

Matters come over HTTP at a steady rate; the clock runs from the time that the acceptance states,
so that its own append and answer are in it, to the moment the department's end has read it.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from hotline.bench.figures import medians, noise_percent, quantiles_ms
from hotline.bench.posting import Posting, posting
from hotline.bench.receiver import receiver
from hotline.bench.site import CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import spent, usage
from hotline.cli.cities import departments
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.dev.failure import StackFailure
from hotline.dev.ports import LOCALHOST, free_port
from services.kernel.bus import Reader
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import department_of, topic_of

CONNECTIONS = 64
PARTITIONS = 6
WARM_UP_S = 3.0
STALL_S = 20.0
ACCEPTED = "hotline.intake.v1.TicketAccepted"
WEBHOOKS = ("dohmh", "dot", "nypd", "oem")


@dataclass
class Arrived:
    """Seconds on the way of each acceptance, by the first arrival of each ticket at each end."""

    topic: dict[str, float] = field(default_factory=dict)
    webhook: dict[str, float] = field(default_factory=dict)

    def by_topic(self, entry: FeedEntry, now: float) -> None:
        if entry.type == ACCEPTED:
            sent = entry.time.seconds + entry.time.nanos / 1e9
            self.topic.setdefault(f"{entry.subscription}/{entry.ticket_id}", now - sent)

    def by_webhook(self, body: bytes) -> None:
        now = time.time()
        data = orjson.loads(body)["data"]
        for entry in data["entries"]:
            if entry["type"] == ACCEPTED:
                sent = datetime.fromisoformat(entry["time"]).timestamp()
                self.webhook.setdefault(f"{data['subscription']}/{entry['ticket_id']}", now - sent)


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """p50 and p99 of both ways."""
    arrived, port = Arrived(), free_port()
    folder = Path(".run") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"webhooks-{port}.yaml"
    file.write_text(_endpoints(port))
    env = {"HOTLINE_WEBHOOKS": str(file.resolve()), "HOTLINE_WEBHOOK_ALLOW": f"{LOCALHOST}/32"}
    try:
        async with (
            receiver(port, arrived.by_webhook),
            site(say, env_of={"datasync": env}) as place,
            _listening(place, arrived),
            posting(place, options.clients or CONNECTIONS) as channel,
        ):
            return await _rounds(options, place, channel, arrived)
    finally:
        file.unlink()


def _endpoints(port: int) -> str:
    secret = "whsec_" + base64.b64encode(b"the bench listens to itself only").decode()
    url = f"http://{LOCALHOST}:{port}/"
    endpoint = {"url": url, "secrets": [secret], "rate": 100_000}
    return yaml.safe_dump({"endpoints": dict.fromkeys(WEBHOOKS, endpoint)})


async def _rounds(
    options: Options, place: Site, channel: Posting, arrived: Arrived
) -> dict[str, Any]:
    await _round(place, channel, arrived, WARM_UP_S, options.rate)
    rounds = [
        await _round(place, channel, arrived, options.seconds, options.rate)
        for _ in range(options.rounds)
    ]
    noise = noise_percent([r["topic"]["p50_ms"] for r in rounds])
    return {**medians(rounds), "rate_per_s": options.rate, "noise_percent": noise}


async def _round(
    place: Site, channel: Posting, arrived: Arrived, seconds: float, rate: float
) -> dict[str, Any]:
    arrived.topic.clear()
    arrived.webhook.clear()
    before = usage(place.pids)
    answered = await channel.paced(rate, seconds)
    await _all_there(arrived.topic, len(answered))
    after = usage(place.pids)
    return {
        "topic": _shown(arrived.topic),
        "webhook": _shown(arrived.webhook),
        "answered": quantiles_ms(answered),
        "cpu_us_per_matter": {
            name: seconds * 1e6 / len(answered) for name, seconds in spent(before, after).items()
        },
        "rss_mb": {name: found.rss_mb for name, found in after.items()},
    }


def _shown(found: Mapping[str, float]) -> dict[str, float]:
    return {**quantiles_ms(list(found.values())), "arrivals": len(found)}


async def _all_there(found: Mapping[str, float], count: int) -> None:
    """Every acceptance has a lead department. Raises StackFailure when one does not come."""
    give_up = time.monotonic() + STALL_S
    while len(found) < count:
        if time.monotonic() > give_up:
            raise StackFailure(f"{count - len(found)} of {count} acceptances reached nobody.")
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)  # what comes by webhook, and for those who are only interested


@asynccontextmanager
async def _listening(place: Site, arrived: Arrived) -> AsyncIterator[None]:
    """All departments' own consumers in one."""
    bus = KafkaBus(place.info.bootstrap, "bench", lambda: datetime.now(UTC))
    topics = [topic_of(NAMESPACE, department_of(name)) for name in departments(CITY)]
    places = [(topic, p) for topic in topics for p in range(PARTITIONS)]
    reader = await bus.reader(places, from_end=False)
    task = asyncio.create_task(_listen(reader, arrived))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await reader.stop()
        await bus.close()


async def _listen(reader: Reader, arrived: Arrived) -> None:
    while True:
        records: Sequence[Any] = await reader.fetch(2_000, 0.2)
        now = time.time()
        for record in records:
            arrived.by_topic(FeedEntry.FromString(record.value or b""), now)
