"""Who comes to the brokers of deploy/k8s, and how. Each policy yields what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.rendered import Resource, of_kind, selects

BROKER = {"strimzi.io/cluster": "hotline-kafka", "strimzi.io/kind": "Kafka"}
CERTIFICATE = {"type": "tls"}
INSIDE, OUTSIDE = ("tls", 9093, "internal"), ("departments", 9094, "loadbalancer")
OURS = [{"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "hotline"}}}]


def mutual(resources: list[Resource]) -> Iterator[str]:
    """Both sides show a certificate, and what no user says is refused."""
    for kafka in of_kind(resources, "Kafka"):
        spec = kafka["spec"]["kafka"]
        if spec.get("authorization") != {"type": "simple"}:
            yield "brokers: everybody may do everything"
        for listener in spec["listeners"]:
            if listener["tls"] is not True or listener.get("authentication") != CERTIFICATE:
                yield f"listener {listener['name']}: somebody comes in without a certificate"
        ways = [(one["name"], one["port"], one["type"]) for one in spec["listeners"]]
        if ways[:1] != [INSIDE] or ways[1:] not in ([], [OUTSIDE]):
            yield f"brokers: other ways in: {ways}"
    for user in of_kind(resources, "KafkaUser"):
        if user["spec"].get("authentication") != CERTIFICATE:
            yield f"user {user['metadata']['name']}: without a certificate"


def admitted(resources: list[Resource]) -> Iterator[str]:
    """Our own programs inside; from outside the ranges of departments, alike in all places."""
    for kafka in of_kind(resources, "Kafka"):
        for listener in kafka["spec"]["kafka"]["listeners"]:
            name, peers = listener["name"], listener.get("networkPolicyPeers", [])
            if listener["type"] == "internal":
                if peers != OURS:
                    yield f"listener {name}: others than our programs come in"
                continue
            given = listener.get("configuration", {})
            ranges = {peer.get("ipBlock", {}).get("cidr", "::/0") for peer in peers} or {"::/0"}
            if any(one.endswith("/0") for one in ranges):
                yield f"listener {name}: anybody comes in"
            if set(given.get("loadBalancerSourceRanges", ())) != ranges:
                yield f"listener {name}: its load balancer admits others"
            if given.get("externalTrafficPolicy") != "Local":
                yield f"listener {name}: callers' addresses are lost before they are looked at"
            if not given.get("bootstrap", {}).get("alternativeNames"):
                yield f"listener {name}: its certificate does not name it"
            if set(_let_in(resources, listener["port"])) != ranges:
                yield f"listener {name}: its policy admits others"


def _let_in(resources: list[Resource], port: int) -> Iterator[str]:
    """Ranges from which policies let callers come to this port of the brokers."""
    for policy in of_kind(resources, "NetworkPolicy"):
        spec: dict[str, Any] = policy["spec"]
        if selects(spec["podSelector"], BROKER):
            for rule in spec.get("ingress", ()):
                if port in [one["port"] for one in rule.get("ports", ())]:
                    yield from (peer["ipBlock"]["cidr"] for peer in rule["from"])


def operated(resources: list[Resource]) -> Iterator[str]:
    """What the operators run for us is restricted and bounded as our own pods are."""
    for kafka in of_kind(resources, "Kafka"):
        brokers, operators = kafka["spec"]["kafka"], kafka["spec"]["entityOperator"]
        for part, templates in (("brokers", brokers), ("operators", operators)):
            template = templates["template"]
            around = template["pod"].get("securityContext", {})
            if around.get("runAsNonRoot") is not True or not around.get("seccompProfile"):
                yield f"{part}: their pods are not restricted"
            others = [n for n in template if n.endswith("Container") and n not in CONTAINERS[part]]
            for name in (*CONTAINERS[part], *others):
                if template.get(name, {}).get("securityContext") != CONTAINED:
                    yield f"{part}: {name} is not restricted"
        for name in ("topicOperator", "userOperator"):
            yield from _unbounded(name, operators[name])
    for kind in ("KafkaNodePool", "Cluster"):
        for each in of_kind(resources, kind):
            yield from _unbounded(each["metadata"]["name"], each["spec"])


# Those that run in any case; what a template says of others must hold too.
CONTAINERS = {
    "brokers": ("kafkaContainer",),
    "operators": ("topicOperatorContainer", "userOperatorContainer"),
}
CONTAINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def _unbounded(name: str, spec: dict[str, Any]) -> Iterator[str]:
    amounts = spec.get("resources", {})
    wanted, most = amounts.get("requests", {}), amounts.get("limits", {})
    if not wanted.get("cpu") or not wanted.get("memory") or wanted["memory"] != most.get("memory"):
        yield f"{name}: memory request is not its limit"
