"""API keys: made once, stored as hashes, proven from a copy that is at most seconds old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.kernel.api_keys import (
    FRESH_S,
    PROVEN_S,
    ApiKey,
    KeyVerifier,
    MemoryApiKeys,
    make_key,
)
from services.kernel.identity import Principal, Role
from services.kernel.problems import Problem
from services.kernel.store import StoreUnavailable
from services.kernel.telemetry import scrub

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Vault(MemoryApiKeys):
    """A vault whose store can be down or slow."""

    down = False
    slow: asyncio.Event | None = None

    async def all(self, limit: int) -> list[ApiKey]:
        if self.slow is not None:
            await self.slow.wait()
        if self.down:
            self.reads += 1
            raise StoreUnavailable("gone")
        return await super().all(limit)


class Desk:
    """A verifier, its vault and its clock."""

    def __init__(self) -> None:
        self.vault = Vault()
        self.elapsed_s = 0.0
        self.verifier = KeyVerifier(
            self.vault, lambda: NOW.timestamp() + self.elapsed_s, lambda: self.elapsed_s
        )

    async def given(self, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
        key, text = make_key("board", Role.STAFF, created_at=NOW, expires_at=expires_at)
        await self.vault.add(key)
        return key, text

    async def refused(self, text: str) -> str:
        return await refused(self.verifier.verify(text))


async def refused(verifying: Awaitable[Principal], status: int = 401) -> str:
    with pytest.raises(Problem) as raised:
        await verifying
    assert raised.value.status_code == status
    return raised.value.detail


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_key_proves_its_caller_with_role_and_unit(desk: Desk) -> None:
    key, text = make_key("dot", Role.UNIT, created_at=NOW, unit="DOT")
    await desk.vault.add(key)
    found = await desk.verifier.verify(text)
    until = NOW.timestamp() + PROVEN_S
    assert found == Principal("dot", frozenset({Role.UNIT}), unit="DOT", expires_at=until)


async def test_the_vault_does_not_hold_the_secret(desk: Desk) -> None:
    key, text = await desk.given()
    secret = text.rpartition("_")[2]
    assert secret not in repr(key)
    assert bytes.fromhex(secret) not in key.hash
    assert text.startswith(f"hk_{key.id}_")


def test_two_keys_share_neither_id_nor_secret() -> None:
    texts = [make_key("board", Role.STAFF, created_at=NOW)[1] for _ in range(50)]
    assert len({t.split("_")[1] for t in texts}) == len({t.split("_")[2] for t in texts}) == 50


def test_a_log_line_hides_a_key() -> None:
    _, text = make_key("board", Role.STAFF, created_at=NOW)
    assert scrub(f"came with {text} today") == "came with [hidden] today"


async def test_one_wrong_digit_is_refused(desk: Desk) -> None:
    _, text = await desk.given()
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert await desk.refused(wrong) == "The API key is not valid."


async def test_the_secret_of_another_key_is_refused(desk: Desk) -> None:
    (one, _), (_, other) = await desk.given(), await desk.given()
    await desk.refused(f"hk_{one.id}_{other.rpartition('_')[2]}")


@pytest.mark.parametrize(
    "text", ["hk_", "hk_x_y", "hk_" + "0" * 12 + "_" + "0" * 64, "hk_é_ü", "hk_" + "0" * 9_000]
)
async def test_a_key_that_nobody_made_is_refused_in_the_same_words(desk: Desk, text: str) -> None:
    await desk.given()
    assert await desk.refused(text) == "The API key is not valid."


async def test_a_key_ends_at_its_instant(desk: Desk) -> None:
    _, text = await desk.given(expires_at=NOW + timedelta(seconds=30))
    assert (await desk.verifier.verify(text)).expires_at == NOW.timestamp() + 30
    desk.elapsed_s = 29.9
    await desk.verifier.verify(text)
    desk.elapsed_s = 30.0
    await desk.refused(text)


async def test_a_revoked_key_is_refused_within_seconds(desk: Desk) -> None:
    key, text = await desk.given()
    await desk.verifier.verify(text)
    await desk.vault.revoke(key.id, NOW)
    desk.elapsed_s = FRESH_S
    await desk.refused(text)


async def test_a_new_key_works_within_seconds(desk: Desk) -> None:
    _, first = await desk.given()
    await desk.verifier.verify(first)
    _, second = await desk.given()
    await desk.refused(second)
    desk.elapsed_s = FRESH_S
    await desk.verifier.verify(second)


async def test_requests_and_garbage_cost_one_query_per_span(desk: Desk) -> None:
    _, text = await desk.given()
    for number in range(20):
        await desk.verifier.verify(text)
        await desk.refused(f"hk_{number:012x}_{number:064x}")
    assert desk.vault.reads == 1
    desk.elapsed_s = FRESH_S
    await desk.verifier.verify(text)
    assert desk.vault.reads == 2


async def test_the_use_of_a_key_is_noted_once_a_minute(desk: Desk) -> None:
    key, text = await desk.given()
    for desk.elapsed_s in (1.0, 1.0 + PROVEN_S / 2):
        await desk.verifier.verify(text)
    assert desk.vault.keys[key.id].last_used_at == NOW + timedelta(seconds=1)
    desk.elapsed_s = 1.0 + PROVEN_S
    await desk.verifier.verify(text)
    assert desk.vault.keys[key.id].last_used_at == NOW + timedelta(seconds=1 + PROVEN_S)


async def test_a_use_that_cannot_be_noted_keeps_nobody_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_id: str, _at: datetime) -> None:
        raise StoreUnavailable("gone")

    _, text = await desk.given()
    monkeypatch.setattr(desk.vault, "used", gone)
    assert (await desk.verifier.verify(text)).name == "board"


async def test_callers_at_once_wait_for_one_query(desk: Desk) -> None:
    _, text = await desk.given()
    desk.vault.slow = asyncio.Event()
    callers = [asyncio.create_task(desk.verifier.verify(text)) for _ in range(10)]
    await asyncio.sleep(0)
    desk.vault.slow.set()
    assert {p.name for p in await asyncio.gather(*callers)} == {"board"}
    assert desk.vault.reads == 1


async def test_without_a_store_no_key_is_believed_and_the_store_is_left_in_peace(
    desk: Desk,
) -> None:
    _, text = await desk.given()
    await desk.verifier.verify(text)
    desk.vault.down, desk.elapsed_s = True, FRESH_S
    for _ in range(5):
        await refused(desk.verifier.verify(text), 503)
    assert desk.vault.reads == 2
    desk.vault.down, desk.elapsed_s = False, 2 * FRESH_S
    await desk.verifier.verify(text)


@pytest.mark.parametrize(
    ("role", "unit", "department", "expires_at"),
    [
        (Role.UNIT, "", "", None),
        (Role.DEPARTMENT, "", "", None),
        (Role.DEPARTMENT, "DOT", "", None),
        (Role.STAFF, "DOT", "", None),
        (Role.STAFF, "", "DOT", None),
        (Role.CITIZEN, "", "", None),
        (Role.STAFF, "", "", NOW),
    ],
)
def test_a_key_that_could_do_too_much_or_nothing_is_not_made(
    role: Role, unit: str, department: str, expires_at: datetime | None
) -> None:
    with pytest.raises(ValueError, match="key"):
        make_key("x", role, created_at=NOW, unit=unit, department=department, expires_at=expires_at)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201])
def test_a_name_is_printable_and_short(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        make_key(name, Role.STAFF, created_at=NOW)


async def test_a_key_with_another_hash_of_the_same_id_is_refused(desk: Desk) -> None:
    key, text = await desk.given()
    desk.vault.keys[key.id] = replace(key, hash=bytes(32))
    await desk.refused(text)
