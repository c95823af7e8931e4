"""An overlay says nothing but images, sizes, hosts, ranges and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from services.kernel.settings import KernelSettings, describe
from tests.support.rendered import FOLDER, OVERLAYS

DEPARTMENTS = "/spec/kafka/listeners/1"
ALLOWED = {
    "KafkaNodePool": ("/spec/resources", "/spec/jvmOptions", "/spec/storage/volumes/0/size"),
    "Cluster": (
        "/spec/instances", "/spec/storage/size", "/spec/walStorage/size", "/spec/resources",
        "/spec/postgresql/parameters/shared_buffers",
        "/spec/postgresql/parameters/max_wal_size", "/spec/backup",
    ),
    "Kafka": (
        f"{DEPARTMENTS}/configuration/bootstrap/alternativeNames/0",
        f"{DEPARTMENTS}/configuration/loadBalancerSourceRanges/0",
        f"{DEPARTMENTS}/networkPolicyPeers/0/ipBlock/cidr",
    ),
    "NetworkPolicy": ("/spec/egress/0/to/0/ipBlock/cidr", "/spec/ingress/0/from/0/ipBlock/cidr"),
    "Ingress": ("/spec/tls/0/hosts/", "/spec/rules/*/host"),
    "ScheduledBackup": (),
}  # fmt: skip
KEYS = {
    "apiVersion", "kind", "namespace", "resources", "components", "images", "replicas",
    "configMapGenerator", "patches",
}  # fmt: skip


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_says_nothing_but_images_sizes_hosts_and_secrets(overlay: str) -> None:
    content = yaml.safe_load((FOLDER / "overlays" / overlay / "kustomization.yaml").read_text())
    assert content.keys() <= KEYS
    assert content["resources"] == ["../../base"]
    assert [said for patch in content["patches"] for said in too_much(patch)] == []
    [merged] = content["configMapGenerator"]
    known = {row["name"] for row in describe(KernelSettings)}
    assert {literal.partition("=")[0] for literal in merged["literals"]} <= known


def too_much(patch: dict[str, Any]) -> Iterator[str]:
    """What an overlay is not to say: it replaces values, or leaves out a resource as a whole."""
    kind, content = patch["target"]["kind"], yaml.safe_load(patch["patch"])
    if isinstance(content, dict):
        if content.keys() != {"$patch", "apiVersion", "kind", "metadata"}:
            yield f"{kind}: merged"
        elif content["$patch"] != "delete":
            yield f"{kind}: {content['$patch']}"
        return
    for operation in content:
        path = re.sub(r"^/spec/rules/\d+/", "/spec/rules/*/", operation["path"])
        if not path.startswith(ALLOWED[kind]):
            yield f"{kind}: {operation['path']}"


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("StatefulSet", "metadata: {name: x}\nspec: {replicas: 7}"),
        ("Cluster", "{$patch: replace, apiVersion: a, kind: Cluster, metadata: {name: x}}"),
        ("Ingress", "[{op: replace, path: /spec/rules/0/http/paths/0/path, value: /}]"),
        ("Kafka", "[{op: replace, path: /spec/kafka/listeners/0/tls, value: false}]"),
    ],
)
def test_an_overlay_that_says_more_is_seen(kind: str, patch: str) -> None:
    assert list(too_much({"target": {"kind": kind}, "patch": patch}))
