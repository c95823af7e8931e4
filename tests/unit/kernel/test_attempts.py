"""Failed logins are slowed down, per address and key, in bounded memory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.kernel.api_keys import MemoryApiKeys, make_key
from services.kernel.attempts import MOST_OF_ADDRESS, MOST_OF_KEY, MOST_REMEMBERED, WINDOW_S
from services.kernel.identity import Role
from services.kernel.problems import Problem
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, parse

NOW = datetime.now(UTC)
HERE, THERE = "198.51.100.7", "198.51.100.8"
LEAST = {"HOTLINE_KAFKA": "k:1", "HOTLINE_DSN": "postgresql://u:p@h/d"}


class Door:
    """One process' security on a clock of the test's own."""

    def __init__(self, run_dir: Path) -> None:
        self.keys, self.elapsed_s = MemoryApiKeys(), 0.0
        settings = parse(KernelSettings, {**LEAST, "HOTLINE_RUN_DIR": str(run_dir)})
        self.security = Security.of(settings, self.keys)
        self.security._attempts._now = lambda: NOW.timestamp() + self.elapsed_s

    async def key(self) -> str:
        key, text = make_key("board", Role.STAFF, created_at=NOW)
        await self.keys.add(key)
        return text

    async def knock(self, token: str, host: str = HERE) -> int:
        request: Any = SimpleNamespace(
            headers={"authorization": f"Bearer {token}"}, client=SimpleNamespace(host=host)
        )
        try:
            await self.security.principal(request)
        except Problem as problem:
            waits = int((problem.headers or {}).get("Retry-After", 0))
            return problem.status_code if 0 <= waits <= WINDOW_S else 0
        return 200


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def wrong(text: str) -> str:
    """The same key with another secret."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


async def test_guesses_at_a_key_are_slowed_down_and_its_owner_elsewhere_is_not(door: Door) -> None:
    text = await door.key()
    told = [await door.knock(wrong(text)) for _ in range(MOST_OF_KEY + 2)]
    assert told == [401] * MOST_OF_KEY + [429, 429]
    with pytest.raises(Problem) as raised:
        door.security._attempts._require((HERE, text.split("_")[1]), MOST_OF_KEY)
    assert raised.value.headers == {"Retry-After": str(int(WINDOW_S))}
    assert await door.knock(text) == 429  # a right guess is not told from a wrong one
    assert await door.knock(text, THERE) == 200
    door.elapsed_s = WINDOW_S
    assert await door.knock(text) == 200


async def test_an_address_that_tries_many_keys_or_tokens_is_slowed_down(door: Door) -> None:
    for number in range(MOST_OF_ADDRESS):
        token = f"hk_{number:012x}_{number:064x}" if number % 2 else f"a.b.{number}"
        assert await door.knock(token) == 401
    assert await door.knock("a.b.c") == 429
    assert await door.knock(await door.key()) == 429
    assert await door.knock("a.b.c", THERE) == 401


async def test_who_is_in_is_not_held_up_by_others_behind_the_same_address(door: Door) -> None:
    text = await door.key()
    assert await door.knock(text) == 200
    for _ in range(MOST_OF_ADDRESS):
        await door.knock("a.b.c")
    assert await door.knock("a.b.c") == 429
    assert await door.knock(text) == 200


async def test_a_key_that_was_revoked_is_counted_as_any_other(door: Door) -> None:
    text = await door.key()
    assert await door.knock(text) == 200
    await door.keys.revoke(text.split("_")[1], NOW)
    door.security._keys._read_at = -1e9  # type: ignore[union-attr]
    assert [await door.knock(text) for _ in range(MOST_OF_KEY + 1)][-2:] == [401, 429]


async def test_what_is_remembered_is_bounded(door: Door) -> None:
    for number in range(MOST_REMEMBERED + 50):
        await door.knock("a.b.c", f"2001:db8::{number:x}")
    assert len(door.security._attempts._failed) <= MOST_REMEMBERED


async def test_nobody_is_counted_for_calling_without_a_credential(door: Door) -> None:
    request: Any = SimpleNamespace(headers={}, client=SimpleNamespace(host=HERE))
    for _ in range(MOST_OF_ADDRESS + 1):
        with pytest.raises(Problem):
            await door.security.principal(request)
    assert await door.knock(await door.key()) == 200
