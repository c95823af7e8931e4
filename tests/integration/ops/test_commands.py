"""`hotline ops` on a city that runs: what an operator types, and what comes back."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Sequence

import asyncpg
import httpx
import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner

from hotline import __version__
from hotline.cli.main import cli
from hotline.cli.migrate import migrations
from hotline.ops.look import look
from hotline.ops.master_key import rewrap
from hotline.ops.place import CityPlace
from hotline.programs import SERVICES
from services.kernel.migrate import migrate
from services.kernel.names import COMMANDS, PARKED, topic_of
from services.kernel.personal import MasterKeys, new_key
from tests.integration.ops.conftest import City
from tests.support import custom_resources
from tests.support.stack import new_namespace

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def hotline(city: City, *words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code, and all that it said; in a thread, for it has a loop of its own."""
    unset: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith("HOTLINE_")
    }
    given = {**unset, "COLUMNS": "160", **(city.env() if env is None else env)}
    done = await asyncio.to_thread(CliRunner(env=given).invoke, cli, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def place(city: City) -> CityPlace:
    here = city.place
    return CityPlace(here.kafka, here.dsn, here.namespace, here.city, here.buckets)


def row(said: str, name: str) -> Sequence[str]:
    [line] = [line for line in said.splitlines() if line.startswith(name)]
    return line.split()


async def test_status_is_one_screen_of_all_services(city: City) -> None:
    await city.post(2)
    code, said = await hotline(city, "ops", "--run-dir", str(city.place.run_dir), "status", env={})
    assert code == 0, said
    assert len(said.splitlines()) <= 24
    for name in SERVICES:
        _, ready, members, buckets, facts, *_ = row(said, name)
        assert (ready, members, buckets) == ("yes", "1", "24")
        assert f"{name}-0: 0-23" in said
        assert int(facts.replace(",", "")) > 0 or name in ("evaluation", "datasync")
    assert "live windows: windows-0: 0-" in said
    assert "push: " in said or "waiting" in said


async def test_drain_waits_until_nothing_is_on_its_way(city: City) -> None:
    await city.post(5)
    code, said = await hotline(city, "ops", "drain", "--timeout", "30")
    assert code == 0, said
    assert said.endswith("Nothing is on its way: the services may be stopped.\n")
    assert (await look(place(city))).underway() == {}


async def test_a_service_that_is_stopped_is_seen_and_named(city: City) -> None:
    await city.programs.kill("evaluation")
    await city.post(2)
    try:
        code, said = await hotline(city, "ops", "drain", "--timeout", "3")
        assert code == 1
        assert "evaluation: records to read: " in said
        code, said = await hotline(city, "ops", "lag", "--json")
        rows = [r for r in json.loads(said) if r["service"] == "evaluation" and r["records"]]
        assert rows
        assert {r["topic"] for r in rows} == {topic_of(city.place.namespace, "hotline.tickets.v1")}
        assert rows[0]["worst_partition"] in range(24)
        await asyncio.sleep(6.5)  # a static member is missed after its session
        code, said = await hotline(city, "ops", "doctor")
        assert code == 1
        assert "wrong evaluation: 24 buckets have no owner: start it" in said
        shown = await hotline(city, "ops", "--run-dir", str(city.place.run_dir), "status", env={})
        assert "no answer" in shown[1]
    finally:
        await city.programs.restart("evaluation")


async def test_lag_is_a_line_per_service(city: City) -> None:
    code, said = await hotline(city, "ops", "lag")
    assert code == 0
    for name in SERVICES:
        assert name in said


async def test_doctor_finds_a_sound_city_sound_and_says_what_it_would_not_survive(
    city: City,
) -> None:
    code, said = await hotline(city, "ops", "drain")
    code, said = await hotline(city, "ops", "doctor")
    assert code == 0, said
    assert "look  no synchronous standby: " in said
    assert "look  the tickets topic has 1 copies: use three brokers" in said
    for words in ("PostgreSQL 18", "clocks are ", "the database holds ", "1 brokers", "brokers: ",
                  "every bucket has an owner and nothing is parked", "the live windows run",
                  f"every process runs release {__version__}"):  # fmt: skip
        assert f"ok    {words}" in said, said
    assert all(f"ok    {name}: " in said for name in SERVICES)


async def test_doctor_says_what_does_not_answer_and_what_is_not_installed(city: City) -> None:
    env = city.env()
    code, said = await hotline(
        city, "ops", "doctor", env=env | {"HOTLINE_DSN": "postgresql://x:y@127.0.0.1:1/z"}
    )
    assert code == 1
    assert "wrong the store cannot be used" in said
    code, said = await hotline(city, "ops", "doctor", env=env | {"HOTLINE_NAMESPACE": "nobody"})
    assert code == 1
    assert "wrong intake is not installed: run `hotline migrate`" in said
    assert "wrong topics: make    hotline.tickets.v1 with 24 partitions" in said
    code, said = await hotline(city, "ops", "doctor", env=env | {"HOTLINE_KAFKA": "127.0.0.1:1"})
    assert code == 1
    assert "wrong the brokers cannot be used" in said
    assert "Traceback" not in said
    code, said = await hotline(city, "ops", "doctor", env=env | {"HOTLINE_BUKETS": "24"})
    assert "did you mean HOTLINE_BUCKETS" in said


async def test_topics_are_planned_then_put_right(city: City) -> None:
    code, said = await hotline(city, "ops", "topics", "apply", "--dry-run")
    assert (code, said.endswith(" topics are as they should be.\n")) == (0, True)
    spoiled, gone = topic_of(city.place.namespace, COMMANDS), PARKED
    admin = AIOKafkaAdminClient(bootstrap_servers=city.place.kafka, request_timeout_ms=10_000)
    await admin.start()
    try:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, spoiled, {"retention.ms": "1000"})]
        )
        await admin.delete_topics([topic_of(city.place.namespace, gone)])
    finally:
        await admin.close()
    code, said = await hotline(city, "ops", "topics", "apply", "--dry-run")
    assert code == 1
    assert f"make    {gone} with 1 partitions" in said
    assert f"change  {spoiled}: retention.ms from 1000 to 604800000" in said
    assert f"change  {spoiled}: message.timestamp.type" not in said, "the brokers' default"
    code, said = await hotline(city, "ops", "topics", "apply")
    assert code == 0, said
    code, said = await hotline(city, "ops", "topics", "apply", "--dry-run")
    assert code == 0, said


async def test_other_partitions_are_refused_in_words(city: City) -> None:
    env = city.env() | {"HOTLINE_BUCKETS": "12"}
    code, said = await hotline(city, "ops", "topics", "apply", env=env)
    assert code == 1
    assert "hotline.tickets.v1 has 24 partitions, not 12: keys would move" in said


async def test_a_department_is_added_with_topic_and_key(city: City) -> None:
    code, said = await hotline(city, "ops", "department", "add", "NYPD", "--sender", "precinct-1")
    assert code == 0, said
    assert "hotline.department.nypd.v1: was there" in said
    assert "hotline.replies.precinct-1.v1: made" in said
    assert "subscription: nypd" in said
    key = said.strip().rpartition(" ")[2]
    assert key.startswith("hk_")
    async with httpx.AsyncClient(trust_env=False) as http:
        feed = f"{city.place.urls['datasync']}/v1/feeds/nypd"
        other = f"{city.place.urls['datasync']}/v1/feeds/dot"
        headers = {"Authorization": f"Bearer {key}"}
        assert (await http.get(feed, headers=headers)).status_code == 200
        assert (await http.get(other, headers=headers)).status_code == 403


async def test_a_departments_resources_for_a_cluster(city: City) -> None:
    code, said = await hotline(city, "ops", "department", "add", "DOT", "--kubernetes")
    assert code == 0, said
    topic, user = yaml.safe_load_all(said)
    assert (topic["kind"], topic["metadata"]["name"]) == ("KafkaTopic", "hotline.department.dot.v1")
    assert (user["kind"], user["metadata"]["name"]) == ("KafkaUser", "hotline-department-dot")
    assert custom_resources.errors(topic) == custom_resources.errors(user) == []


async def test_a_channel_is_given_what_it_needs_to_submit_by_kafka(city: City) -> None:
    for outcome in ("made", "was there"):
        code, said = await hotline(city, "ops", "channel", "add", "kiosk-desk")
        assert (code, said) == (0, f"hotline.replies.kiosk-desk.v1: {outcome}\n")
    code, said = await hotline(city, "ops", "channel", "add", "kiosk-desk", "--kubernetes")
    assert code == 0, said
    topic, user = yaml.safe_load_all(said)
    assert topic["metadata"]["name"] == "hotline.replies.kiosk-desk.v1"
    assert user["metadata"]["name"] == "hotline-channel-kiosk-desk"
    assert custom_resources.errors(topic) == custom_resources.errors(user) == []


async def test_a_unit_of_a_later_directory_is_given_what_it_needs_to_command_by_kafka(
    city: City,
) -> None:
    for outcome in ("made", "was there"):
        code, said = await hotline(city, "ops", "unit", "add", "unit-libraries")
        assert (code, said) == (0, f"hotline.replies.unit-libraries.v1: {outcome}\n")
    code, said = await hotline(city, "ops", "unit", "add", "unit-libraries", "--kubernetes")
    assert code == 0, said
    topic, user = yaml.safe_load_all(said)
    assert topic["metadata"]["name"] == "hotline.replies.unit-libraries.v1"
    assert user["metadata"]["name"] == "hotline-sender-unit-libraries"
    assert custom_resources.errors(topic) == custom_resources.errors(user) == []


async def test_a_department_without_a_rule_is_told_where_to_write_one(city: City) -> None:
    code, said = await hotline(city, "ops", "department", "add", "FBI")
    assert code == 1
    assert "FBI has no subscription: write one into services/datasync/registry/nyc/" in said


async def test_the_master_key_rotates_and_the_old_one_may_go(city: City) -> None:
    namespace = new_namespace()  # of its own: the city's keys are wrapped by a key of this machine
    await migrate(city.place.dsn, "intake", namespace, migrations("intake"), 24, "nyc")
    old, vault = new_key(), f"{namespace}_intake_vault"
    store = await asyncpg.connect(city.place.dsn)
    try:
        keys = {f"p{n:04}": new_key() for n in range(1_203)}
        masters = MasterKeys([old])
        await store.executemany(
            f"insert into {vault}.person (person, wrapped) values ($1, $2)",
            [(person, masters.wrap(person, key)) for person, key in keys.items()],
        )
        await store.execute(f"insert into {vault}.person (person, wrapped) values ('gone', null)")
        code, said = await hotline(city, "ops", "keys", "new")
        new = base64.b64decode(said)
        assert (code, len(new)) == (0, 32)
        texts = [base64.b64encode(key).decode() for key in (new, old)]
        env = city.env() | {"HOTLINE_MASTER_KEY": texts[0], "HOTLINE_NAMESPACE": namespace}
        code, said = await hotline(city, "ops", "keys", "rotate", env=env)
        assert code == 1
        assert "1203 are wrapped by a key that was not given, the first that of p0000" in said
        env["HOTLINE_MASTER_KEY"] = ",".join(texts)
        code, said = await hotline(city, "ops", "keys", "rotate", env=env)
        assert code == 0, said
        assert said.startswith("1203 of 1203 person keys were wrapped again.")
        rows = await store.fetch(f"select person, wrapped from {vault}.person where wrapped <> ''")
        alone = MasterKeys([new])
        assert {r["person"]: alone.unwrap(r["person"], r["wrapped"]) for r in rows} == keys
        again = await rewrap(store, namespace, [new])
        assert (again.total, again.rewrapped, again.unreadable) == (1_203, 0, ())
    finally:
        await store.close()


async def test_rotating_without_a_key_is_one_sentence(city: City) -> None:
    code, said = await hotline(city, "ops", "keys", "rotate")
    assert (code, said.count("\n")) == (1, 1)
    assert "HOTLINE_MASTER_KEY is not set" in said
