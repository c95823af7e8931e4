"""Boxes: a key pair per week, to which channels seal submissions and intake what it parks.

A submission carries a contact in plain words, and its topic is kept for a week. Sealed, it can be
read by intake alone, and by nobody once the private half is destroyed: when the topic has dropped
all that was sealed to it, so that a forgotten person is not found there either (R35).
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Annotated, Any, Protocol

import asyncpg
import orjson
from fastapi import APIRouter, Depends
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from pydantic import BaseModel, ConfigDict, Field

from services.kernel.clock import Clock
from services.kernel.codec import BadBody
from services.kernel.faults_pg import store_faults
from services.kernel.names import schema_of, vault_of
from services.kernel.personal import MasterKeys
from services.kernel.problems import unavailable
from services.kernel.queries import named
from services.kernel.registry import Changed, Kind, Registry
from services.kernel.security import Principal, Role, role
from services.kernel.store import StoreUnavailable
from services.kernel.store_pg import PostgresStore

log = logging.getLogger("hotline.intake")
SEALED_TO = "sealed-to"
REFRESH_S = 600.0
# A week in use, a day for a channel to notice, a week on the topic, a day to spare.
KEPT = timedelta(days=16)
_MAY_SEAL = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR, Role.IMPORTER)


@dataclass(frozen=True, slots=True)
class Box:
    """One week's pair."""

    id: str
    key: PrivateKey


class Boxed(Protocol):
    """What submissions are sealed to and opened with."""

    def current(self) -> Box:
        """To which the next is sealed. Raises LookupError before the first refresh."""

    def opened_by(self, box: str, sealed: bytes) -> bytes:
        """Raises BadBody."""


class Boxes:
    """The boxes that can still be opened. `keep` refreshes them beside the service."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}

    def take(self, boxes: Mapping[str, Box]) -> None:
        """These from now on, the newest last."""
        self._boxes = dict(boxes)

    def current(self) -> Box:
        if not self._boxes:
            raise LookupError("no box was made yet")
        return next(reversed(self._boxes.values()))

    def opened_by(self, box: str, sealed: bytes) -> bytes:
        found = self._boxes.get(box)
        if found is None:
            raise BadBody(f"nothing can be sealed to {box[:20]!r}: ask for the current key")
        try:
            return SealedBox(found.key).decrypt(sealed)
        except (CryptoError, ValueError, TypeError):
            raise BadBody(f"the body is not sealed to {found.id}") from None

    # What is parked

    def shut(self, body: bytes) -> bytes:
        box = self.current()
        return box.id.encode() + b"\0" + SealedBox(box.key.public_key).encrypt(body)

    def opened(self, sealed: bytes) -> bytes:
        name, _, rest = sealed.partition(b"\0")
        return self.opened_by(name.decode(), rest)


def box_of(sealed: bytes) -> str:
    """The box that a parked body is shut in."""
    return sealed.partition(b"\0")[0].decode(errors="replace")


async def standing(pool: asyncpg.Pool, namespace: str) -> set[str]:
    """The boxes that can still be opened, for an operator, who opens none. Raises
    StoreUnavailable."""
    file = resources.files("services.intake") / "adapters" / "queries.sql"
    sql = named(file, schema_of(namespace, "intake"), vault_of(namespace, "intake"))
    with store_faults():
        return {row["id"] for row in await pool.fetch(sql["boxes"])}


class BoxVault:
    """The pairs in intake's vault, their private halves wrapped by a master key."""

    def __init__(self, store: PostgresStore, masters: MasterKeys) -> None:
        self._pool: asyncpg.Pool = store.pool
        file = resources.files("services.intake") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)
        self._masters = masters

    async def refreshed(self, now: datetime) -> dict[str, Box]:
        """This week's made, those of long ago destroyed. Raises StoreUnavailable."""
        name, key = week_of(now), PrivateKey.generate()
        wrapped = self._masters.wrap(f"box {name}", bytes(key))
        monday = now - timedelta(days=now.weekday())
        await self._fetch("make_box", name, bytes(key.public_key), wrapped, monday)
        await self._fetch("destroy_boxes", now - KEPT)
        rows = await self._fetch("boxes")
        return {row["id"]: self._box(row["id"], row["wrapped"]) for row in rows}

    def _box(self, name: str, wrapped: bytes) -> Box:
        return Box(name, PrivateKey(self._masters.unwrap(f"box {name}", wrapped)))

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows


def week_of(now: datetime) -> str:
    """`2026-w48`, by ISO 8601 and UTC."""
    year, week, _ = now.isocalendar()
    return f"{year}-w{week:02}"


class SubmissionKey(BaseModel):
    """What submissions by Kafka are sealed to: `content-type: …; sealed-to=<id>`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="Changes every week: ask again each day.")
    public_key: str = Field(description="X25519, in base64, for libsodium's sealed boxes.")


REGISTRY = "submission-key"
KINDS: dict[str, Kind[Any]] = {REGISTRY: Kind(None, SubmissionKey.model_validate)}


async def keep(boxes: Boxes, vault: BoxVault, registry: Registry, clock: Clock) -> None:
    """Until cancelled: a new week's box is made and told, an old one's private half destroyed."""
    while True:
        try:
            boxes.take(await vault.refreshed(clock.now()))
            await tell(registry, boxes.current())
        except (StoreUnavailable, Changed) as error:
            log.warning("the boxes stay as they are: %s", error)
        await asyncio.sleep(REFRESH_S)


async def tell(registry: Registry, box: Box) -> None:
    """On the registry's topic, once a week: whoever speaks Kafka alone finds the key there."""
    document = submission_key(box).model_dump()
    known = [orjson.loads(entry.document)["id"] for entry in registry.entries(REGISTRY)[:1]]
    if known != [box.id]:
        source = "the key of the week"
        await registry.publish(REGISTRY, document, source=source, by="intake", key=box.id)


def submission_key(box: Box) -> SubmissionKey:
    """The box's public half."""
    public = base64.b64encode(bytes(box.key.public_key)).decode()
    return SubmissionKey(id=box.id, public_key=public)


def box_router(boxes: Boxed) -> APIRouter:
    """`GET /v1/submissions/key`."""
    router = APIRouter(prefix="/v1/submissions", tags=["commands"])

    @router.get("/key")
    async def current_key(_: Annotated[Principal, Depends(_MAY_SEAL)]) -> SubmissionKey:
        """The key to which submissions by Kafka are sealed this week."""
        try:
            box = boxes.current()
        except LookupError as error:
            raise unavailable(str(error)) from None
        return submission_key(box)

    return router
