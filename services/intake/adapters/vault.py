"""Intake's vault: person keys and ticket serials."""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol

import asyncpg

from services.intake.adapters.limiting import KEPT
from services.kernel.clock import Clock
from services.kernel.commands import KEYED
from services.kernel.faults_pg import store_faults
from services.kernel.gather import Gather
from services.kernel.personal import MasterKeys, blind_index, new_key
from services.kernel.queries import named
from services.kernel.store import StoreUnavailable
from services.kernel.store_pg import PostgresStore

log = logging.getLogger("hotline.intake")
BLOCK = 200
REHASH_S = 600.0
_AT_ONCE = 2_000
_DAYS = 2_000  # blocks kept in memory; an import numbers many days at once


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen as intake knows them: a random id and the key of their fields."""

    id: str
    key: bytes


@dataclass(frozen=True, slots=True)
class OpenedField:
    """The record of a personal field that was read: which, by whom, and why."""

    ticket: str
    person: str
    field: str
    by: str
    purpose: str


class Vault(Protocol):
    """What intake keeps that no rebuild brings back. Everything raises StoreUnavailable."""

    async def person(self, contact: str) -> Person:
        """The person of a contact, made if new; without a contact always a new one."""

    async def keys(self, persons: Collection[str]) -> Mapping[str, bytes]:
        """The keys that there are; forgotten and unknown persons are left out."""

    async def forget(self, person: str) -> None:
        """Destroy the key for ever; quiet where it is done already."""

    async def knows(self, person: str) -> bool:
        """Whether there is or was such a person."""

    async def serial(self, day: date) -> int:
        """A number that no other ticket of that day gets."""

    async def turns(self, channel: str, minute: datetime, per_minute: int, wanted: int) -> int:
        """Up to so many turns of the channel's minute, which all processes share (R3)."""

    async def opened(self, fields: Sequence[OpenedField]) -> None:
        """Leave the record of what is being read."""

    @property
    def hash_key(self) -> bytes:
        """Under which the bodies of commands are hashed: a plain hash of a contact is guessed."""

    def code(self, ticket: str) -> str:
        """What opens the ticket's state to the citizen: always the same, and stored nowhere."""


_ALPHABET = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ" * 8  # a letter for each byte that may be drawn
# 60 bits: whoever reads the facts has the digest, and must not find the code by trying them all.
_CODE_LENGTH = 12


@lru_cache(maxsize=1_024)  # a new matter's is asked for twice
def code_of(index_key: bytes, ticket: str) -> str:
    """Derived, so that a repeat can be answered and a backup without keys tells nobody."""
    drawn = hmac.digest(index_key, b"code\0" + ticket.encode(), "sha256")
    return drawn[:_CODE_LENGTH].translate(_ALPHABET).decode()


def hash_key_of(index_key: bytes) -> bytes:
    """A key of its own purpose."""
    return hmac.digest(index_key, b"commands", "sha256")


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
        self._blocks: dict[date, range] = {}  # numbers left
        self._numbering = Gather(self._take_blocks)

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
        made = {os.urandom(12).hex(): (key, new_key()) for key in keys}
        wrapped = [self._masters.wrap(person, own) for person, (_, own) in made.items()]
        found: dict[bytes | int, Person] = {}
        for row in await self._fetch("persons", list(made), wrapped, list(blinds)):
            person = row["person"]
            if person in made:
                key, own = made[person]
            else:
                key, own = row["blind"], self._masters.unwrap(person, row["wrapped"])
            found[key] = Person(person, own)
        return found

    async def keys(self, persons: Collection[str]) -> Mapping[str, bytes]:
        rows = await self._fetch("keys", list(persons))
        return {r["person"]: self._masters.unwrap(r["person"], r["wrapped"]) for r in rows}

    async def forget(self, person: str) -> None:
        await self._fetch("forget", person)

    async def knows(self, person: str) -> bool:
        return bool(await self._fetch("known", person))

    async def forget_again(self, persons: Collection[str] = ()) -> list[str]:
        """Those whom the ledger knows to be forgotten, and these: whose keys were back."""
        rows = await self._fetch("forget_again")
        rows += await self._fetch("forget_all", list(persons)) if persons else []
        return [row["person"] for row in rows]

    async def read_up_to(self, topic: str) -> dict[int, int]:
        """Partition -> next offset, of those that were ever read."""
        rows = await self._fetch("read_up_to", topic)
        return {row["partition"]: row["next_offset"] for row in rows}

    async def serial(self, day: date) -> int:
        while not (numbers := self._blocks.get(day)):
            await self._numbering(day)  # one asks for all who wait
        self._blocks[day] = numbers[1:]
        return numbers[0]

    async def _take_blocks(self, days: Sequence[date]) -> Sequence[None]:
        """For each day that has no number left by now."""
        for day in dict.fromkeys(days):
            if self._blocks.get(day):
                continue
            [row] = await self._fetch("serials", day, BLOCK)
            self._blocks[day] = range(row["upcoming"], row["upcoming"] + BLOCK)
            if len(self._blocks) > _DAYS:
                del self._blocks[next(iter(self._blocks))]
        return [None] * len(days)

    async def turns(self, channel: str, minute: datetime, per_minute: int, wanted: int) -> int:
        [row] = await self._fetch("take_turns", channel, minute, per_minute, wanted, KEPT)
        taken: int = row["taken"]
        return taken

    async def opened(self, fields: Sequence[OpenedField]) -> None:
        columns = zip(*map(astuple, fields), strict=True)
        await self._fetch("opened", *map(list, columns))

    @property
    def hash_key(self) -> bytes:
        return hash_key_of(self._index_key)

    async def rehash(self) -> int:
        """Put what was hashed without the key under it; how many hashes there were left."""
        done = 0
        while rows := await self._fetch("unkeyed_hashes", _AT_ONCE):
            keyed = [KEYED + hmac.digest(self.hash_key, r["body_hash"], "sha256") for r in rows]
            at = [[r[column] for r in rows] for column in ("sender", "key")]
            await self._fetch("key_hashes", *at, keyed)
            done += len(rows)
        return done

    def code(self, ticket: str) -> str:
        return code_of(self._index_key, ticket)

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows


async def rehash(vault: PostgresVault, clock: Clock) -> None:
    """Until cancelled: hashes that processes of an earlier version kept are put under the key; not
    at once, for until they have all stopped they must still know what they answered."""
    while True:
        await clock.sleep(REHASH_S)
        try:
            if done := await vault.rehash():
                log.info("%d hashes of commands were put under the key", done)
        except StoreUnavailable as error:
            log.warning("some hashes of commands are not under the key yet: %s", error)
