"""Each of the five services, and each view, from the topic alone, while everything runs on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from hotline.cli.place import Place
from hotline.cli.rebuild import VIEWS, command
from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from services.kernel.names import vault_of
from tests.support.drills import BUCKETS, drill_city
from tests.support.past import CITY, execute, with_past

COUNT = "update {schema}.bucket set next_position = next_position {by} where bucket = 0"


async def rebuilt(place: Place, *words: str) -> Result:
    where = ["--kafka", place.kafka, "--dsn", place.dsn, "--namespace", place.namespace]
    where += ["--city", CITY, "--buckets", str(place.buckets)]
    return await asyncio.to_thread(CliRunner().invoke, command, [*words, *where])


@pytest.mark.timeout(300)
async def test_every_service_and_view_comes_back_the_same_while_the_city_runs(
    stack: StackInfo, namespace: str, tmp_path: Path
) -> None:
    async with drill_city(stack, namespace, tmp_path) as city:
        async with city.load(in_flight=20):
            await asyncio.sleep(4.0)
        await city.sound()
        before = {name: await city.digest(name) for name in SERVICES}
        for service, view in VIEWS:
            done = await rebuilt(city.place, service, "--from", "kafka", "--view", view)
            assert done.exit_code == 0, done.output
            assert await city.digest(service) == before[service], (service, view)
        for service in SERVICES:
            done = await rebuilt(city.place, service, "--from", "kafka")
            assert done.exit_code == 0, done.output
            assert "By design these do not come back" in done.output
            await city.quiet()
            assert await city.digest(service) == before[service], service
        async with city.load(in_flight=10):  # each reacts and decides as ever
            await asyncio.sleep(2.0)
        await city.sound()


async def test_what_was_not_relayed_is_not_thrown_away(
    stack: StackInfo, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.rebuilding.PATIENCE_S", 0.5)
    place = await with_past(stack, namespace, 20, 4, ["dispatch"])
    await execute(
        place,
        "insert into {schema}.event select bucket, position + 1, 'unsent', 1, type, data, "
        "metadata, time, recorded_at from {schema}.event where bucket = 0 "
        "order by position desc limit 1",
    )
    await execute(place, COUNT.format(by="+ 1", schema="{schema}"))
    done = await rebuilt(place, "dispatch", "--from", "kafka")
    assert done.exit_code == 1
    assert "1 facts of buckets [0] are not on the topic: nothing was changed" in done.output
    await execute(place, "delete from {schema}.event where stream = 'unsent'")
    await execute(
        place, "update {schema}.bucket set next_position = next_position - 1 where bucket = 0"
    )
    done = await rebuilt(place, "dispatch", "--from", "kafka")
    assert done.exit_code == 0, done.output
    assert f"dispatch: {7 * 20} facts, digest " in done.output


async def test_a_rebuild_that_was_broken_off_is_called_again(
    stack: StackInfo, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await with_past(stack, namespace, 20, 4, ["dispatch"])

    async def broken(*_: object) -> None:
        raise OSError("the machine is gone")

    with monkeypatch.context() as patched:
        patched.setattr("services.kernel.rebuilding.Healer.read_all", broken)
        assert (await rebuilt(place, "dispatch", "--from", "kafka")).exit_code == 1
    done = await rebuilt(place, "dispatch", "--from", "kafka")
    assert done.exit_code == 0, done.output
    assert f"dispatch: {7 * 20} facts, digest " in done.output


async def test_the_vault_is_not_touched_and_what_does_not_come_back_is_said(
    stack: StackInfo, namespace: str
) -> None:
    """An answer to a rejected command is on no topic; a rebuild must not lose it."""
    place = await with_past(stack, namespace, 20, 4, ["dispatch"])
    await execute(
        place,
        "insert into {vault}.command (sender, key, ticket, body_hash, status, body, version, "
        "bucket, position) values ('web', 'k1', 't1', '\\x01', 409, '{}', 3, 0, 0)",
    )
    before = await vault_of_dispatch(place)
    done = await rebuilt(place, "dispatch", "--from", "kafka")
    assert done.exit_code == 0, done.output
    assert await vault_of_dispatch(place) == before
    assert "'k1'" in str(before["command"])
    for what in ("epochs", "in memory", "idle inputs", "Answers to rejected commands"):
        assert what in done.output, done.output


async def vault_of_dispatch(place: Place) -> dict[str, list[str]]:
    """Every table with its rows, as they would be dumped."""
    vault = vault_of(place.namespace, "dispatch")
    connection = await asyncpg.connect(place.dsn, timeout=10.0)
    try:
        found = await connection.fetch(
            "select tablename from pg_tables where schemaname = $1 order by 1", vault
        )
        rows = {t: await connection.fetch(f"select v.* from {vault}.{t} v") for (t,) in found}
        return {t: sorted(map(str, lines)) for t, lines in rows.items()}
    finally:
        await connection.close()


async def test_a_view_that_is_none_is_named(stack: StackInfo, namespace: str) -> None:
    place = Place(stack.bootstrap, stack.dsn, namespace, CITY, BUCKETS)
    done = await rebuilt(place, "deadline", "--from", "kafka", "--view", "figures")
    assert done.exit_code == 2
    assert "it has: clocks timers" in done.output
