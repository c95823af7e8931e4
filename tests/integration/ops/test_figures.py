"""What a running city tells Prometheus: every panel shows something, and nothing grows."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from click.testing import CliRunner
from PIL import Image
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from hotline.ops import draw
from hotline.ops.alerts import ALERTS, groups
from hotline.ops.dashboards import DASHBOARDS, Panel
from hotline.programs import PROGRAMS
from tests.integration.ops.conftest import City
from tests.support.prometheus import Server, needs_prometheus, prometheus, until

pytestmark = pytest.mark.asyncio(loop_scope="package")

LABELS = {
    "type", "position", "way", "decision", "rule", "status", "method", "route", "subscription",
    "timer", "le",
    "generation", "implementation", "major", "minor", "patchlevel", "version",
}  # fmt: skip
UNITS = ("seconds", "bytes", "total", "facts", "records", "entries", "tickets", "commands", "ratio")
PLAIN = {
    "hotline_http_requests_in_flight", "hotline_owned_buckets", "hotline_timers_open",
    "hotline_timers_overdue", "hotline_commands_unanswered", "hotline_webhook_stopped",
    "hotline_buckets_forked", "hotline_missed_calls_waiting", "hotline_articles_overdue",
    "hotline_diversions_unacknowledged", "hotline_extensions_unanswered",
    "hotline_ledger_healed",
}  # fmt: skip
LATENESS = 'sum(rate(hotline_timer_lateness_seconds_count{job="hotline-deadline"}[30s]))'
MOST_SERIES, MOST_BYTES = 1_500, 150_000


async def families(city: City, name: str) -> list[Metric]:
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"{city.place.urls[name]}/metrics")).text
    return list(text_string_to_metric_families(text))


@pytest.mark.parametrize("name", PROGRAMS)
async def test_names_are_by_the_conventions_and_labels_are_known(city: City, name: str) -> None:
    found = await families(city, name)
    assert found
    for family in found:
        if not family.name.startswith("hotline_"):
            continue
        named, kind = family.name, family.type
        assert re.fullmatch(r"hotline_[a-z0-9_]+", named)
        assert named in PLAIN or kind == "counter" or named.rpartition("_")[2] in UNITS, named
        assert family.documentation.endswith("."), named
        labels = {label for sample in family.samples for label in sample.labels}
        assert labels <= LABELS, named


@pytest.mark.parametrize("name", PROGRAMS)
async def test_what_callers_send_makes_no_series(city: City, name: str) -> None:
    async def hurt(http: httpx.AsyncClient, n: int) -> None:
        await http.request(f"VERB{n}", f"/v1/tickets/t{n}")
        await http.get(f"/v1/nowhere/{n}", headers={"traceparent": f"{n}"})

    async with httpx.AsyncClient(base_url=city.place.urls[name], trust_env=False) as http:
        for n in range(3):
            await hurt(http, n)
        before = await series(city, name)
        for n in range(40):
            await hurt(http, n)
    after = await series(city, name)
    assert after == before
    assert after < MOST_SERIES


async def series(city: City, name: str) -> int:
    return sum(len(f.samples) for f in await families(city, name))


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def server(city: City, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A Prometheus that has seen the city at work for some seconds."""
    root: Path = tmp_path_factory.mktemp("prometheus")
    async with prometheus(root, city.place.urls, groups()) as found:
        await city.post(1, call={"waited_s": 5, "operator": "operator-7"})

        async def told() -> bool:
            await city.post(1)
            await city.submit(due_in_s=1.0)
            delivered = await found.query("sum(rate(hotline_feed_delivered_total[30s])) > 0")
            lag = await found.query("max by (way) (hotline_feed_lag_entries)")
            seen_twice = await found.query("sum_over_time(up[30s]) >= 2")  # a rate needs two
            called = await found.query("max(hotline_calls_in_time_ratio) > 0")
            late = await found.query(f"{LATENESS} > 0")
            return bool(delivered and lag and called and late) and len(seen_twice) == len(PROGRAMS)

        await until(told, 60.0)
        yield found


@needs_prometheus
@pytest.mark.parametrize(
    "panel", [pytest.param(p, id=f"{d.uid}: {p.title}") for d in DASHBOARDS for p in d.panels]
)
async def test_every_panel_shows_something(server: Server, panel: Panel) -> None:
    for expr, legend in panel.queries:
        found = await server.query(expr.replace("$__rate_interval", "30s"))
        assert found, f"{panel.title}: {expr}"
        labels = set(re.findall(r"{{(\w+)}}", legend))
        assert all(labels <= one["metric"].keys() for one in found), legend
        assert not any(math.isnan(float(one["value"][1])) for one in found), panel.title


@needs_prometheus
async def test_every_dashboard_is_drawn(server: Server, tmp_path: Path) -> None:
    words = [server.url, str(tmp_path), "--minutes", "1", "--rate", "10s"]
    done = await asyncio.to_thread(CliRunner().invoke, draw.main, words)
    assert done.exit_code == 0, done.output
    for dashboard in DASHBOARDS:
        file = tmp_path / f"{dashboard.uid}.png"
        assert f"{file}\n" in done.output, "and no panel of it is empty"
        with Image.open(file) as picture:
            colors = picture.convert("RGB").getcolors(256)
            assert picture.size[0] > 900
        assert len(colors or ()) > 10, "lines in their colours"
        assert file.stat().st_size < MOST_BYTES


@needs_prometheus
async def test_a_query_that_is_none_is_not_drawn(server: Server) -> None:
    broken = {"title": "x", "unit": "s", "targets": [{"expr": "sum(", "legendFormat": ""}]}
    with pytest.raises(ValueError, match="parse error"):
        await asyncio.to_thread(
            draw.draw, {"title": "x", "panels": [broken]}, server.url, 1.0, "10s"
        )


@needs_prometheus
async def test_the_rules_are_evaluated_and_a_healthy_city_is_quiet(server: Server) -> None:
    async def evaluated() -> bool:
        [group] = (await server.get("rules"))["groups"]
        return all(rule["health"] == "ok" for rule in group["rules"])

    await until(evaluated, 20.0)
    [group] = (await server.get("rules"))["groups"]
    assert [rule["name"] for rule in group["rules"]] == [alert.name for alert in ALERTS]
    assert [r["name"] for r in group["rules"] if r["state"] == "firing"] == []


@needs_prometheus
async def test_lags_come_down_to_nothing(server: Server, city: City) -> None:
    assert len(await city.post(1)) == 1

    async def caught_up() -> bool:
        lag = "sum(hotline_relay_lag_facts) + sum(hotline_inbox_lag_records)"
        buckets = "sum by (job) (hotline_owned_buckets) == 24"
        [behind] = await server.query(lag)
        return behind["value"][1] == "0" and len(await server.query(buckets)) == 5

    await until(caught_up, 20.0)
    [clocks] = await server.query('max(hotline_timers_open{timer="resolve"})')
    assert int(clocks["value"][1]) > 0
