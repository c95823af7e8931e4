"""Channels as data (R3): through which a matter may come, from whom, and what it may state."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from services.intake.domain import rejections
from services.intake.domain.rules import Words
from services.kernel.decider import Value, field


class ChannelKind(StrEnum):
    """S2: by which way citizens come."""

    TELEPHONE = "telephone"
    INTERNET = "internet"
    OTHER = "other"


class Channel(Value):
    """`callers` are the names of the keys, tokens or senders that post through it; none: all who
    may post matters. `states` are the fields that it may fill beside those that every matter has;
    None: all. `per_minute` is its rate limit (0: none). `templates` are the words
    of its answers by what became of the matter. `unsealed_until`: the last day on which it may send
    a contact by Kafka in plain words; None: never. `line`: the sub-centre or emergency line
    whose own channel it is (R9, R11).
    """

    id: str
    name: Words
    kind: ChannelKind
    callers: frozenset[str] = frozenset()
    states: frozenset[str] | None = None
    per_minute: int = 0
    templates: Mapping[str, Words] = field(default_factory=dict)
    unsealed_until: date | None = None
    line: str = ""

    def require(self, by: str, stated: Collection[str]) -> None:
        """Raises Rejection for a caller or a field that is not the channel's."""
        if self.callers and by not in self.callers:
            raise rejections.NotTheChannelsCaller(self.id)
        if self.states is not None and (more := sorted(set(stated) - self.states)):
            raise rejections.NotStatedThere(*more)


class Answering(Value):
    """R3: calls are to be answered within `within_s`, and so many of a hundred over those hours."""

    within_s: int
    connected_percent: int
    over_hours: int


class Switchboard(Value):
    """All channels of a city by id, its standard of answering, and how often a matter is urged."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    answering: Answering | None = None
    urges_per_day: int = 1

    def channel(self, name: str) -> Channel:
        """Raises Rejection for a channel that the city does not have."""
        found = self.channels.get(name)
        if found is None:
            raise rejections.UnknownChannel(name[:80])
        return found

    def speaks_for(self, by: str, line: str) -> bool:
        """R9, R11: whether that caller is of the line's own channel."""
        own = (channel for channel in self.channels.values() if channel.line == line)
        return any(by in channel.callers for channel in own)

    def telephone(self, name: str) -> Channel:
        """The same, of a channel on which calls come."""
        found = self.channel(name)
        if found.kind is not ChannelKind.TELEPHONE:
            raise rejections.NoTelephone(name[:80])
        return found


NO_SWITCHBOARD = Switchboard()
