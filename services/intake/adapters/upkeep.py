"""Late upkeep of the knowledge base becomes a fact (R5): beside the service, by the city's day."""

from __future__ import annotations

import asyncio
import hashlib
import logging

from services.intake.adapters.books import Books
from services.intake.domain.articles import Article
from services.intake.domain.commands import NoteOverdue
from services.kernel.codec import metadata
from services.kernel.commands import hash_of
from services.kernel.names import is_ticket
from services.kernel.performer import Busy
from services.kernel.runtime import Runtime
from services.kernel.store import StoreUnavailable
from services.kernel.writer import Overloaded

log = logging.getLogger("hotline.intake")
LOOKED_EVERY_S = 60.0
_SENDER = "intake"


def stream_of(article: str) -> str:
    """Where the facts of an article's upkeep stand."""
    name = f"article-{article}"
    digest = hashlib.sha256(article.encode()).hexdigest()[:32]
    return name if is_ticket(name) else f"article-{digest}"


class Upkeep:
    """Every replica looks; the command's id and the article's own stream make one fact of it."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._noted: set[tuple[str, str]] = set()

    async def watch(self, runtime: Runtime) -> None:
        """Until cancelled: what a stop kept from being noted is noted at the next start."""
        while True:
            await self.look(runtime)
            await asyncio.sleep(LOOKED_EVERY_S)

    async def look(self, runtime: Runtime) -> None:
        """Once; an article that cannot be noted now keeps no other one waiting."""
        now = runtime.clock.now()
        catalogue = self._books.at(now).catalogue
        day = catalogue.day(now)
        for article in catalogue.articles.values():
            if article.is_overdue(day) and (article.id, article.upkeep) not in self._noted:
                try:
                    await self._note(runtime, article)
                except (StoreUnavailable, Busy, Overloaded) as error:
                    log.warning("%s is noted as overdue later: %s", article.id, error)
                else:
                    self._noted.add((article.id, article.upkeep))

    async def _note(self, runtime: Runtime, article: Article) -> None:
        assert runtime.performer is not None
        key = f"overdue/{article.id}/{article.upkeep}"
        await runtime.performer.perform(
            stream_of(article.id),
            NoteOverdue(runtime.clock.now(), article.id),
            sender=_SENDER,
            key=key,
            body_hash=hash_of("NoteOverdue", key.encode()),
            meta=metadata(command_id=f"{_SENDER}/{key}", by=_SENDER),
        )
