"""given/when/then for any decider: a history of facts, a command, and what it adds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

import pytest

from services.kernel.decider import Command, Decider, Event, Rejection, State


@dataclass(frozen=True)
class Specs(Generic[State, Command, Event]):
    """The decider asked from outside; its reactions count from `now`."""

    decider: Decider[State, Command, Event]
    now: datetime

    def fold(self, *history: Event) -> State:
        return self.decider.fold(history)

    def decided(self, command: Command, *history: Event) -> list[Event]:
        """What the command adds to the history."""
        return list(self.decider.decide(command, self.fold(*history)))

    def rejection(self, kind: type[Rejection], command: Command, *history: Event) -> Rejection:
        """The command is against a rule: what its sender is told."""
        with pytest.raises(kind) as caught:
            self.decided(command, *history)
        assert caught.value.message
        return caught.value

    def quiet_again(self, command: Command, *history: Event) -> None:
        """Allowed once; the same again adds nothing."""
        once = self.decided(command, *history)
        assert once
        assert self.decided(command, *history, *once) == []

    def reacted(self, fact: Any, *history: Event) -> list[Event]:
        """What a fact from the log makes the service add."""
        state = self.fold(*history)
        added: list[Event] = []
        for command in self.decider.react(fact, state, self.now):
            events = self.decider.decide(command, state)
            state = self.decider.fold(events, state)
            added += events
        return added
