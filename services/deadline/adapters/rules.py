"""Policy and calendar of the city as an administrator publishes them, version by version.

A calendar is edited by publishing its next version with the number of the notice as its source;
`replanning.py` then counts the open clocks again (R27). One that extends another is published by
itself, and so is the other, whose notices reach the city. A policy counts for what happens from
its date on: a clock keeps the length that it started with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import from_data, own_from_data, own_to_data, to_data
from services.deadline.domain.own_days import OwnDays, laid
from services.deadline.domain.policy import Policy
from services.kernel.registry import Kind, Registry

T = TypeVar("T")
_STAY = ("id", "extends", "time_zone")


class Rules:
    """The shipped rules of a city and the names under which others are published."""

    def __init__(
        self,
        city: str,
        policy: Policy,
        base: Calendar,
        codec: PolicyCodec,
        own: Sequence[OwnDays] = (),
    ) -> None:
        self._codec = codec
        self._policy, self._base, self._own = policy, base, own
        self.policy_name = f"policy/{_id(policy)}"
        self._calendars = [base.id, *(part.id for part in own)]
        self.calendar_names = [f"calendar/{name}" for name in self._calendars]
        self._document = document(city)

    def kinds(self) -> dict[str, Kind[Any]]:
        """What the registry keeps."""
        base, *names = self.calendar_names
        own = {
            name: Kind(part, _strict(partial(self._parse_own, part)), own_to_data(part))
            for name, part in zip(names, self._own, strict=True)
        }
        return {
            self.policy_name: Kind(self._policy, _strict(self._parse_policy), self._document),
            base: Kind(self._base, _strict(self._parse_base), to_data(self._base)),
            **own,
        }

    def _parse_policy(self, content: Any) -> Policy:
        """A kind of clock that was started once must stay; one without `starts` starts no more."""
        read = parse(content, self.policy_name)
        if _id(read) != _id(self._policy) or content["calendar"] != self._calendars[-1]:
            raise ValueError(f"{self.policy_name}: id and calendar stay as they are")
        if gone := sorted(self._policy.rows.keys() - read.rows.keys()):
            raise ValueError(
                f"{self.policy_name}: clocks lacks {gone[0]}: give it `starts: []` instead"
            )
        self._codec.take(read)
        return read

    def _parse_base(self, content: Any) -> Calendar:
        read = from_data(content)
        if (read.id, read.time_zone) != (self._base.id, self._base.time_zone):
            raise ValueError(f"calendar/{self._base.id}: id and time_zone stay as they are")
        return read

    def _parse_own(self, shipped: OwnDays, content: Any) -> OwnDays:
        read = own_from_data(content)
        if any(getattr(read, name) != getattr(shipped, name) for name in _STAY):
            raise ValueError(f"calendar/{shipped.id}: {', '.join(_STAY)} stay as they are")
        read.over(self._base)  # whether it lies on a calendar depends on none that is below
        return read


class InEffect:
    """A rulebook over a registry: what is in effect at an instant."""

    def __init__(self, rules: Rules, registry: Registry) -> None:
        self._rules, self._registry = rules, registry

    def __call__(self, at: datetime) -> tuple[Policy, Calendar]:
        policy: Policy = self._registry.at(self._rules.policy_name, at)
        base, *own = (self._registry.at(name, at) for name in self._rules.calendar_names)
        return policy, laid(base, tuple(own))

    def city(self, at: datetime) -> City:
        return City(*self(at))

    def calendar_version(self, at: datetime) -> int:
        """Higher whenever any part of the calendar takes effect."""
        return sum(self._registry.version(name, at) for name in self._rules.calendar_names)


def _id(policy: Policy) -> str:
    return policy.version.rpartition("@")[0]


def _strict(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """What no file of ours has may be anything: it is said to be of another form."""

    def strict(content: Any) -> T:
        try:
            return read(content)
        except (TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
            said = f"the document is not in the form of the shipped one: {error}"
            raise ValueError(said) from None

    return strict
