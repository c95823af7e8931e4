"""Intake's vault in memory: the twin of the one on PostgreSQL."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.intake.adapters.limiting import KEPT
from services.intake.adapters.vault import OpenedField, Person, code_of, hash_key_of
from services.kernel.personal import MasterKeys, blind_index, new_key


@dataclass(slots=True)
class Rows:
    """What the processes of one city share. A forgotten person's wrapped key is None."""

    wrapped: dict[str, bytes | None] = field(default_factory=dict)
    blinds: dict[bytes, str] = field(default_factory=dict)
    serials: Counter[date] = field(default_factory=Counter)
    opened: list[OpenedField] = field(default_factory=list)
    turns: Counter[tuple[str, datetime]] = field(default_factory=Counter)


class MemoryVault:
    """One process over the rows."""

    def __init__(
        self, rows: Rows, masters: MasterKeys, index_key: bytes, country_code: str
    ) -> None:
        self.rows = rows
        self._masters, self._index_key, self._country = masters, index_key, country_code

    async def person(self, contact: str) -> Person:
        blind = blind_index(self._index_key, contact, self._country) if contact else None
        known = self.rows.blinds.get(blind) if blind else None
        if known is not None:
            return Person(known, (await self.keys([known]))[known])
        person, key = os.urandom(12).hex(), new_key()
        self.rows.wrapped[person] = self._masters.wrap(person, key)
        if blind:
            self.rows.blinds[blind] = person
        return Person(person, key)

    async def keys(self, persons: Collection[str]) -> Mapping[str, bytes]:
        found = {person: self.rows.wrapped.get(person) for person in persons}
        return {p: self._masters.unwrap(p, wrapped) for p, wrapped in found.items() if wrapped}

    async def forget(self, person: str) -> None:
        self.rows.wrapped[person] = None
        self.rows.blinds = {b: p for b, p in self.rows.blinds.items() if p != person}

    async def knows(self, person: str) -> bool:
        return person in self.rows.wrapped

    async def serial(self, day: date) -> int:
        self.rows.serials[day] += 1
        return self.rows.serials[day]

    async def turns(self, channel: str, minute: datetime, per_minute: int, wanted: int) -> int:
        for place in [p for p in self.rows.turns if p[0] == channel and p[1] < minute - KEPT]:
            del self.rows.turns[place]
        taken = max(0, min(wanted, per_minute - self.rows.turns[channel, minute]))
        self.rows.turns[channel, minute] += taken
        return taken

    async def opened(self, fields: Sequence[OpenedField]) -> None:
        self.rows.opened += fields

    @property
    def hash_key(self) -> bytes:
        return hash_key_of(self._index_key)

    def code(self, ticket: str) -> str:
        return code_of(self._index_key, ticket)
