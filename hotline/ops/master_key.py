"""The master key rotates: every person's key is wrapped again by the newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from services.kernel.names import vault_of
from services.kernel.personal import MasterKeys, UnknownMasterKey, Unreadable

PAGE = 500
_READ = """
select person, wrapped from {vault}.person
where wrapped is not null and person > $1 order by person limit $2
"""
# Compared: somebody may have been forgotten meanwhile.
_WRITE = """
update {vault}.person p set wrapped = n.new
from unnest($1::text[], $2::bytea[], $3::bytea[]) n (person, old, new)
where p.person = n.person and p.wrapped = n.old
"""


@dataclass(frozen=True, slots=True)
class Rotated:
    """Of all person keys: how many were wrapped again, and whose could not be read."""

    total: int
    rewrapped: int
    unreadable: tuple[str, ...]


async def rewrap(store: asyncpg.Connection, namespace: str, keys: Sequence[bytes]) -> Rotated:
    """`keys`: the newest first, then those that may still be met; intake goes on meanwhile.

    May be repeated and broken off at any point: each page is a statement of its own.
    """
    masters, vault = MasterKeys(keys), vault_of(namespace, "intake")
    total = rewrapped = 0
    unreadable: list[str] = []
    last = ""
    while rows := await store.fetch(_READ.format(vault=vault), last, PAGE):
        changes = []
        for row in rows:
            person, wrapped = row["person"], row["wrapped"]
            if masters.is_current(wrapped):
                continue
            try:
                key = masters.unwrap(person, wrapped)
            except (UnknownMasterKey, Unreadable):
                unreadable.append(person)
                continue
            changes.append((person, wrapped, masters.wrap(person, key)))
        if changes:
            await store.execute(_WRITE.format(vault=vault), *map(list, zip(*changes, strict=True)))
        total, rewrapped = total + len(rows), rewrapped + len(changes)
        last = rows[-1]["person"]
    return Rotated(total, rewrapped, tuple(unreadable))
