"""compose.yaml: one command, gated by health, and every word of it one that the code knows."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from hotline.cli.main import COMMANDS
from hotline.dev import kafka
from hotline.programs import PROGRAMS
from services.kernel.settings import KernelSettings, parse
from tests.support.images import ROOT, only, stages, variables
from tests.support.stack import KAFKA_IMAGE, POSTGRES_IMAGE

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
FINAL = stages((ROOT / "Dockerfile").read_text("utf-8"))[-1]


def test_it_runs_every_program_and_nothing_else() -> None:
    assert set(SERVICES) == {"kafka", "postgres", "migrate", *PROGRAMS}
    for name in PROGRAMS:
        assert SERVICES[name]["command"] == ["serve", name]
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert {"serve", "migrate"} <= set(COMMANDS)


def test_broker_and_store_are_those_of_the_tests() -> None:
    assert SERVICES["kafka"]["image"] == KAFKA_IMAGE
    assert SERVICES["postgres"]["image"] == POSTGRES_IMAGE
    told = SERVICES["kafka"]["environment"]
    same = (
        "auto.create.topics.enable",
        "log.message.timestamp.type",
        "unclean.leader.election.enable",
        "min.insync.replicas",
    )
    for key in same:
        assert told["KAFKA_" + key.upper().replace(".", "_")] == kafka.settings()[key]


def test_each_waits_until_what_it_needs_is_healthy() -> None:
    needs = SERVICES["migrate"]["depends_on"]
    assert needs == {
        "kafka": {"condition": "service_healthy"},
        "postgres": {"condition": "service_healthy"},
    }
    assert all("test" in SERVICES[name]["healthcheck"] for name in needs)
    for name in PROGRAMS:
        waits = SERVICES[name]["depends_on"]
        assert waits == {"migrate": {"condition": "service_completed_successfully"}}
        assert "healthcheck" not in SERVICES[name], "the image's own counts"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_settings_are_accepted_by_the_code(name: str) -> None:
    env = {k: v.replace("${HOTLINE_CITY:-nyc}", "nyc") for k, v in told(name).items()}
    settings = parse(KernelSettings, env)
    assert settings.kafka == "kafka:9092"
    assert settings.city == "nyc"


def told(name: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[name]["environment"]
    return found


@pytest.mark.parametrize("name", ["migrate", *PROGRAMS])
def test_each_is_restricted(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service, "the image's own"


def test_the_ports_lead_to_the_images_port_from_this_machine_only() -> None:
    port = variables(FINAL)["HOTLINE_HTTP_PORT"]
    assert port == only(FINAL, "EXPOSE").text
    published = [place for name in PROGRAMS for place in SERVICES[name]["ports"]]
    assert len(set(published)) == len(PROGRAMS)
    for place in published:
        address, _, inner = place.split(":")
        assert (address, inner) == ("127.0.0.1", port)


def test_what_is_kept_lies_in_volumes_that_are_declared() -> None:
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    }
    assert used == set(COMPOSE["volumes"])
    [keys] = SERVICES["intake"]["volumes"]
    assert keys.split(":")[1] == variables(FINAL)["HOTLINE_RUN_DIR"]


def test_development_keys_are_made_by_intake_alone() -> None:
    assert [n for n in PROGRAMS if told(n).get("HOTLINE_DEV") == "1"] == ["intake"]
