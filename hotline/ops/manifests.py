"""Topics and users as resources of Strimzi: what a cluster's operators read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from hotline.ops.kafka_users import Right, User
from services.kernel.topics import Topic

API = "kafka.strimzi.io/v1"
CLUSTER = "hotline-kafka"
PREFIX = "hotline-"


def topic_resource(topic: Topic) -> dict[str, Any]:
    """Copies are the cluster's default. The Topic Operator must never shorten or delete it."""
    return {
        "apiVersion": API,
        "kind": "KafkaTopic",
        "metadata": {
            "name": topic.name,
            "labels": {"strimzi.io/cluster": CLUSTER},
        },
        "spec": {
            "topicName": topic.name,
            "partitions": topic.partitions,
            "config": dict(sorted(topic.settings().items())),
        },
    }


def user_resource(user: User) -> dict[str, Any]:
    """With a certificate of its own; whatever is not allowed is refused."""
    return {
        "apiVersion": API,
        "kind": "KafkaUser",
        "metadata": {"name": PREFIX + user.name, "labels": {"strimzi.io/cluster": CLUSTER}},
        "spec": {
            "authentication": {"type": "tls"},
            "authorization": {"type": "simple", "acls": [_acl(right) for right in user.rights]},
        },
    }


def _acl(right: Right) -> dict[str, Any]:
    if right.kind == "cluster":  # there is one
        return {"resource": {"type": "cluster"}, "operations": list(right.operations)}
    pattern = "prefix" if right.prefix else "literal"
    return {
        "resource": {"type": right.kind, "name": right.name, "patternType": pattern},
        "operations": list(right.operations),
    }


def text(resources: Iterable[dict[str, Any]], head: str = "") -> str:
    """YAML documents, in the order given."""
    parts = [yaml.safe_dump(r, sort_keys=False, width=100) for r in resources]
    return head + "---\n".join(parts)
