"""Dashboards for Grafana, made by code: six screens, by the golden signals and our promises."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_J = 'job=~"hotline-.+"'
WORK = 'route=~"/v1.*"'  # not probes, which answer 503 while a process starts
_SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: `queries` are (PromQL, legend); `unit` is Grafana's word for it."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`uid` is also the file's name."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def _rate(metric: str, by: str, labels: str = _J) -> str:
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def _quantile(q: float, metric: str, labels: str) -> str:
    """Where nothing was measured there is no line: NaN is kept by no comparison."""
    rate = f"rate({metric}_bucket{{{labels}}}[$__rate_interval])"
    return f"histogram_quantile({q}, sum by (job, le) ({rate})) >= 0"


def _quantiles(metric: str, labels: str = _J) -> tuple[tuple[str, str], ...]:
    found = ((_quantile(q, metric, labels), int(q * 100)) for q in (0.5, 0.99))
    return tuple((query, f"{{{{job}}}} p{percent}") for query, percent in found)


def refused(labels: str, interval: str) -> str:
    """Answered 503, by a route or, because too much was under way, before there was one."""
    answered = f'rate(hotline_http_requests_total{{{labels}, {WORK}, status="503"}}[{interval}])'
    at_once = f"rate(hotline_http_requests_refused_total{{{labels}}}[{interval}])"
    return f"sum by (job) ({answered} or {at_once})"


def _one(query: str, legend: str) -> tuple[tuple[str, str], ...]:
    return ((query, legend),)


DASHBOARDS = (
    Dashboard("hotline-loop", "Hotline: the loop", (
        Panel("Requests", "reqps", _one(
            _rate("hotline_http_requests_total", "job, status", f"{_J}, {WORK}"),
            "{{job}} {{status}}")),
        Panel("Time to answer", "s", _quantiles("hotline_http_request_seconds", f"{_J}, {WORK}")),
        Panel("Requests refused (503)", "reqps", _one(
            refused(_J, "$__rate_interval"), "{{job}}")),
        Panel("Requests under way", "short", _one(
            f"sum by (job) (hotline_http_requests_in_flight{{{_J}}})", "{{job}}")),
        Panel("Commands answered", "ops", _one(
            _rate("hotline_commands_total", "job, way, status"), "{{job}} {{way}} {{status}}")),
        Panel("Facts by type", "ops", _one(
            f"topk(12, {_rate('hotline_facts_appended_total', 'type')})", "{{type}}")),
        Panel("Event loop lag", "s", _quantiles("hotline_event_loop_lag_seconds")),
        Panel("CPU", "percentunit", _one(
            _rate("process_cpu_seconds_total", "job, instance"), "{{job}} {{instance}}")),
        Panel("Memory", "bytes", _one(
            f"process_resident_memory_bytes{{{_J}}}", "{{job}} {{instance}}")),
    )),
    Dashboard("hotline-ledger", "Hotline: ledger and log", (
        Panel("Facts appended", "ops", _one(
            _rate("hotline_facts_appended_total", "job"), "{{job}}")),
        Panel("Facts applied", "ops", _one(_rate("hotline_facts_applied_total", "job"), "{{job}}")),
        Panel("Durable append of commands by HTTP", "s", _quantiles("hotline_append_seconds")),
        Panel("Commands per append", "short", _quantiles("hotline_append_commands")),
        Panel("Facts per batch", "short", _quantiles("hotline_batch_facts")),
        Panel("Relay: not yet read back", "short", _one(
            f"sum by (job) (hotline_relay_lag_facts{{{_J}}})", "{{job}}")),
        Panel("Inbox: records to read", "short", _one(
            f"sum by (job) (hotline_inbox_lag_records{{{_J}}})", "{{job}}")),
        Panel("Buckets owned", "short", _one(
            f"sum by (job, instance) (hotline_owned_buckets{{{_J}}})", "{{job}} {{instance}}")),
        Panel("Ledger healed", "short", _one(
            f"min by (job) (hotline_ledger_healed{{{_J}}})", "{{job}}")),
        Panel("Conflicts", "ops", _one(
            _rate("hotline_append_conflicts_total", "job"), "{{job}}")),
        Panel("Records dropped", "ops", _one(
            _rate("hotline_records_dropped_total", "job, position"), "{{job}} {{position}}")),
        Panel("Tickets parked", "short", _one(
            f"max by (job) (hotline_parked_tickets{{{_J}}})", "{{job}}")),
    )),
    Dashboard("hotline-acceptance", "Hotline: acceptance and calls", (
        Panel("Decisions", "ops", _one(
            _rate("hotline_acceptance_decisions_total", "decision"), "{{decision}}")),
        Panel("Decided by rule", "ops", _one(
            f"topk(12, {_rate('hotline_acceptance_decisions_total', 'rule')})", "{{rule}}")),
        Panel("Calls", "percentunit", (
            ("max(hotline_calls_connected_ratio) >= 0", "connected, of all"),
            ("max(hotline_calls_connected_wanted_ratio)", "the city's standard"),
            ("max(hotline_calls_in_time_ratio) >= 0", "in time, of those answered"))),
        Panel("Missed calls to call back", "short", _one(
            "max(hotline_missed_calls_waiting)", "waiting")),
        Panel("Diversions that no line acknowledged in time", "short", _one(
            "max(hotline_diversions_unacknowledged)", "unacknowledged")),
        Panel("Applications for an extension about to lapse", "short", _one(
            "max(hotline_extensions_unanswered)", "unanswered")),
        Panel("Articles whose upkeep is late", "short", _one(
            "max(hotline_articles_overdue)", "overdue")),
    )),
    Dashboard("hotline-push", "Hotline: push to departments", (
        Panel("Entries delivered", "ops", _one(
            _rate("hotline_feed_delivered_total", "way"), "{{way}}")),
        Panel("Entries that wait", "short", _one(
            "sum by (way) (max by (subscription, way) (hotline_feed_lag_entries))", "{{way}}")),
        Panel("Webhook messages not taken", "ops", _one(
            _rate("hotline_webhook_failed_total", "subscription") + " or 0 * "
            + _rate("hotline_feed_delivered_total", "subscription"), "{{subscription}}")),
        Panel("Endpoints that stopped (410)", "short", _one(
            "max(hotline_webhook_stopped)", "stopped")),
    )),
    Dashboard("hotline-departments", "Hotline: each department", (
        Panel("Entries delivered", "ops", _one(
            _rate("hotline_feed_delivered_total", "subscription, way"),
            "{{subscription}} {{way}}")),
        Panel("Entries that wait", "short", _one(
            "max by (subscription, way) (hotline_feed_lag_entries)", "{{subscription}} {{way}}")),
        Panel("Tickets whose webhook is tried again", "short", _one(
            "max by (subscription) (hotline_webhook_waiting_tickets) or 0 * "
            "max by (subscription) (hotline_feed_lag_entries)", "{{subscription}}")),
    )),
    Dashboard("hotline-deadlines", "Hotline: deadlines", (
        Panel("Clocks that run", "short", _one(
            'max by (timer) (hotline_timers_open{job="hotline-deadline"})', "{{timer}}")),
        Panel("Overdue and not decided", "short", _one(
            'max(hotline_timers_overdue{job="hotline-deadline"})', "overdue")),
        Panel("Age of the promises", "s", _one(
            f"max by (job) (hotline_watermark_age_seconds{{{_J}}})", "{{job}}")),
        Panel("Lateness of timers", "s", _quantiles(
            "hotline_timer_lateness_seconds", 'job="hotline-deadline"')),
        Panel("Clock facts", "ops", _one(
            _rate("hotline_facts_appended_total", "type", 'job="hotline-deadline"'), "{{type}}")),
    )),
)  # fmt: skip


def content(dashboard: Dashboard) -> str:
    """The JSON that Grafana imports; two panels in a row."""
    return json.dumps(
        {
            "uid": dashboard.uid,
            "title": dashboard.title,
            "tags": ["hotline"],
            "schemaVersion": 39,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "templating": {
                "list": [{"name": "source", "type": "datasource", "query": "prometheus"}]
            },
            "panels": [_panel(n, panel) for n, panel in enumerate(dashboard.panels)],
        },
        indent=1,
    )


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + n),
                "datasource": _SOURCE,
                "expr": expr,
                "legendFormat": legend,
            }
            for n, (expr, legend) in enumerate(panel.queries)
        ],
    }
