"""An echo whose code can be mended, and notes for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.kernel.service import Service
from tests.support.desks import SeenNote, Start, echo, echo_react
from tests.support.processes import Process


class Mendable:
    """An echo whose reaction to a poisoned note fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    def react(self, event: SeenNote, state: Any, at: Any) -> Sequence[Start]:
        if self.mended:
            return [Start(at, event.note, event.at + timedelta(seconds=1))]
        return echo_react(event, state, at)

    def service(self) -> Service:
        made = echo()
        assert made.decider is not None
        return replace(made, decider=replace(made.decider, react=self.react))


async def noted(desk_process: Process, *notes: tuple[str, str]) -> None:
    """Notes on the log, in this order."""
    for ticket, words in notes:
        await desk_process.note(ticket, words)
    await desk_process.relay()


async def started(process: Process, ticket: str) -> list[str]:
    facts = [f for f in await process.ledger(ticket) if f.type.endswith("ClockStarted")]
    return [process.service.codec.decode(f).clock for f in facts]
