"""Topics, users and settings of a cluster are those of the code: all of them and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

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


def topics_differ(resources: list[Resource]) -> Iterator[str]:
    wanted = {t.name: t for t in [*ticket_topics(24), *changelog_topics()]}
    found = {t["spec"]["topicName"]: t["spec"] for t in of_kind(resources, "KafkaTopic")}
    yield from (f"topic {name}" for name in found.keys() ^ wanted.keys())
    for name in found.keys() & wanted.keys():
        if found[name]["partitions"] != wanted[name].partitions:
            yield f"partitions of {name}"
        if found[name]["config"] != wanted[name].settings():
            yield f"settings of {name}"


def users_differ(resources: list[Resource]) -> Iterator[str]:
    """Each has one, with a certificate that is mounted where it is used."""
    found = {u["metadata"]["name"]: u["spec"] for u in of_kind(resources, "KafkaUser")}
    wanted = {PREFIX + user.name: user_resource(user)["spec"] for user in users()}
    yield from (f"user {name}" for name in found.keys() ^ wanted.keys())
    yield from (f"rights of {n}" for n in found.keys() & wanted.keys() if found[n] != wanted[n])
    mounted = {w["metadata"]["name"]: certificate(w) for w in workloads(resources)}
    others = {"hotline-restore": "hotline-intake"}  # it may write facts and registries
    if mounted != {name: name for name in wanted} | others:
        yield "certificates"


def files_differ(resources: list[Resource]) -> Iterator[str]:
    """The files for the brokers are where the settings say."""
    for workload in workloads(resources):
        env = settings_of(resources, workload)
        files = [env[f"HOTLINE_KAFKA_{name}"] for name in ("CA", "CERT", "KEY")]
        if env["HOTLINE_KAFKA_PROTOCOL"] != "ssl" or files != mounted(workload):
            yield f"files of {workload['metadata']['name']}"


def scaled_too_far(resources: list[Resource]) -> Iterator[str]:
    """A replica more than there are partitions would have nothing to do."""
    for each in of_kind(resources, "ScaledObject"):
        if not 2 <= each["spec"]["minReplicaCount"] < each["spec"]["maxReplicaCount"] <= 24:
            yield f"replicas of {each['spec']['scaleTargetRef']['name']}"


CHECKS = (topics_differ, users_differ, files_differ, scaled_too_far)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_cluster_has_what_the_code_has_and_nothing_more(
    overlay: str, check: Callable[[list[Resource]], Iterator[str]]
) -> None:
    assert list(check(rendered(overlay))) == []


def intakes(resources: list[Resource]) -> Resource:
    return named(resources, "StatefulSet", "hotline-intake")


CHANGES: list[tuple[str, Callable[[list[Resource]], object]]] = [
    ("topic hotline.parked.v1", lambda r: r.remove(named(r, "KafkaTopic", names.PARKED))),
    (
        "topic hotline.more.v1",
        lambda r: of_kind(r, "KafkaTopic")[0]["spec"].update(topicName="hotline.more.v1"),
    ),
    (
        "partitions of hotline.tickets.v1",
        lambda r: named(r, "KafkaTopic", names.TICKETS)["spec"].update(partitions=12),
    ),
    (
        "settings of hotline.tickets.v1",
        lambda r: named(r, "KafkaTopic", names.TICKETS)["spec"]["config"].pop("retention.ms"),
    ),
    ("user hotline-intake", lambda r: r.remove(named(r, "KafkaUser", "hotline-intake"))),
    (
        "user mallory",
        lambda r: r.append({"kind": "KafkaUser", "metadata": {"name": "mallory"}, "spec": {}}),
    ),
    (
        "rights of hotline-windows",
        lambda r: named(r, "KafkaUser", "hotline-windows")["spec"]["authorization"]["acls"].pop(),
    ),
    ("certificates", lambda r: kafka_tls(intakes(r))[1]["secret"].update(name="hotline-dispatch")),
    (
        "files of hotline-intake",
        lambda r: kafka_tls(intakes(r))[0]["secret"]["items"][0].update(path="other.crt"),
    ),
    (
        "replicas of hotline-datasync",
        lambda r: of_kind(r, "ScaledObject")[0]["spec"].update(maxReplicaCount=25),
    ),
]


@pytest.mark.parametrize(("words", "change"), CHANGES)
def test_what_differs_is_seen(words: str, change: Callable[[list[Resource]], object]) -> None:
    resources = rendered("production")
    change(resources)
    assert words in [said for check in CHECKS for said in check(resources)]


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
    assert writers(names.REGISTRY) == set(SERVICES)
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


def test_every_service_is_scaled() -> None:
    scaled = of_kind(rendered("production"), "ScaledObject")
    targets = {s["spec"]["scaleTargetRef"]["name"] for s in scaled}
    assert targets == {f"hotline-{s}" for s in SERVICES}
