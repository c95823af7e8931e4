"""Topics, users and settings of a cluster are those of the code: all of them and nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import yaml

from hotline.contracts.kubernetes import files
from hotline.ops.kafka_users import COMMANDED, department_user, users
from hotline.ops.manifests import PREFIX, user_resource
from hotline.programs import PROGRAMS, SERVICES
from services.datasync.settings import DatasyncSettings
from services.evaluation.adapters.windows_topics import changelog_topics
from services.evaluation.settings import WindowsSettings
from services.intake.settings import IntakeSettings
from services.kernel import names
from services.kernel.settings import BadSetting, KernelSettings, describe, parse
from services.kernel.topics import ticket_topics
from tests.support.rendered import (
    FOLDER,
    OVERLAYS,
    Resource,
    container_of,
    named,
    of_kind,
    pod_of,
    program_of,
    rendered,
    workloads,
)

SETTINGS: dict[str, Any] = {
    "intake": IntakeSettings,
    "datasync": DatasyncSettings,
    "windows": WindowsSettings,
}
# Only intake holds the keys of personal data; the live views use no store.
# The brokers of the cluster know their users by certificates.
PASSWORD_LOGIN = {"HOTLINE_KAFKA_PASSWORD"}
NOT_WIRED = {name: {"HOTLINE_MASTER_KEY"} for name in PROGRAMS if name != "intake"}
NOT_WIRED["windows"] |= {"HOTLINE_DSN"}
SECRETS = {
    "HOTLINE_DSN": "postgresql://hotline:secret@hotline-store-rw:5432/hotline",
    "HOTLINE_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "HOTLINE_INDEX_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "HOTLINE_SERVICE_TOKEN": "hk_token",
}


def test_what_is_generated_is_what_the_code_gives() -> None:
    for path, content in files().items():
        assert path.read_text("utf-8") == content, f"{path}: run `make contracts`"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_topics_are_those_of_the_code_and_nothing_more(overlay: str) -> None:
    wanted = {t.name: t for t in [*ticket_topics(24), *changelog_topics()]}
    found = {t["spec"]["topicName"]: t["spec"] for t in of_kind(rendered(overlay), "KafkaTopic")}
    assert found.keys() == wanted.keys()
    for name, spec in found.items():
        assert spec["partitions"] == wanted[name].partitions
        assert spec["config"] == wanted[name].settings()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_users_are_those_whose_certificates_are_mounted(overlay: str) -> None:
    resources = rendered(overlay)
    found = {u["metadata"]["name"]: u for u in of_kind(resources, "KafkaUser")}
    assert found.keys() == {PREFIX + user.name for user in users()}
    mounted = {w["metadata"]["name"]: certificate(w) for w in workloads(resources)}
    assert mounted.pop("hotline-restore") == "hotline-intake"  # it may write facts and registries
    assert mounted == {name: name for name in found}
    assert all(u["spec"]["authentication"] == {"type": "tls"} for u in found.values())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_files_for_the_brokers_are_where_the_settings_say(overlay: str) -> None:
    resources = rendered(overlay)
    for workload in workloads(resources):
        env = settings_of(resources, workload)
        assert env["HOTLINE_KAFKA_PROTOCOL"] == "ssl"
        files = [env[f"HOTLINE_KAFKA_{name}"] for name in ("CA", "CERT", "KEY")]
        assert files == mounted(workload)


def mounted(workload: Resource) -> list[str]:
    """Files for the brokers, in the order of the secrets."""
    mounts = container_of(workload)["volumeMounts"]
    [folder] = [mount["mountPath"] for mount in mounts if mount["name"] == "kafka-tls"]
    items = [item for s in kafka_tls(workload) for item in s["secret"]["items"]]
    return [f"{folder}/{item['path']}" for item in items]


def kafka_tls(workload: Resource) -> list[Resource]:
    """The sources of the volume."""
    [tls] = [v["projected"] for v in pod_of(workload)["volumes"] if v["name"] == "kafka-tls"]
    found: list[Resource] = tls["sources"]
    return found


def certificate(workload: Resource) -> str:
    found: str = kafka_tls(workload)[1]["secret"]["name"]
    return found


def writers(topic: str) -> set[str]:
    """Users of the cluster that may write to a topic."""
    return {
        user["metadata"]["name"].removeprefix(PREFIX)
        for user in of_kind(rendered("production"), "KafkaUser")
        for acl in user["spec"]["authorization"]["acls"]
        if "Write" in acl["operations"] and covers(acl["resource"], topic)
    }


def covers(resource: dict[str, str], topic: str) -> bool:
    if resource["type"] != "topic":
        return False
    if resource["patternType"] == "prefix":
        return topic.startswith(resource["name"])
    return resource["name"] == topic


def test_who_takes_commands_may_read_and_answer_them() -> None:
    taking = set()
    for name in SERVICES:
        if name != "datasync":  # it records nothing, and has no codec of facts of its own
            module = import_module(f"services.{name}.adapters.codec")
            codec = getattr(module, "CODEC", None)
            taking |= {name} if (codec.commands if codec else module.COMMANDS) else set()
    assert set(COMMANDED) == taking
    assert writers(names.replies_of("desk")) == taking


def test_only_relays_write_facts() -> None:
    assert writers(names.TICKETS) == set(SERVICES)
    assert writers(names.WATERMARKS) == set(SERVICES)
    assert writers(names.REGISTRY) == {"intake", "deadline"}  # who keep registries
    assert writers(names.MEASURES) == {"evaluation"}
    assert writers(names.department_of("nypd")) == {"datasync"}
    assert writers(names.COMMANDS) == set()


def test_a_department_reads_its_own_topic_and_no_other() -> None:
    acls = user_resource(department_user("NYPD"))["spec"]["authorization"]["acls"]
    topics = [acl for acl in acls if acl["resource"]["type"] == "topic"]
    assert [(a["resource"]["name"], a["operations"]) for a in topics] == [
        ("hotline.department.nypd.v1", ["Read", "Describe"])
    ]
    assert topics[0]["resource"]["patternType"] == "literal"


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_of_a_program_is_wired_and_none_is_unknown(overlay: str, name: str) -> None:
    env = environment(rendered(overlay), name)
    cls = SETTINGS.get(name, KernelSettings)
    left = {row["name"] for row in describe(cls)} - env.keys()
    assert left == NOT_WIRED.get(name, set()) | PASSWORD_LOGIN
    settings = parse(cls, env)
    assert not settings.dev
    assert settings.kafka == "hotline-kafka-kafka-bootstrap:9093"


def environment(resources: list[Resource], name: str) -> dict[str, str]:
    """The variables of a program, with a value in place of each reference."""
    workload = named(resources, "StatefulSet", f"hotline-{name}")
    env = settings_of(resources, workload)
    for variable in container_of(workload)["env"]:
        secret = "secretKeyRef" in variable["valueFrom"]
        env[variable["name"]] = SECRETS[variable["name"]] if secret else "0"
    return env


def settings_of(resources: list[Resource], workload: Resource) -> dict[str, str]:
    env: dict[str, str] = {}
    for source in container_of(workload)["envFrom"]:
        env |= named(resources, "ConfigMap", source["configMapRef"]["name"])["data"]
    return env


def test_a_setting_that_no_program_has_would_be_seen() -> None:
    env = environment(rendered("production"), "dispatch") | {"HOTLINE_INTAKE_PORT": "tcp://x"}
    with pytest.raises(BadSetting, match="HOTLINE_INTAKE_PORT is not a setting"):
        parse(KernelSettings, env)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_program_runs_and_topics_are_only_checked_by_the_job(overlay: str) -> None:
    resources = rendered(overlay)
    sets = of_kind(resources, "StatefulSet")
    assert sorted(map(program_of, sets)) == sorted(PROGRAMS)
    assert all(container_of(w)["args"][0] == "serve" for w in sets)
    jobs = {job["metadata"]["name"]: job for job in of_kind(resources, "Job")}
    assert {name: container_of(job)["args"] for name, job in jobs.items()} == {
        "hotline-migrate": ["migrate", "--check-topics"],
        "hotline-restore": ["ops", "topics", "restore"],
    }
    assert [name for name, job in jobs.items() if job["spec"].get("suspend")] == ["hotline-restore"]


def test_no_more_replicas_than_partitions() -> None:
    scaled = of_kind(rendered("production"), "ScaledObject")
    assert {s["spec"]["scaleTargetRef"]["name"] for s in scaled} == {
        f"hotline-{s}" for s in SERVICES
    }
    for each in scaled:
        assert 2 <= each["spec"]["minReplicaCount"] < each["spec"]["maxReplicaCount"] <= 24


DEPARTMENTS = "/spec/kafka/listeners/1"
ALLOWED = {
    "KafkaNodePool": ("/spec/resources", "/spec/jvmOptions", "/spec/storage/volumes/0/size"),
    "Cluster": (
        "/spec/instances", "/spec/storage/size", "/spec/walStorage/size", "/spec/resources",
        "/spec/postgresql/parameters/shared_buffers", "/spec/backup",
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
