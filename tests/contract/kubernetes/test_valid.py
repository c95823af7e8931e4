"""What a cluster gets is what its API takes, and keeps the rules of the house."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from tests.support import custom_resources
from tests.support.policies import POLICIES, Policy, closed_network
from tests.support.rendered import OVERLAYS, named, rendered

VERSIONS = ("1.34", "1.37")  # the oldest that has the sleep of preStop for good, and the newest
CORE = ("v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_custom_resources_are_as_their_definitions_say(overlay: str) -> None:
    found = [r for r in rendered(overlay) if r["apiVersion"] not in CORE]
    assert {"Kafka", "KafkaUser", "Cluster"} <= {r["kind"] for r in found}
    assert [error for r in found for error in custom_resources.errors(r)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_core_resources_are_as_two_versions_of_kubernetes_say(version: str) -> None:
    seen: list[Any] = []
    for overlay in OVERLAYS:
        for resource in rendered(overlay):
            if resource["apiVersion"] in CORE and resource not in seen:
                seen.append(resource)
                assert kubernetes_validate.validate(resource, version, strict=True) == version
    assert len(seen) > 40


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_overlay_keeps_the_policies(overlay: str, policy: Policy) -> None:
    if overlay == "kind" and policy is closed_network:
        assert "NetworkPolicy" not in {r["kind"] for r in rendered(overlay)}  # its network has none
        return
    assert list(policy(rendered(overlay))) == []


@pytest.mark.parametrize("overlay", [name for name in OVERLAYS if name != "kind"])
def test_what_is_not_to_try_it_out_is_backed_up_and_whole(overlay: str) -> None:
    resources = rendered(overlay)
    backup = named(resources, "Cluster", "hotline-store")["spec"]["backup"]["barmanObjectStore"]
    assert backup["wal"], "its log is archived as it is written"
    kinds = {r["kind"] for r in resources}
    assert {"NetworkPolicy", "ScaledObject", "PrometheusRule", "ServiceMonitor", "Ingress"} <= kinds


def test_a_field_that_is_not_there_is_found() -> None:
    resources = rendered("production")
    service = named(resources, "StatefulSet", "hotline-intake")
    service["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="livenessprobe"):
        kubernetes_validate.validate(service, VERSIONS[0], strict=True)
    kafka = named(resources, "Kafka", "hotline-kafka")
    kafka["spec"]["kafka"]["listener"] = []
    assert "listener" in custom_resources.errors(kafka)[0]
    user = named(resources, "KafkaUser", "hotline-intake")
    user["spec"]["authorization"]["acls"][0]["operations"] = ["Erase"]
    assert "Erase" in custom_resources.errors(user)[0]


def test_a_kind_without_a_definition_is_not_taken_for_valid() -> None:
    with pytest.raises(KeyError):
        custom_resources.errors({"apiVersion": "example/v1", "kind": "Secretly", "metadata": {}})
