"""Matters accepted over HTTP, durable, under all rules: one process of intake and its relay.

At full load every connection sends the next matter as soon as the last one is answered. At half
of what that gave, matters are sent on time whether or not the earlier ones are answered. Before
one in ten the channel searches the knowledge base for its title (R5), which counts as part of the
answer. With `--similar` each is compared with earlier ones (R16), with `--tickets` the store holds
so many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from hotline.bench.client import Connection
from hotline.bench.figures import medians, noise_percent, quantiles_ms
from hotline.bench.posting import Posting, posting
from hotline.bench.preloaded import preload
from hotline.bench.rules import decision_us
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import Usage, spent, usage
from hotline.dev.failure import StackFailure
from services.intake.adapters.registry import load
from services.kernel.tokens import dev_token

SAMPLE = "sample"  # the city that compares matters (R16) and has articles (R5)
CONNECTIONS = 64
WARM_UP_S = 3.0
SEARCHED = 0.1


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Accepted per second, CPU µs per fact, and latency at full and at half load."""
    connections = options.clients or CONNECTIONS
    name = SAMPLE if options.similar else CITY
    city = load(name)
    async with site(say, only=("intake",), city=name) as place:
        await preload(place.info.dsn, NAMESPACE, BUCKETS, city, options.tickets, say)
        await _publish_articles(place)
        other = city if options.similar else None
        async with posting(place, connections, other, SEARCHED) as channel:
            await channel.full(WARM_UP_S)
            rounds = [await _round(place, channel, options.seconds) for _ in range(options.rounds)]
        if not channel.hits:
            raise StackFailure("No search found an article.")
    noise = noise_percent([r["accepted_per_s"] for r in rounds])
    return {
        **medians(rounds),
        "noise_percent": noise,
        "connections": connections,
        "earlier_tickets": options.tickets,
        "compared": city.same is not None,
        "searched": SEARCHED,
        "search_hits": round(channel.hits / channel.searches, 2),
        "rule_set_us": round(decision_us(city.rules, options.seconds), 1),
    }


async def _publish_articles(place: Site) -> None:
    """One on each category of the rows whose titles are searched for."""
    [like, *_] = load(SAMPLE).documents["articles"]["articles"]
    articles = [
        {**like, "id": f"KB-{n}", "question": {"zh": name, "en": f"What is done about {name}?"}}
        for n, name in enumerate(load(CITY).catalogue.categories.values())
    ]
    token = dev_token("administrator", "bench", run_dir=place.root)
    connection = Connection(place.urls["intake"], token)
    body = orjson.dumps({"document": {"articles": articles}, "source": "bench"})
    status, answer = await connection.post("/v1/registry/articles", "articles", body)
    await connection.close()
    if status != 201:
        raise StackFailure(f"The articles were not published: {status} {answer[:300].decode()}")


async def _round(place: Site, channel: Posting, seconds: float) -> dict[str, Any]:
    before = usage(place.pids)
    took, latencies = await channel.full(seconds)
    after = usage(place.pids)
    rate = len(latencies) / took
    half = await channel.paced(rate / 2, seconds)
    return {
        "accepted_per_s": rate,
        **_costs(before, after, 2 * len(latencies)),
        **quantiles_ms(latencies),
        "half_load": quantiles_ms(half),
        "rss_mb": {name: found.rss_mb for name, found in after.items()},
    }


def _costs(before: Mapping[str, Usage], after: Mapping[str, Usage], facts: int) -> dict[str, Any]:
    each = {name: 1e6 * cpu / max(1, facts) for name, cpu in spent(before, after).items()}
    return {"cpu_us_per_fact": sum(each.values()), "cpu_us_per_fact_of": each}
