"""Intake's vault: person keys and ticket serials."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Protocol

import asyncpg

from services.kernel.gather import Gather
from services.kernel.personal import MasterKeys, PersonForgotten, blind_index, new_key
from services.kernel.queries import named
from services.kernel.store_pg import PostgresStore

BLOCK = 200
_DAYS = 400  # blocks kept in memory; an import numbers many days


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen as intake knows them: a random id and the key of their fields."""

    id: str
    key: bytes


class Vault(Protocol):
    """What intake keeps that no rebuild brings back."""

    async def person(self, contact: str) -> Person:
        """The person of a contact, made if new; without a contact always a new one."""

    async def key(self, person: str) -> bytes:
        """Raises PersonForgotten."""

    async def serial(self, day: date) -> int:
        """A number that no other ticket of that day gets."""

    async def opened(self, rows: Sequence[tuple[str, str, str, str, str]]) -> None:
        """(ticket, person, field, by, purpose): a personal field was read."""


class PostgresVault:
    """In the schema `intake_vault`."""

    def __init__(
        self, store: PostgresStore, masters: MasterKeys, index_key: bytes, country_code: str
    ) -> None:
        self._pool: asyncpg.Pool = store.pool
        file = resources.files("services.intake") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)
        self._masters, self._index_key, self._country = masters, index_key, country_code
        self._persons = Gather(self._find_or_make)
        self._blocks: dict[date, tuple[int, int]] = {}
        self._numbering = asyncio.Lock()

    async def person(self, contact: str) -> Person:
        return await self._persons(contact)

    async def _find_or_make(self, contacts: Sequence[str]) -> Sequence[Person]:
        blinds = [blind_index(self._index_key, c, self._country) if c else None for c in contacts]
        wanted = {blind or position: blind for position, blind in enumerate(blinds)}
        found: dict[bytes | int, Person] = {}
        while missing := [key for key in wanted if key not in found]:
            # Again only where another process stored the same contact at this very moment.
            found.update(await self._store(missing, [wanted[key] for key in missing]))
        return [found[blind or position] for position, blind in enumerate(blinds)]

    async def _store(
        self, keys: Sequence[bytes | int], blinds: Sequence[bytes | None]
    ) -> dict[bytes | int, Person]:
        made = {os.urandom(12).hex(): key for key in keys}
        wrapped = [self._masters.wrap(person, new_key()) for person in made]
        rows = await self._pool.fetch(self._sql["persons"], list(made), wrapped, list(blinds))
        return {
            row["blind"] or made[row["person"]]: Person(
                row["person"], self._masters.unwrap(row["person"], row["wrapped"])
            )
            for row in rows
        }

    async def key(self, person: str) -> bytes:
        rows = await self._pool.fetch(self._sql["keys"], [person])
        if not rows:
            raise PersonForgotten(person)
        return self._masters.unwrap(person, rows[0]["wrapped"])

    async def serial(self, day: date) -> int:
        async with self._numbering:
            upcoming, end = self._blocks.get(day, (0, 0))
            if upcoming == end:
                upcoming = await self._pool.fetchval(self._sql["serials"], day, BLOCK)
                end = upcoming + BLOCK
            if len(self._blocks) > _DAYS:
                self._blocks.clear()
            self._blocks[day] = (upcoming + 1, end)
            return upcoming

    async def opened(self, rows: Sequence[tuple[str, str, str, str, str]]) -> None:
        columns = [list(c) for c in zip(*rows, strict=True)]
        await self._pool.execute(self._sql["opened"], *columns)
