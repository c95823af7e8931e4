"""Clocks: never ahead of the database's, and one that stands still until it is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.kernel import clock as module
from services.kernel.clock import DatabaseClock, ManualClock
from tests.support.virtual import START


class Machine:
    """A database far away: its clock, our monotonic clock, and a round trip's two halves."""

    def __init__(self) -> None:
        self.passed, self.ahead = 0.0, timedelta(0)
        self.there_s = self.back_s = 0.1

    def monotonic(self) -> float:
        return self.passed

    def database(self) -> datetime:
        return START + timedelta(seconds=self.passed) + self.ahead

    async def read(self) -> datetime:
        self.passed += self.there_s
        value = self.database()
        self.passed += self.back_s
        return value


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "time", made)
    return made


async def test_it_is_never_ahead_of_the_database_and_at_most_an_answer_behind(
    machine: Machine,
) -> None:
    clock = DatabaseClock(machine.read)
    await clock.follow()
    for back_s in (0.1, 0.5, 0.01, 0.3, 0.02):
        machine.back_s = back_s
        await clock.follow()
        machine.passed += 0.5
        assert clock.now() <= machine.database()
        assert machine.database() - clock.now() <= timedelta(seconds=back_s)


async def test_the_quickest_answer_counts(machine: Machine) -> None:
    clock = DatabaseClock(machine.read)
    machine.back_s = 0.01
    await clock.follow()
    machine.back_s = 0.9
    await clock.follow()
    assert machine.database() - clock.now() == timedelta(seconds=0.01)


async def test_it_goes_back_with_the_database(machine: Machine) -> None:
    clock = DatabaseClock(machine.read)
    await clock.follow()
    machine.ahead = -timedelta(minutes=5)
    await clock.follow()
    assert clock.now() <= machine.database()


async def test_before_the_first_reading_it_is_no_time_yet(machine: Machine) -> None:
    assert DatabaseClock(machine.read).now().year == 1


async def test_sleepers_wake_as_a_manual_clock_moves() -> None:
    clock, woken = ManualClock(START), list[str]()

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleep("long", 60)), asyncio.create_task(sleep("short", 10))]
    await asyncio.sleep(0)
    clock.advance(seconds=9)
    await asyncio.sleep(0)
    assert woken == []
    clock.advance(seconds=1)
    await tasks[1]
    assert woken == ["short"]
    clock.advance(hours=1)
    await tasks[0]
    assert clock.now() == START + timedelta(hours=1, seconds=10)


async def test_no_sleep_at_all_needs_no_move() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    await clock.sleep(0)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
