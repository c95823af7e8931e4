"""Hotline-After: who has to wait for which positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.kernel.problems import Problem
from services.kernel.routes import waited


@dataclass
class Process:
    """A process of dispatch that owns bucket 0; `applied` are the positions that it has."""

    applied: dict[tuple[str, int], int] = field(default_factory=dict)
    name: str = "dispatch"

    @property
    def service(self) -> Process:
        return self

    @property
    def inbox(self) -> Process:
        return self

    def buckets(self) -> frozenset[int]:
        return frozenset({0})

    async def wait_for(self, source: str, bucket: int, position: int, timeout_s: float) -> bool:
        return self.applied.get((source, bucket), 0) >= position


async def answers(process: Any, source: str, bucket: int, *, views: bool) -> bool:
    """Whether an answer that must not be older than position 7 is given."""
    try:
        await waited(process, {(source, bucket): 7}, views=views)
    except Problem as problem:
        if problem.status_code == 503:
            return False
        raise
    return True


@pytest.mark.parametrize("views", [True, False])
@pytest.mark.parametrize("place", [("intake", 0), ("intake", 1), ("dispatch", 0)])
async def test_an_answer_waits_for_what_was_not_applied(
    place: tuple[str, int], views: bool
) -> None:
    assert not await answers(Process({place: 6}), *place, views=views)
    assert await answers(Process({place: 7}), *place, views=views)


async def test_a_read_of_views_waits_for_own_facts_of_other_owners_a_command_need_not() -> None:
    assert await answers(Process(), "dispatch", 1, views=False)
    assert not await answers(Process(), "dispatch", 1, views=True)
