"""A token is checked once a minute; whether it still counts, at every request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from services.kernel.identity import Principal
from services.kernel.problems import Problem
from services.kernel.security import PROVEN_S, Security
from services.kernel.tokens import SKEW_S, DevTokens, dev_token


class Counting(DevTokens):
    """Counts how often a signature is checked."""

    checked = 0

    def verify(self, token: str) -> Principal:
        self.checked += 1
        return super().verify(token)


class House:
    """Security on a clock that the test moves."""

    def __init__(self, run_dir: Path) -> None:
        self.time, self.run_dir = 1_000.0, run_dir
        self.dev = Counting(run_dir, now=self.now)
        self.security = Security(self.dev, None, now=self.now)

    def now(self) -> float:
        return self.time

    def token(self, name: str = "web", lifetime_s: float = 600.0) -> str:
        return dev_token("channel", name, run_dir=self.run_dir, lifetime_s=lifetime_s, now=self.now)

    async def name(self, token: str, host: str = "127.0.0.1") -> str:
        headers: list[Any] = [(b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "headers": headers, "client": (host, 1)}
        return (await self.security.principal(Request(scope))).name


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_signature_is_checked_once_a_minute(house: House) -> None:
    token = house.token()
    assert [await house.name(token) for _ in range(3)] == ["web"] * 3
    assert house.dev.checked == 1
    house.time += PROVEN_S
    assert await house.name(token) == "web"
    assert house.dev.checked == 2


async def test_a_token_that_ends_within_the_minute_ends_to_the_second(house: House) -> None:
    token = house.token(lifetime_s=5)
    assert await house.name(token) == "web"
    house.time += 5 + SKEW_S - 0.5
    assert await house.name(token) == "web"
    house.time += 1
    with pytest.raises(Problem, match="expired"):
        await house.name(token)


async def test_a_proven_development_token_counts_here_only(house: House) -> None:
    token = house.token()
    assert await house.name(token) == "web"
    with pytest.raises(Problem, match="not accepted here"):
        await house.name(token, host="203.0.113.9")


async def test_one_token_never_speaks_for_another(house: House) -> None:
    names = ["web", "app", "desk"]
    tokens = [house.token(name) for name in names]
    for _ in range(2):
        assert [await house.name(token) for token in tokens] == names
    with pytest.raises(Problem):
        await house.name(tokens[0] + "x")


async def test_what_is_remembered_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kernel.security.MOST_PROVEN", 3)
    for n in range(10):
        assert await house.name(house.token(f"caller-{n}")) == f"caller-{n}"
        assert len(house.security._proven) <= 3
