"""docs/operations.md: what it says of manifests, routes, sizes and itself is so."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from hotline.ops.kafka_users import channel_user, department_user, unit_user
from hotline.ops.manifests import PREFIX
from services.kernel.names import replies_of
from tests.integration.ops.test_runbook import SPANS, TEXT
from tests.support.images import ROOT
from tests.support.rendered import (
    FOLDER,
    OVERLAYS,
    labels_of,
    named,
    of_kind,
    rendered,
    selects,
    workloads,
)


def test_what_kubectl_is_told_is_there() -> None:
    kubectl = [span for span in SPANS if span.startswith("kubectl ")]
    assert len(kubectl) >= 8
    names = {
        f"{kind.lower()}/{r['metadata']['name']}"
        for kind in ("StatefulSet", "Job")
        for r in of_kind(rendered("production"), kind)
    }
    for span in kubectl:
        for kind, found in re.findall(r"(statefulset|job)[/ ]((?:hotline-\w+ ?)+)", span):
            assert {f"{kind}/{name}" for name in found.split()} <= names, span
        for pod in re.findall(r"exec (\S+)-0 ", span):
            assert f"statefulset/{pod}" in names, span
        for folder, overlay in re.findall(r"k8s/(\w+)/(\w+)", span):
            assert overlay in OVERLAYS
            assert (FOLDER / folder / overlay / "kustomization.yaml").is_file()
        for name in re.findall(r"cluster[/ ](hotline-\w+)", span):
            assert named(rendered("production"), "Cluster", name)


def test_routes_of_the_page_are_routes() -> None:
    roles = (ROOT / "docs" / "roles.md").read_text("utf-8")
    known = {re.sub(r"{\w+}", "*", one) for one in re.findall(r"(?:GET|POST) /v1/\S+", roles)}
    spans = [span for span in SPANS if re.match("(GET|POST) /v1", span)]
    told = {re.sub(r"\b[A-Z]{4,}\b(?!\s)", "*", span) for span in spans}
    assert told
    assert told <= known


def test_every_part_that_can_be_lost_is_told_of() -> None:
    """What is lost, what happens, what to do: no field is empty."""
    [chapter] = [c for c in TEXT.split("\n## ") if c.startswith("When a component is lost")]
    rows = [row.split("|")[1:-1] for row in re.findall(r"^\| .*$", chapter, re.MULTILINE)]
    rows = [[field.strip() for field in row] for row in rows if len(row) == 3]
    lost = [row[0] for row in rows]
    assert {
        "a broker of three", "all of the store", "store and brokers together", "the ingress",
        "the object store of the back-ups", "the live windows",
    } <= set(lost)  # fmt: skip
    assert [row for row in rows if not all(row)] == []


def test_namespaces_are_those_that_the_manifests_name() -> None:
    text = yaml.safe_dump_all(rendered("production"))
    expected = set(re.findall(r"kubernetes.io/metadata.name: (\S+)", text)) - {"kube-system"}
    [paragraph] = [p for p in TEXT.split("\n\n") if "the network policies expect" in p]
    assert expected <= set(re.findall(r"`([\w-]+)`", paragraph))
    assert all(address in TEXT for address in re.findall(r"serverAddress: http://(\S+)", text))


def test_what_a_department_is_told_is_what_the_manifests_make() -> None:
    resources = rendered("production")
    [chapter] = [c for c in TEXT.split("\n## ") if c.startswith("Add a department")]
    [kafka] = of_kind(resources, "Kafka")
    listener = kafka["spec"]["kafka"]["listeners"][1]
    service = f"{kafka['metadata']['name']}-kafka-{listener['name']}-bootstrap"
    assert f"get service {service}`" in " ".join(chapter.split())
    assert f"port {listener['port']}" in chapter
    for user in (department_user("DOT"), channel_user("web-desk")):
        assert f"{PREFIX}{user.name}" in chapter
        assert f"`{user.rights[-1].name}`" in chapter


def test_what_a_unit_is_told_is_what_the_commands_make() -> None:
    [chapter] = [c for c in TEXT.split("\n## ") if c.startswith("Add a unit")]
    user = unit_user("unit-parks")
    assert f"`{PREFIX}{user.name}`" in chapter
    assert f"`{user.rights[-1].name}`" in chapter
    assert f"({replies_of('unit-parks')})" in chapter
    [entry] = re.findall(r"```json\n(.*?)\n```", chapter, re.DOTALL)
    [(name, told)] = json.loads(entry).items()
    assert name == "unit-parks"
    assert (told["role"], told["unit"], len(told["keys"])) == ("unit", "parks", 1)


def test_who_scales_down_has_paused_the_autoscaler_before() -> None:
    """KEDA has its least number of replicas back within 15 s."""
    assert of_kind(rendered("production"), "ScaledObject")
    kubectl = [span for span in SPANS if span.startswith("kubectl ")]
    [first, *again] = [n for n, span in enumerate(kubectl) if "--replicas=0" in span]
    [paused] = [n for n, span in enumerate(kubectl) if span.endswith(f"{PAUSED}=0")]
    [freed] = [n for n, span in enumerate(kubectl) if span.endswith(f"{PAUSED}-")]
    assert first == paused + 1 < freed
    apply = "kubectl apply -k deploy/k8s/restore/production"
    assert [kubectl[n - 1] for n in again] == [apply]
    [chapter] = [c for c in TEXT.split("\n## ") if c.startswith("Back-up and restore")]
    stopped = chapter.index("[stop the services](#stop-and-start-the-services)")
    assert stopped < chapter.index(f"`{apply}`")


def test_what_an_apply_starts_is_stopped_again_before_a_restore() -> None:
    """An apply sets the replicas that the manifests say: not those that are left to KEDA."""
    resources = rendered("../restore/production")
    started = [s for s in of_kind(resources, "StatefulSet") if "replicas" in s["spec"]]
    assert [s["metadata"]["name"] for s in started] == ["hotline-windows"]
    kubectl = [span for span in SPANS if span.startswith("kubectl ")]
    applied = kubectl.index("kubectl apply -k deploy/k8s/restore/production")
    stopping = "kubectl -n hotline scale statefulset --all --replicas=0"
    assert kubectl[applied + 1] == stopping


def test_replicas_that_are_left_to_keda_are_forgotten_before_the_apply() -> None:
    """An apply removes what the last one had and this one has not: that would be one replica."""
    [chapter] = [c for c in TEXT.split("\n## ") if c.startswith("Upgrade")]
    applied = chapter.index("`kubectl apply -k deploy/k8s/overlays/production`")
    [step] = re.findall(r"^\d\. .*?(?=^\d\. )", chapter[:applied], re.M | re.S)[1:]
    assert "apply edit-last-applied statefulset/hotline-intake`" in step
    sets = of_kind(rendered("production"), "StatefulSet")
    left = [s["metadata"]["name"] for s in sets if "replicas" not in s["spec"]]
    assert len(left) == 5
    for name in left:
        assert name.removeprefix("hotline-") in step
    kept = [s["metadata"]["name"] for s in sets if "replicas" in s["spec"]]
    assert re.findall(r"shows `replicas` of `([\w-]+)` alone", step) == kept


PAUSED = "autoscaling.keda.sh/paused-replicas"


def test_who_waits_for_the_services_does_not_wait_for_jobs_that_are_done() -> None:
    """The pod of a Job that is complete stays until the Job is deleted."""
    [told] = {w for span in SPANS for w in re.findall(r"wait pod -l '(.+)' --for=delete", span)}
    rules = re.fullmatch(r"([\w./-]+)=(\w+),([\w./-]+) notin \(([\w,]+)\)", told)
    assert rules, told
    key, value, other, values = rules.groups()
    selector = {
        "matchLabels": {key: value},
        "matchExpressions": [{"key": other, "operator": "NotIn", "values": values.split(",")}],
    }
    ours = workloads(rendered("production"))
    waited = [w for w in ours if selects(selector, labels_of(w))]
    assert waited == of_kind(ours, "StatefulSet")


def test_secrets_are_those_that_the_manifests_name() -> None:
    listed = set(re.findall(r"^ +\| `(hotline-[\w-]+)` \|", TEXT, re.MULTILINE))
    text = yaml.safe_dump_all(rendered("production"))
    wanted = set(
        re.findall(
            r"(?:secretName|name): (hotline-(?:personal|backup|tls|datasync-token|webhooks))", text
        )
    )
    assert listed == wanted


def test_every_chapter_stands_at_the_head_of_the_page() -> None:
    head = TEXT[: TEXT.index("\n## ")]
    chapters = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert re.findall(r"\[([^\]]+)\]\(#", head) == chapters


FACT_IN_LOG, FACT_IN_LEDGER = 200, 600  # bytes
NOISE = 0.35  # between machines, and between two benches of one


def test_sizes_are_computed_from_the_measured_figures() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    loop = r"closed loops.*\| ([\d,]+) per s, ([\d,]+) facts/s \| (\d+) µs \|"
    tickets, facts, us = (number(text) for text in re.findall(loop, readme)[0])
    rows = re.findall(
        r"^\| ([\d,]+)[^|]*\| ([\d.]+) \| ([\d.]+) cores \| (\d) \|(.*)\|$", TEXT, re.M
    )
    assert len(rows) == 5
    for per_day, peak, cores, replicas, disks in rows:
        at_peak = number(per_day) / 10 / 3600
        assert float(peak) == pytest.approx(at_peak, rel=0.1)
        assert float(cores) == pytest.approx(at_peak * facts / tickets * us / 1e6, rel=NOISE)
        assert int(replicas) >= 2
        sizes = [number(n) * (1_000 if unit == "TB" else 1) for n, unit in SIZE.findall(disks)]
        a_year = number(per_day) * 365 * facts / tickets / 1e9
        wanted = [a_year * FACT_IN_LOG, a_year * FACT_IN_LEDGER] if sizes else []
        assert sizes == pytest.approx(wanted, rel=NOISE)


SIZE = re.compile(r"([\d.]+) (GB|TB)")


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-")
        for h in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("http"):
            assert (ROOT / "docs" / target.partition("#")[0]).exists(), target
