"""So many matters are decided at once; who waits comes in order, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from services.intake.adapters.in_hand import MOST_IN_HAND, WAIT_S, InHand
from services.kernel.problems import Problem
from tests.support.virtual import run_virtual


async def _decided(in_hand: InHand, each_s: float, count: int) -> list[tuple[float, int]]:
    """When each was taken in hand."""
    taken: list[tuple[float, int]] = []

    async def one(number: int) -> None:
        async with in_hand.place():
            taken.append((asyncio.get_running_loop().time(), number))
            await asyncio.sleep(each_s)

    await asyncio.gather(*(one(number) for number in range(count)))
    return taken


def test_who_waits_is_taken_in_hand_in_order_of_arrival() -> None:
    taken = run_virtual(_decided(InHand(), 1.0, 2 * MOST_IN_HAND + 1))
    assert [number for _, number in taken] == list(range(2 * MOST_IN_HAND + 1))
    assert [at for at, _ in taken] == [0.0] * MOST_IN_HAND + [1.0] * MOST_IN_HAND + [2.0]


def test_who_waits_too_long_is_told_when_to_come_again_and_takes_no_place() -> None:
    in_hand = InHand()

    async def too_many() -> float:
        with pytest.raises(Problem) as refused:
            await _decided(in_hand, WAIT_S + 1, MOST_IN_HAND + 1)
        assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "1"})
        return asyncio.get_running_loop().time()

    async def afterwards() -> float:
        at = await too_many()
        await asyncio.sleep(1)  # until those in hand are done
        assert len(await _decided(in_hand, 0, MOST_IN_HAND)) == MOST_IN_HAND
        return at

    assert run_virtual(afterwards()) == WAIT_S


def test_what_fails_gives_its_place_back() -> None:
    in_hand = InHand()

    async def failing() -> None:
        for _ in range(MOST_IN_HAND + 1):
            with pytest.raises(LookupError):
                async with in_hand.place():
                    raise LookupError

    run_virtual(failing())
