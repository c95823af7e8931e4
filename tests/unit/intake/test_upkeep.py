"""R5: late upkeep is looked for beside the service."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from services.intake.adapters.upkeep import Upkeep, stream_of
from services.intake.domain.articles import Article
from services.intake.domain.rules import Words
from services.kernel.decider import replace
from services.kernel.store import BucketForked
from tests.unit.intake.matters import CITY, NOON

WORDS = Words("文", "text")
LATE = Article("KB-1", "1", "tax", WORDS, WORDS, WORDS, date(2020, 1, 1), date(2020, 6, 1))


class Performer:
    """Its first stream lies in a forked bucket."""

    def __init__(self, forked: str) -> None:
        self.forked, self.noted = forked, list[str]()

    async def perform(self, stream: str, *_: Any, **__: Any) -> None:
        if stream == self.forked:
            raise BucketForked("bucket 3")
        self.noted.append(stream)


async def test_r5_an_article_that_cannot_be_noted_keeps_no_other_waiting() -> None:
    articles = {name: replace(LATE, id=name) for name in ("KB-1", "KB-2", "KB-3")}
    catalogue = replace(CITY.catalogue, articles=articles)
    books: Any = SimpleNamespace(at=lambda _: SimpleNamespace(catalogue=catalogue))
    performer = Performer(stream_of("KB-1"))
    clock = SimpleNamespace(now=lambda: NOON)
    runtime: Any = SimpleNamespace(clock=clock, performer=performer)
    upkeep = Upkeep(books)
    await upkeep.look(runtime)
    assert performer.noted == [stream_of("KB-2"), stream_of("KB-3")]
    performer.forked = ""  # adopted
    await upkeep.look(runtime)
    assert performer.noted[2:] == [stream_of("KB-1")]
