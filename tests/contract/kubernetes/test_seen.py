"""Every alert leads to its chapter, and dashboards are what the code makes of them."""

from __future__ import annotations

import json
import re

from hotline.ops.alerts import ALERTS, RUNBOOK
from hotline.ops.dashboards import DASHBOARDS
from tests.support.images import ROOT
from tests.support.rendered import named, of_kind, rendered, selects


def anchors(text: str) -> set[str]:
    """Of the headings, as they are made where the page is read."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def without_a_chapter(text: str) -> list[str]:
    return [a.name for a in ALERTS if a.runbook not in anchors(text)]


def test_every_alert_has_a_chapter_in_the_runbook() -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    assert without_a_chapter(text) == []
    assert without_a_chapter(text.replace("A ticket is parked", "")) == ["HotlineParked"]


def untold(text: str) -> set[str]:
    """Figures of ours that somebody is shown or woken by, and of which the page says nothing."""
    asked = [alert.expr for alert in ALERTS]
    asked += [expr for d in DASHBOARDS for panel in d.panels for expr, _ in panel.queries]
    names = {name for expr in asked for name in re.findall(r"hotline_\w+", expr)}
    return {re.sub(r"_bucket$", "", name) for name in names} - set(re.findall(r"hotline_\w+", text))


def test_every_figure_is_explained_in_the_page() -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    assert untold(text) == set()
    assert untold(text.replace("hotline_batch_facts", "")) == {"hotline_batch_facts"}


def test_rules_and_dashboards_are_in_the_cluster() -> None:
    resources = rendered("production")
    [group] = named(resources, "PrometheusRule", "hotline")["spec"]["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [a.name for a in ALERTS]
    assert all(rule["annotations"]["runbook"].startswith(RUNBOOK) for rule in group["rules"])
    found = named(resources, "ConfigMap", "hotline-dashboards")["data"]
    assert set(found) == {f"{d.uid}.json" for d in DASHBOARDS}
    for dashboard in DASHBOARDS:
        titles = [p["title"] for p in json.loads(found[f"{dashboard.uid}.json"])["panels"]]
        assert titles == [panel.title for panel in dashboard.panels]


def test_everything_is_asked_for_its_figures() -> None:
    resources = rendered("production")
    monitors = of_kind(resources, "ServiceMonitor")
    services = of_kind(resources, "Service")
    assert services
    for service in services:
        [monitor] = [
            m for m in monitors if selects(m["spec"]["selector"], service["metadata"]["labels"])
        ]
        ports = [port["name"] for port in service["spec"]["ports"]]
        assert monitor["spec"]["endpoints"][0]["port"] in ports
    assert named(resources, "Cluster", "hotline-store")["spec"]["monitoring"]["enablePodMonitor"]


def test_the_brokers_tell_what_alerts_ask_for() -> None:
    kafka = named(rendered("production"), "Kafka", "hotline-kafka")["spec"]["kafka"]
    told = kafka["metricsConfig"]["values"]["allowList"]
    asked = {name for alert in ALERTS for name in re.findall(r"kafka_\w+", alert.expr)}
    assert asked
    assert all(any(re.fullmatch(one, name) for one in told) for name in asked)
