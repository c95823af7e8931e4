"""What a policy of the brokers must see: one change of a manifest each."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.policies import Policy
from tests.support.policies_of_brokers import admitted, mutual, operated
from tests.support.rendered import Resource, named, of_kind

Change = Callable[[list[Resource]], object]


def first(resources: list[Resource], kind: str) -> Resource:
    found: Resource = of_kind(resources, kind)[0]["spec"]
    return found


def listener(resources: list[Resource], number: int) -> Resource:
    found: Resource = first(resources, "Kafka")["kafka"]["listeners"][number]
    return found


OF_BROKERS: list[tuple[Policy, str, Change]] = [
    (
        mutual, "everybody may",
        lambda r: first(r, "Kafka")["kafka"].pop("authorization"),
    ),
    (mutual, "without a certificate", lambda r: listener(r, 1).pop("authentication")),
    (mutual, "without a certificate", lambda r: listener(r, 0).update(tls=False)),
    (
        admitted, "others than our programs",
        lambda r: listener(r, 0).pop("networkPolicyPeers"),
    ),
    (admitted, "anybody", lambda r: listener(r, 1).pop("networkPolicyPeers")),
    (
        admitted, "load balancer admits",
        lambda r: listener(r, 1)["configuration"].pop("loadBalancerSourceRanges"),
    ),
    (
        admitted, "addresses are lost",
        lambda r: listener(r, 1)["configuration"].update(externalTrafficPolicy="Cluster"),
    ),
    (
        admitted, "does not name it",
        lambda r: listener(r, 1)["configuration"].pop("bootstrap"),
    ),
    (
        admitted, "its policy admits",
        lambda r: r.remove(named(r, "NetworkPolicy", "brokers-from-departments")),
    ),
    (
        mutual, "user hotline-windows: without a certificate",
        lambda r: named(r, "KafkaUser", "hotline-windows")["spec"].update(
            authentication={"type": "scram-sha-512"}
        ),
    ),
    (
        mutual, "user hotline-intake: without a certificate",
        lambda r: named(r, "KafkaUser", "hotline-intake")["spec"].pop("authentication"),
    ),
    (
        mutual, "other ways in",
        lambda r: first(r, "Kafka")["kafka"]["listeners"].append(
            listener(r, 1) | {"name": "more", "port": 9095}
        ),
    ),
    (mutual, "other ways in", lambda r: listener(r, 0).update(type="nodeport")),
    (mutual, "other ways in", lambda r: listener(r, 1).update(type="nodeport")),
    (mutual, "other ways in", lambda r: first(r, "Kafka")["kafka"]["listeners"].clear()),
    (
        operated, "brokers: their pods",
        lambda r: first(r, "Kafka")["kafka"]["template"]["pod"].pop("securityContext"),
    ),
    (
        operated, "brokers: kafkaContainer",
        lambda r: first(r, "Kafka")["kafka"]["template"]["kafkaContainer"].pop("securityContext"),
    ),
    (
        operated, "brokers: kafkaContainer",
        lambda r: first(r, "Kafka")["kafka"]["template"].pop("kafkaContainer"),
    ),
    (
        operated, "brokers: initContainer",
        lambda r: first(r, "Kafka")["kafka"]["template"].update(initContainer={}),
    ),
    (
        operated, "operators: userOperatorContainer",
        lambda r: first(r, "Kafka")["entityOperator"]["template"]["userOperatorContainer"].clear(),
    ),
    (
        operated, "topicOperator: memory",
        lambda r: first(r, "Kafka")["entityOperator"]["topicOperator"].pop("resources"),
    ),
    (
        operated, "brokers: memory",
        lambda r: first(r, "KafkaNodePool")["resources"]["limits"].update(memory="8Gi"),
    ),
    (
        operated, "hotline-store: memory",
        lambda r: first(r, "Cluster").pop("resources"),
    ),
]  # fmt: skip
