"""What must hold of deploy/k8s whatever an overlay says. Each policy yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hotline.programs import SERVICES
from services.kernel.consumer_kafka import CLIENT_ENDS_S
from services.kernel.process import ANSWERS_END_S, POOL_ENDS_S
from services.kernel.runtime import COMMANDS_END_S, PARTS_END_S
from tests.support.policies_of_brokers import admitted, mutual, operated
from tests.support.rendered import (
    Resource,
    container_of,
    labels_of,
    named,
    of_kind,
    pod_of,
    program_of,
    selects,
    workloads,
)

Policy = Callable[[list[Resource]], Iterator[str]]
# The limits of a stop, one after the other: parts and readers each have one.
DRAIN_S = ANSWERS_END_S + COMMANDS_END_S + 2 * PARTS_END_S + CLIENT_ENDS_S + POOL_ENDS_S
INDEX = "metadata.labels['apps.kubernetes.io/pod-index']"
# What a fact that was acknowledged rests on.
KEPT = {
    "auto.create.topics.enable": "false",
    "default.replication.factor": 3,
    "log.message.timestamp.type": "LogAppendTime",
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": 3,
    "unclean.leader.election.enable": "false",
}


def restricted(resources: list[Resource]) -> Iterator[str]:
    """Pod Security Standards, level restricted, and a root file system that is read only."""
    [namespace] = of_kind(resources, "Namespace")
    if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "the namespace does not enforce restricted"
    for workload in workloads(resources):
        name, pod, one = workload["metadata"]["name"], pod_of(workload), container_of(workload)
        around, own = pod["securityContext"], one["securityContext"]
        if around.get("runAsNonRoot") is not True or not around.get("runAsUser"):
            yield f"{name} may run as root"
        if around.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name} has no seccomp profile"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{name} may gain privileges"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{name} keeps capabilities"
        if own.get("readOnlyRootFilesystem") is not True:
            yield f"{name} may write to its root"
        if {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys():
            yield f"{name} shares with its host"
        if not all(
            v.keys() & {"emptyDir", "projected", "configMap", "secret"} for v in _volumes(pod)
        ):
            yield f"{name} mounts what restricted forbids"


def no_token_and_no_links(resources: list[Resource]) -> Iterator[str]:
    """Nobody needs the Kubernetes API, and its variables would be taken for wrong settings."""
    for workload in workloads(resources):
        name, pod = workload["metadata"]["name"], pod_of(workload)
        account = named(resources, "ServiceAccount", pod["serviceAccountName"])
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name} mounts a token"
        if account.get("automountServiceAccountToken") is not False:
            yield f"{name}'s account gives a token"
        if pod.get("enableServiceLinks") is not False:
            yield f"{name} gets a variable per Service"


def steady(resources: list[Resource]) -> Iterator[str]:
    """A roll or an eviction is not noticed: budget, probes, preStop, grace, spread."""
    for workload in of_kind(resources, "StatefulSet"):
        name, pod, one = workload["metadata"]["name"], pod_of(workload), container_of(workload)
        members = [v for v in one["env"] if v["name"] == "HOTLINE_INSTANCE"]
        if [v["valueFrom"] for v in members] != [{"fieldRef": {"fieldPath": INDEX}}]:
            yield f"{name} is another member of its group at each start"
        budgets = [
            b
            for b in of_kind(resources, "PodDisruptionBudget")
            if selects(b["spec"]["selector"], labels_of(workload))
        ]
        if [b["spec"].get("maxUnavailable") for b in budgets] != [1]:
            yield f"{name} needs one budget that lets one go"
        for probe, path in (
            ("startup", "/livez"),
            ("liveness", "/livez"),
            ("readiness", "/readyz"),
        ):
            if one.get(f"{probe}Probe", {}).get("httpGet") != {"path": path, "port": "http"}:
                yield f"{name} has no {probe} probe at {path}"
        sleep = one.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if sleep < 4:
            yield f"{name} stops before proxies know"
        if pod.get("terminationGracePeriodSeconds", 0) < sleep + DRAIN_S:
            yield f"{name} is killed while it drains"
        constraints = pod.get("topologySpreadConstraints", ())
        spread = {c["topologyKey"] for c in constraints}
        if spread != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{name} may stand on one machine"
        alike = [
            [selects(c["labelSelector"], labels_of(w)) for w in workloads(resources)]
            for c in constraints
        ]
        if any(one != [w is workload for w in workloads(resources)] for one in alike):
            yield f"{name} is not spread by its own pods"


def bounded(resources: list[Resource]) -> Iterator[str]:
    """Memory request = limit, so that nobody is evicted for a neighbour."""
    for workload in workloads(resources):
        amounts = container_of(workload).get("resources", {})
        wanted, most = amounts.get("requests", {}), amounts.get("limits", {})
        if not wanted.get("memory") or wanted["memory"] != most.get("memory"):
            yield f"{workload['metadata']['name']}: memory request is not its limit"
        if not wanted.get("cpu"):
            yield f"{workload['metadata']['name']} requests no CPU"


def whole(resources: list[Resource]) -> Iterator[str]:
    """What one resource says of another is so."""
    sets = {w["metadata"]["name"]: w for w in of_kind(resources, "StatefulSet")}
    services = {s["metadata"]["name"]: s for s in of_kind(resources, "Service")}
    for name, workload in sets.items():
        service = services.get(workload["spec"]["serviceName"])
        if (
            service is None
            or not labels_of(workload).items() >= service["spec"]["selector"].items()
        ):
            yield f"{name} has no Service"
        if name != f"hotline-{program_of(workload)}":
            yield f"{name} runs {program_of(workload)}"
        reached = [
            n
            for n, s in services.items()
            if labels_of(workload).items() >= s["spec"]["selector"].items()
        ]
        if reached != [name]:
            yield f"{name} is reached by {reached}"


def reached(resources: list[Resource]) -> Iterator[str]:
    """From outside over TLS, and no more than what callers need."""
    services = {s["metadata"]["name"] for s in of_kind(resources, "Service")}
    for ingress in of_kind(resources, "Ingress"):
        backends = [
            p["backend"]["service"]["name"]
            for r in ingress["spec"]["rules"]
            for p in r["http"]["paths"]
        ]
        yield from (f"ingress: no Service {b}" for b in backends if b not in services)
        if {r["host"] for r in ingress["spec"]["rules"]} != set(ingress["spec"]["tls"][0]["hosts"]):
            yield "ingress: a host without TLS"
        paths = {p["path"] for r in ingress["spec"]["rules"] for p in r["http"]["paths"]}
        if paths != {"/v1"}:
            yield f"ingress: {sorted(paths)} is reached from outside"


def scaled(resources: list[Resource]) -> Iterator[str]:
    """By what it has to read itself."""
    sets = {w["metadata"]["name"]: w for w in of_kind(resources, "StatefulSet")}
    for scaled in of_kind(resources, "ScaledObject"):
        target = scaled["spec"]["scaleTargetRef"]["name"]
        if target not in sets:
            yield f"{scaled['metadata']['name']} scales nothing"
        elif "replicas" in sets[target]["spec"]:
            yield f"{target} is set back to its replicas by every apply"
        for trigger in scaled["spec"]["triggers"]:
            if f'hotline_inbox_lag_records{{job="{target}"}}' not in trigger["metadata"]["query"]:
                yield f"{target} is scaled by what it has not to read"


def closed_network(resources: list[Resource]) -> Iterator[str]:
    """Denied by default; out of the cluster go datasync, to departments, and tokens' keys."""
    policies = {p["metadata"]["name"]: p["spec"] for p in of_kind(resources, "NetworkPolicy")}
    default = policies.get("default-deny")
    if default != {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}:
        yield "nothing is denied by default"
    for workload in workloads(resources):
        labels, name = labels_of(workload), program_of(workload)
        mine = {n: s for n, s in policies.items() if selects(s["podSelector"], labels)}
        if "to-brokers" not in mine or ("to-store" in mine) != (name != "windows"):
            yield f"{name} does not reach what it needs, or more"
        if ("to-collector" in mine) != (name in SERVICES):
            yield f"{name}: spans are sent by services alone"
        if ("to-departments" in mine) != (name == "datasync"):
            yield f"{name}: only datasync leaves for departments"
    for policy, spec in policies.items():
        among = AMONG.get(policy, {})
        yield from (f"{policy}: {way} anywhere" for way in _anywhere(spec, among))
        if "192.0.2." in str(spec):
            yield f"{policy}: a range that the overlay does not give"


def _among(label: str, cluster: str, operators: str) -> dict[str, list[dict[str, Any]]]:
    pods = {"podSelector": {"matchLabels": {label: cluster}}}
    theirs = {"matchLabels": {"kubernetes.io/metadata.name": operators}}
    return {"egress": [pods], "ingress": [pods, {"namespaceSelector": theirs}]}


# Who is reached at any port: pods of one cluster of brokers or stores, by their operator too.
AMONG = {
    "brokers": _among("strimzi.io/cluster", "hotline-kafka", "strimzi"),
    "store": _among("cnpg.io/cluster", "hotline-store", "cnpg-system"),
}


def _anywhere(spec: dict[str, Any], among: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """To or from anybody, or at any port."""
    for way, peer in (("egress", "to"), ("ingress", "from")):
        for rule in spec.get(way, ()):
            peers = rule.get(peer, [])
            strangers = [one for one in peers if one not in among.get(way, ())]
            if not peers or (strangers and not rule.get("ports")):
                yield way
            for one in peers:
                if one == {} or one.get("namespaceSelector") == {}:
                    yield way
                if one.get("ipBlock", {}).get("cidr", "").endswith("/0"):
                    yield way


def durable(resources: list[Resource]) -> Iterator[str]:
    """An acknowledged fact is on two machines, in the log and in the store."""
    for kafka in of_kind(resources, "Kafka"):
        found = kafka["spec"]["kafka"]["config"]
        yield from (f"brokers: {name}" for name, kept in KEPT.items() if found.get(name) != kept)
    pools = of_kind(resources, "KafkaNodePool")
    if sum(p["spec"]["replicas"] for p in pools if "broker" in p["spec"]["roles"]) < 3:
        yield "brokers: less than three"
    for pool in pools:
        if any(
            volume.get("deleteClaim") is not False for volume in pool["spec"]["storage"]["volumes"]
        ):
            yield "brokers: disks go with the cluster"
    for store in of_kind(resources, "Cluster"):
        spec = store["spec"]
        synchronous = spec["postgresql"].get("synchronous", {})
        if spec["instances"] < 2 or synchronous.get("dataDurability") != "required":
            yield "store: a commit may stand on one machine"
        nightly = [b["spec"]["cluster"]["name"] for b in of_kind(resources, "ScheduledBackup")]
        if ("backup" in spec) != (nightly == [store["metadata"]["name"]]):
            yield "store: it is not backed up each night"


def by_reference(resources: list[Resource]) -> Iterator[str]:
    """No secret stands in a manifest."""
    yield from (f"Secret {s['metadata']['name']}" for s in of_kind(resources, "Secret"))
    for workload in workloads(resources):
        for variable in container_of(workload).get("env", ()):
            if "value" in variable:
                yield f"{workload['metadata']['name']}: {variable['name']} in plain"


def _volumes(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return list(pod.get("volumes", ()))


POLICIES: tuple[Policy, ...] = (
    restricted, no_token_and_no_links, steady, bounded, whole, reached, scaled, closed_network,
    durable, by_reference, mutual, admitted, operated,
)  # fmt: skip
