"""Each policy can fail: one change of a manifest each, and the policy that must see it."""

from __future__ import annotations

import pytest

from tests.support import policies
from tests.support.broken_brokers import OF_BROKERS, Change, first
from tests.support.policies import Policy
from tests.support.rendered import Resource, container_of, named, of_kind, pod_of, rendered


def intake(resources: list[Resource]) -> Resource:
    return named(resources, "StatefulSet", "hotline-intake")


def policy_of(resources: list[Resource], name: str) -> Resource:
    found: Resource = named(resources, "NetworkPolicy", name)["spec"]
    return found


CASES: list[tuple[Policy, str, Change]] = [
    (
        policies.restricted, "enforce",
        lambda r: of_kind(r, "Namespace")[0]["metadata"]["labels"].clear(),
    ),
    (
        policies.restricted, "as root",
        lambda r: pod_of(intake(r))["securityContext"].update(runAsNonRoot=False),
    ),
    (
        policies.restricted, "seccomp",
        lambda r: pod_of(intake(r))["securityContext"].pop("seccompProfile"),
    ),
    (
        policies.restricted, "gain privileges",
        lambda r: container_of(intake(r))["securityContext"].pop("allowPrivilegeEscalation"),
    ),
    (
        policies.restricted, "capabilities",
        lambda r: container_of(intake(r))["securityContext"].update(capabilities={"add": ["ALL"]}),
    ),
    (
        policies.restricted, "write to its root",
        lambda r: container_of(intake(r))["securityContext"].pop("readOnlyRootFilesystem"),
    ),
    (policies.restricted, "its host", lambda r: pod_of(intake(r)).update(hostNetwork=True)),
    (
        policies.restricted, "forbids",
        lambda r: pod_of(intake(r))["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
    ),
    (
        policies.no_token_and_no_links, "mounts a token",
        lambda r: pod_of(intake(r)).pop("automountServiceAccountToken"),
    ),
    (
        policies.no_token_and_no_links, "account gives",
        lambda r: named(r, "ServiceAccount", "hotline-intake").pop("automountServiceAccountToken"),
    ),
    (
        policies.no_token_and_no_links, "variable per Service",
        lambda r: pod_of(intake(r)).pop("enableServiceLinks"),
    ),
    (
        policies.steady, "budget",
        lambda r: r.remove(named(r, "PodDisruptionBudget", "hotline-intake")),
    ),
    (
        policies.steady, "another member",
        lambda r: container_of(intake(r))["env"][0]["valueFrom"]["fieldRef"].update(
            fieldPath="metadata.uid"
        ),
    ),
    (
        policies.steady, "not spread by its own",
        lambda r: pod_of(intake(r))["topologySpreadConstraints"][0]["labelSelector"].update(
            matchLabels={"app.kubernetes.io/part-of": "hotline"}
        ),
    ),
    (policies.steady, "liveness", lambda r: container_of(intake(r)).pop("livenessProbe")),
    (policies.steady, "startup", lambda r: container_of(intake(r)).pop("startupProbe")),
    (
        policies.steady, "readiness",
        lambda r: container_of(intake(r))["readinessProbe"]["httpGet"].update(path="/livez"),
    ),
    (policies.steady, "proxies", lambda r: container_of(intake(r)).pop("lifecycle")),
    (
        policies.steady, "drains",
        lambda r: pod_of(intake(r)).update(terminationGracePeriodSeconds=10),
    ),
    (
        policies.steady, "one machine",
        lambda r: pod_of(intake(r))["topologySpreadConstraints"].pop(),
    ),
    (
        policies.bounded, "not its limit",
        lambda r: container_of(intake(r))["resources"]["limits"].update(memory="1Gi"),
    ),
    (
        policies.bounded, "no CPU",
        lambda r: container_of(intake(r))["resources"]["requests"].pop("cpu"),
    ),
    (policies.whole, "no Service", lambda r: r.remove(named(r, "Service", "hotline-intake"))),
    (
        policies.whole, "is reached by",
        lambda r: named(r, "Service", "hotline-intake")["spec"]["selector"].pop(
            "app.kubernetes.io/name"
        ),
    ),
    (policies.whole, "runs dispatch", lambda r: container_of(intake(r))["args"].append("dispatch")),
    (
        policies.reached, "without TLS",
        lambda r: of_kind(r, "Ingress")[0]["spec"]["tls"][0]["hosts"].pop(),
    ),
    (
        policies.reached, "from outside",
        lambda r: of_kind(r, "Ingress")[0]["spec"]["rules"][0]["http"]["paths"][0].update(path="/"),
    ),
    (
        policies.scaled, "not to read",
        lambda r: first(r, "ScaledObject")["triggers"][0]["metadata"].update(query="1"),
    ),
    (
        policies.scaled, "set back",
        lambda r: intake(r)["spec"].update(replicas=2),
    ),
    *(
        (
            policies.durable, name,
            lambda r, name=name: first(r, "Kafka")["kafka"]["config"].pop(name),
        )
        for name in policies.KEPT
    ),
    (
        policies.durable, "min.insync.replicas",
        lambda r: first(r, "Kafka")["kafka"]["config"].update({"min.insync.replicas": 1}),
    ),
    (
        policies.durable, "less than three",
        lambda r: of_kind(r, "KafkaNodePool")[0]["spec"].update(replicas=1),
    ),
    (
        policies.durable, "disks go",
        lambda r: first(r, "KafkaNodePool")["storage"]["volumes"][0].pop("deleteClaim"),
    ),
    (
        policies.durable, "on one machine",
        lambda r: of_kind(r, "Cluster")[0]["spec"]["postgresql"].pop("synchronous"),
    ),
    (
        policies.durable, "not backed up",
        lambda r: r.remove(of_kind(r, "ScheduledBackup")[0]),
    ),
    (
        policies.scaled, "scales nothing",
        lambda r: of_kind(r, "ScaledObject")[0]["spec"]["scaleTargetRef"].update(name="nobody"),
    ),
    (
        policies.closed_network, "denied by default",
        lambda r: r.remove(named(r, "NetworkPolicy", "default-deny")),
    ),
    (
        policies.closed_network, "reach what it needs",
        lambda r: r.remove(named(r, "NetworkPolicy", "to-brokers")),
    ),
    (
        policies.closed_network, "only datasync",
        lambda r: policy_of(r, "to-departments").update(podSelector={}),
    ),
    (
        policies.closed_network, "spans are sent",
        lambda r: r.remove(named(r, "NetworkPolicy", "to-collector")),
    ),
    (
        policies.closed_network, "egress anywhere",
        lambda r: policy_of(r, "to-issuer")["egress"][0]["to"][0].update(ipBlock={"cidr": "::/0"}),
    ),
    (
        policies.closed_network, "ingress anywhere",
        lambda r: policy_of(r, "intake-from-datasync")["ingress"][0].pop("from"),
    ),
    (
        policies.closed_network, "brokers: egress anywhere",
        lambda r: policy_of(r, "brokers")["egress"][0].pop("to"),
    ),
    (
        policies.closed_network, "store-to-backups: egress anywhere",
        lambda r: policy_of(r, "store-to-backups")["egress"][0].pop("ports"),
    ),
    (
        policies.closed_network, "store: ingress anywhere",
        lambda r: policy_of(r, "store")["ingress"][0]["from"].append({"namespaceSelector": {}}),
    ),
    (
        policies.closed_network, "to-brokers: egress anywhere",
        lambda r: policy_of(r, "to-brokers")["egress"][0].pop("ports"),
    ),
    (
        policies.closed_network, "names: egress anywhere",
        lambda r: policy_of(r, "names")["egress"][0].pop("ports"),
    ),
    (
        policies.closed_network, "brokers: ingress anywhere",
        lambda r: policy_of(r, "brokers")["ingress"][1].pop("ports"),
    ),
    (
        policies.closed_network, "brokers: egress anywhere",
        lambda r: policy_of(r, "brokers")["egress"][0]["to"].append(
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "strimzi"}}}
        ),
    ),
    (
        policies.closed_network, "does not give",
        lambda r: policy_of(r, "to-issuer")["egress"][0]["to"][0].update(
            ipBlock={"cidr": "192.0.2.1/32"}
        ),
    ),
    (
        policies.by_reference, "in plain",
        lambda r: container_of(intake(r))["env"].append({"name": "HOTLINE_DSN", "value": "x"}),
    ),
    (
        policies.by_reference, "Secret mine",
        lambda r: r.append({"kind": "Secret", "metadata": {"name": "mine"}}),
    ),
    *OF_BROKERS,
]  # fmt: skip


@pytest.mark.parametrize(("policy", "words", "change"), CASES)
def test_a_policy_sees_what_breaks_it(policy: Policy, words: str, change: Change) -> None:
    resources = rendered("production")
    change(resources)
    assert any(words in found for found in policy(resources))


def test_every_policy_was_broken() -> None:
    assert {policy for policy, _, _ in CASES} == set(policies.POLICIES)
