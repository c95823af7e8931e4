"""A ticket that is read before this service has heard of it is looked for, for a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.kernel.problems import Problem
from services.kernel.routes import heard_of
from tests.support.virtual import run_virtual


def known_after(seconds: float, status: int = 404) -> Callable[[], Awaitable[str]]:
    """What a read gives from then on; a problem before."""
    due = asyncio.get_running_loop().time() + seconds

    async def read() -> str:
        if asyncio.get_running_loop().time() < due:
            raise Problem(status, "unknown-ticket", "Nobody has heard of it.")
        return "found"

    return read


async def timed(seconds: float, status: int = 404) -> tuple[str, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        found = await heard_of(known_after(seconds, status))
    except Problem as problem:
        found = str(problem.status_code)
    return found, loop.time() - began


@pytest.mark.parametrize(
    ("seconds", "found", "least", "most"),
    [(0.0, "found", 0.0, 0.0), (0.5, "found", 0.5, 0.7), (5.0, "404", 1.0, 1.2)],
)
def test_a_ticket_on_its_way_here_is_waited_for(
    seconds: float, found: str, least: float, most: float
) -> None:
    said, took = run_virtual(timed(seconds))
    assert said == found
    assert least <= took <= most


def test_any_other_problem_is_told_at_once() -> None:
    assert run_virtual(timed(5.0, 403)) == ("403", 0.0)
