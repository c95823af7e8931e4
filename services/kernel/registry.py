"""Registries: typed data that decisions rest on, versioned, with a date from which each counts.

What a service ships is version 0, in effect since ever; it is told at the start, so that the log
alone has all that decisions rest on. An administrator publishes the next ones; every replica
follows the table, and an entry takes effect LEAD_S after it was published at the earliest, so that
all have it by then: what is decided depends on the command's time alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import orjson

from services.kernel.clock import Clock
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.registry")
T = TypeVar("T")
LEAD_S = 5.0
LOOK_S = 1.0
MOST = 1_000
EVER = datetime(1900, 1, 1, tzinfo=UTC)  # before any matter; the store has no year 1
SHIPPED, BY_US = "shipped", "hotline"


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one name; `document` is JSON, `command_id` is `<by>/<Idempotency-Key>`."""

    position: int
    name: str
    version: int
    effective_at: datetime
    source: str
    document: bytes
    at: datetime
    by: str
    command_id: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry before it has a position."""

    name: str
    version: int
    effective_at: datetime
    source: str
    document: bytes
    at: datetime
    by: str
    command_id: str


def digest_of(document: bytes) -> str:
    """By which what was shipped is told apart."""
    return hashlib.sha256(document).hexdigest()


class Changed(Exception):
    """Another version was published meanwhile: nothing was written."""


class UnknownName(Exception):
    """The service keeps no such registry."""


class Unfit(Exception):
    """The document, or its date, cannot be taken; the text says why."""


class Reused(Exception):
    """The command id was used for another entry."""


class RegistryStore(Protocol):
    """Where the entries of one service stand. Every method raises StoreUnavailable."""

    async def since(self, position: int, limit: int) -> list[Entry]: ...

    async def known(self, command_id: str) -> Entry | None: ...

    async def add(self, new: NewEntry) -> Entry:
        """At the next position. Raises Changed."""

    async def unrelayed(self, limit: int) -> list[Entry]: ...

    async def relayed(self, position: int) -> None: ...

    async def restore(self, entries: Sequence[Entry]) -> None:
        """As the log has them."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One name: what its documents mean, and the value that is shipped.

    `parse` raises ValueError with words for the administrator.
    """

    shipped: T
    parse: Callable[[Any], T]
    document: Any = None  # of the shipped value, where one may look at it


@dataclass(frozen=True, slots=True)
class _Standing(Generic[T]):
    entry: Entry | None
    value: T


class Registry:
    """The registries of one service in one process."""

    def __init__(self, store: RegistryStore, clock: Clock, kinds: Mapping[str, Kind[Any]]) -> None:
        self._store, self._clock, self._kinds = store, clock, dict(kinds)
        self._newest: dict[str, list[_Standing[Any]]] = {
            name: [_Standing(None, kind.shipped)] for name, kind in self._kinds.items()
        }
        self._position = 0
        self._numbers: dict[str, int] = {}  # name -> its newest version, read or not
        self._told: dict[str, set[str]] = {}  # name -> command ids of its version 0

    # What is in effect

    def at(self, name: str, time: datetime) -> Any:
        """The value in effect at `time`. Raises UnknownName."""
        return self._standing(name, time).value

    def version(self, name: str, time: datetime) -> int:
        """Its version, which decisions name. Raises UnknownName."""
        entry = self._standing(name, time).entry
        return entry.version if entry else 0

    def newest(self, name: str) -> int:
        """The version that was published last, also where this code cannot read it."""
        return self._numbers.get(name, 0)

    def names(self) -> list[str]:
        return sorted(self._kinds)

    def entries(self, name: str) -> list[Entry]:
        """All that were published, the newest first. Raises UnknownName."""
        return [s.entry for s in self._all(name) if s.entry is not None]

    def shipped(self, name: str) -> Any:
        """The document of version 0. Raises UnknownName."""
        self._all(name)
        return self._kinds[name].document

    def _all(self, name: str) -> list[_Standing[Any]]:
        try:
            return self._newest[name]
        except KeyError:
            raise UnknownName(name) from None

    def _standing(self, name: str, time: datetime) -> _Standing[Any]:
        """The newest version whose date has come."""
        for standing in self._all(name):
            if standing.entry is None or standing.entry.effective_at <= time:
                return standing
        raise AssertionError(name)

    # Following the table

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(LOOK_S)
            try:
                await self.refresh()
            except StoreUnavailable as error:
                log.warning("the registry cannot be followed: %s", error)

    async def refresh(self) -> list[Entry]:
        """Take in what was published since; what came now. Raises StoreUnavailable."""
        found = await self._store.since(self._position, MOST)
        for entry in found:
            self._take(entry)
            self._position = entry.position
        return found

    def _take(self, entry: Entry) -> None:
        """One that this version of the code cannot read leaves the one before it in effect."""
        if not entry.version:
            self._told.setdefault(entry.name, set()).add(entry.command_id)
            return
        kind = self._kinds.get(entry.name)
        if kind is None:
            return
        self._numbers[entry.name] = entry.version
        try:
            value = kind.parse(orjson.loads(entry.document))
        except ValueError as error:
            log.error("version %d of %s cannot be read: %s", entry.version, entry.name, error)
            return
        self._newest[entry.name].insert(0, _Standing(entry, value))

    # Telling what is shipped

    async def ship(self) -> None:
        """Version 0 of every name, unless it was told; another document of a later release too.

        Each document once, in effect since ever, or from now on where another was told before; so a
        release that is rolled back to a document of before says nothing new.
        Raises StoreUnavailable.
        """
        for name, kind in self._kinds.items():
            if kind.document is not None:
                packed = orjson.dumps(kind.document)  # in its own order, which decisions follow
                await self._tell(name, packed, f"{SHIPPED}/{name}/{digest_of(packed)}")

    async def _tell(self, name: str, packed: bytes, command_id: str) -> None:
        """Several replicas at once tell it once."""
        while command_id not in self._told.get(name, ()):
            now = self._clock.now()
            since = now if name in self._told else EVER
            new = NewEntry(name, 0, since, SHIPPED, packed, now, BY_US, command_id)
            with suppress(Changed):
                await self._store.add(new)
            await self.refresh()

    # Publishing

    async def publish(
        self,
        name: str,
        document: Any,
        *,
        source: str,
        by: str,
        key: str,
        effective_at: datetime | None = None,
        expected: int | None = None,
    ) -> Entry:
        """The next version, in effect from `effective_at` on, or as soon as can be.

        A repeat under the same `key` gives the same entry. Raises UnknownName, Unfit, Reused,
        Changed where the newest version is not `expected`, StoreUnavailable.
        """
        self._all(name)
        packed = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        command_id = f"{by}/{key}"
        if (known := await self._store.known(command_id)) is not None:
            if (known.name, known.document, known.source) != (name, packed, source):
                raise Reused(command_id)
            return known
        now = self._clock.now()
        earliest = now + timedelta(seconds=LEAD_S)
        if effective_at is not None and effective_at < earliest:
            raise Unfit(f"effective_at must lie {LEAD_S:g} s ahead at least, so that all have it.")
        try:
            self._kinds[name].parse(orjson.loads(packed))
        except ValueError as error:
            raise Unfit(str(error)) from None
        await self.refresh()
        newest = self.newest(name)
        if expected not in (None, newest):
            raise Changed(name)
        made = await self._store.add(
            NewEntry(
                name, newest + 1, effective_at or earliest, source, packed, now, by, command_id
            )
        )
        await self.refresh()
        return made
