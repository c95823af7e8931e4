"""`python -m hotline.contracts.kubernetes`: what of deploy/k8s is generated from the code."""

from __future__ import annotations

from pathlib import Path

from hotline.contracts.channels import buckets
from hotline.contracts.protos import ROOT
from hotline.ops import alerts
from hotline.ops.dashboards import DASHBOARDS, content
from hotline.ops.kafka_users import users
from hotline.ops.manifests import text, topic_resource, user_resource
from services.datasync.settings import DatasyncSettings
from services.evaluation.adapters.windows_topics import changelog_topics
from services.kernel.settings import KernelSettings, describe
from services.kernel.topics import ticket_topics

FOLDER = ROOT / "deploy" / "k8s"
HEAD = "# Generated from the code by `make contracts`.\n"
# What differs from the defaults in a cluster.
CLUSTER = {
    "HOTLINE_KAFKA": "hotline-kafka-kafka-bootstrap:9093",
    "HOTLINE_KAFKA_PROTOCOL": "ssl",
    "HOTLINE_KAFKA_CA": "/etc/hotline/kafka/ca.crt",
    "HOTLINE_KAFKA_CERT": "/etc/hotline/kafka/user.crt",
    "HOTLINE_KAFKA_KEY": "/etc/hotline/kafka/user.key",
    "HOTLINE_HTTP_HOST": "0.0.0.0",
    "HOTLINE_RUN_DIR": "/var/lib/hotline",
    "HOTLINE_SENDERS": "/etc/hotline/senders/senders.json",
    "HOTLINE_INTAKE_URL": "http://hotline-intake:8000",
}
# Each process has its own; see base/service.
PER_PROCESS = {"HOTLINE_INSTANCE"}


def files() -> dict[Path, str]:
    """Content by path."""
    topics = [*ticket_topics(buckets()), *changelog_topics()]
    return {
        FOLDER / "base/settings/settings.env": HEAD + _settings(KernelSettings),
        FOLDER / "base/datasync/settings.env": HEAD + _settings(DatasyncSettings, KernelSettings),
        FOLDER / "components/kafka/topics.yaml": text(map(topic_resource, topics), HEAD),
        FOLDER / "components/kafka/users.yaml": text(map(user_resource, users()), HEAD),
        FOLDER / "components/observability/alerts.yaml": text([alerts.resource()], HEAD),
        **{
            FOLDER / f"components/observability/dashboards/{d.uid}.json": content(d) + "\n"
            for d in DASHBOARDS
        },
    }


def _settings(cls: type, without: type | None = None) -> str:
    """A line per setting that is no secret, with its help above it."""
    left_out = PER_PROCESS | {row["name"] for row in (describe(without) if without else ())}
    rows = [r for r in describe(cls) if not r["secret"] and r["name"] not in left_out]
    return "".join(
        f"# {row['help']}\n{row['name']}={CLUSTER.get(row['name'], row['default'])}\n"
        for row in rows
    )


def main() -> None:
    """Write them."""
    for path, written in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, "utf-8")


if __name__ == "__main__":
    main()
