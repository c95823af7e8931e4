"""One suite for the keys in a vault, on PostgreSQL and on its twin; and `hotline key`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli import key as cli
from hotline.cli.migrate import migrations
from hotline.cli.running import Running, write_running
from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from services.kernel.api_keys import ApiKeys, KeyExists, KeyVerifier, MemoryApiKeys, make_key
from services.kernel.api_keys_pg import PostgresApiKeys
from services.kernel.identity import Role
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.pool_pg import connect
from services.kernel.problems import Problem

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


@asynccontextmanager
async def vault(stack: StackInfo, namespace: str, service: str) -> AsyncIterator[PostgresApiKeys]:
    pool = await connect(stack.dsn, schema_of(namespace, service), size=2)
    try:
        yield PostgresApiKeys(pool, service, namespace)
    finally:
        await pool.close()


@pytest.fixture(params=["postgres", "memory"])
async def keys(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[ApiKeys]:
    if request.param == "memory":
        yield MemoryApiKeys()
    else:
        stack: StackInfo = request.getfixturevalue("stack")
        await migrate(stack.dsn, "desk", namespace, migrations("dispatch"), 4)
        async with vault(stack, namespace, "desk") as real:
            yield real


async def test_a_key_comes_back_as_it_was_added(keys: ApiKeys) -> None:
    unit, _ = make_key("dot", Role.UNIT, created_at=NOW, unit="DOT")
    later = NOW + timedelta(seconds=1)
    timed, _ = make_key("board", Role.STAFF, created_at=later, expires_at=later + timedelta(days=9))
    await keys.add(unit)
    await keys.add(timed)
    assert await keys.all(10) == [timed, unit]
    assert await keys.all(1) == [timed]


async def test_an_id_is_used_once(keys: ApiKeys) -> None:
    key, _ = make_key("board", Role.STAFF, created_at=NOW)
    await keys.add(key)
    with pytest.raises(KeyExists):
        await keys.add(key)
    assert await keys.all(10) == [key]


async def test_the_first_revocation_counts_and_the_key_stays_on_record(keys: ApiKeys) -> None:
    old, _ = make_key("board", Role.STAFF, created_at=NOW)
    new, _ = make_key("board", Role.STAFF, created_at=NOW + timedelta(days=1))
    await keys.add(old)
    await keys.add(new)
    assert await keys.revoke(new.id, NOW + timedelta(days=2))
    assert await keys.revoke(new.id, NOW + timedelta(days=3))
    living, revoked = await keys.all(10)
    assert (living.id, living.revoked_at) == (old.id, None)
    assert (revoked.id, revoked.revoked_at) == (new.id, NOW + timedelta(days=2))
    assert not await keys.revoke("0" * 12, NOW)


async def test_a_verifier_reads_the_vault(keys: ApiKeys) -> None:
    key, text = make_key("web", Role.CHANNEL, created_at=NOW)
    await keys.add(key)
    assert (await KeyVerifier(keys).verify(text)).roles == {Role.CHANNEL}
    await keys.revoke(key.id, NOW)
    with pytest.raises(Problem):
        await KeyVerifier(keys).verify(text)


# The command, called from threads of its own: it runs a loop itself.


def hotline_key(run_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.command, ["--run-dir", str(run_dir), *words])


@pytest.fixture
async def city(stack: StackInfo, namespace: str, tmp_path: Path) -> Path:
    """The run folder of a city whose five services are installed."""
    for service in SERVICES:
        await migrate(stack.dsn, service, namespace, migrations(service), 4)
    write_running(Running(stack.bootstrap, stack.dsn, namespace, "nyc", 4, {}, tmp_path))
    return tmp_path


async def called(run_dir: Path, *words: str) -> str:
    result = await asyncio.to_thread(hotline_key, run_dir, *words)
    assert result.exit_code == 0, result.output
    return result.output.strip()


async def proven(stack: StackInfo, namespace: str, text: str) -> Sequence[bool]:
    found = []
    for service in SERVICES:
        async with vault(stack, namespace, service) as keys:
            try:
                await KeyVerifier(keys).verify(text)
                found.append(True)
            except Problem:
                found.append(False)
    return found


async def test_a_key_works_at_every_service_until_it_is_revoked(
    stack: StackInfo, namespace: str, city: Path
) -> None:
    text = await called(city, "add", "unit", "--name", "dot", "--unit", "DOT")
    never = await called(city, "list")
    assert never.endswith("never used")
    assert await proven(stack, namespace, text) == [True] * 5
    line = await called(city, "list")
    key_id, secret = text.split("_")[1:]
    assert line.split()[:-1] == [key_id, "unit", "dot", "DOT", "valid", "used"]
    assert secret not in line
    await called(city, "revoke", key_id)
    assert await proven(stack, namespace, text) == [False] * 5
    assert "revoked" in await called(city, "list")


async def test_a_rotated_key_works_beside_its_successor_until_the_overlap_ends(
    stack: StackInfo, namespace: str, city: Path
) -> None:
    old = await called(city, "add", "unit", "--name", "dot", "--unit", "DOT")
    new = await called(city, "rotate", old.split("_")[1])
    assert new != old
    assert await proven(stack, namespace, old) == await proven(stack, namespace, new) == [True] * 5
    first, second = sorted((await called(city, "list")).splitlines(), key=lambda li: "until" in li)
    assert (first.split()[1:5], "until" in second) == (["unit", "dot", "DOT", "valid"], True)
    last = await called(city, "rotate", new.split("_")[1], "--overlap", "0")
    assert await proven(stack, namespace, new) == [False] * 5
    assert await proven(stack, namespace, last) == [True] * 5
    ended = await asyncio.to_thread(hotline_key, city, "rotate", new.split("_")[1])
    assert (ended.exit_code, "has ended" in ended.output) == (1, True)
    unknown = await asyncio.to_thread(hotline_key, city, "rotate", "nothing")
    assert (unknown.exit_code, "no key nothing" in unknown.output) == (1, True)


async def test_the_last_use_stays_and_an_end_never_moves_later(keys: ApiKeys) -> None:
    key, _ = make_key("web", Role.CHANNEL, created_at=NOW)
    await keys.add(key)
    for at in (NOW + timedelta(1), NOW):
        await keys.used(key.id, at)
    for end in (NOW + timedelta(3), NOW + timedelta(2), NOW + timedelta(9)):
        await keys.expire(key.id, end)
    (found,) = await keys.all(1)
    assert (found.last_used_at, found.expires_at) == (NOW + timedelta(1), NOW + timedelta(2))


async def test_a_mistake_is_one_sentence_and_changes_nothing(city: Path, tmp_path: Path) -> None:
    for words, said in (
        (["add", "unit", "--name", "dot"], "names its unit"),
        (["add", "staff", "--name", "x", "--expires", "2001-01-01"], "ends after it begins"),
        (["revoke", "nothing"], "no key nothing"),
    ):
        result = await asyncio.to_thread(hotline_key, city, *words)
        assert result.exit_code == 1
        assert said in result.output
    assert await called(city, "list") == ""
    nowhere = await asyncio.to_thread(hotline_key, tmp_path / "nowhere", "list")
    assert "Nothing was started" in nowhere.output


async def test_an_uninstalled_city_is_named(stack: StackInfo, tmp_path: Path) -> None:
    write_running(Running(stack.bootstrap, stack.dsn, "nobody", "nyc", 4, {}, tmp_path))
    result = await asyncio.to_thread(hotline_key, tmp_path, "list")
    assert (result.exit_code, "hotline migrate" in result.output) == (1, True)
