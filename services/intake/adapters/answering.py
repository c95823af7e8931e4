"""The knowledge base over HTTP (R5): what a consultation can be answered from at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.intake.adapters.answers import Reason
from services.intake.adapters.articles import Library
from services.intake.domain.articles import Article
from services.kernel.identity import Role
from services.kernel.runtime import Runtime
from services.kernel.security import role

_READERS = role(
    Role.CHANNEL, Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.ADMINISTRATOR
)


class FoundArticle(BaseModel):
    """One article that holds today."""

    id: str = Field(description="What `kb_answer` of a matter names.")
    version: str
    unit: str = Field(description="Who keeps it up.")
    source: Reason
    question: Reason
    answer: Reason
    since: date
    until: date | None
    review_on: date
    overdue: bool = Field(description="Its unit has not looked at it in time.")


def article_router(articles: Mapping[str, Article], runtime: Runtime, zone: tzinfo) -> APIRouter:
    """`GET /v1/articles`."""
    router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(_READERS)])
    library = Library(list(articles.values()))

    @router.get("/articles")
    async def find_articles(
        q: Annotated[
            str, Query(max_length=500, description="Words in Chinese or English; empty: all.")
        ] = "",
        overdue: Annotated[bool, Query(description="Only those whose upkeep is late.")] = False,
        limit: Annotated[int, Query(ge=1, le=50, description="At most so many.")] = 10,
    ) -> list[FoundArticle]:
        """Articles that hold today, the best first."""
        today = runtime.clock.now().astimezone(zone).date()
        if q.strip():
            found = library.search(q, today, 50)
        else:
            found = [article for article in articles.values() if article.holds_on(today)]
        late = [a for a in found if not overdue or a.is_overdue(today)]
        return [_shown(article, today) for article in late[:limit]]

    return router


def _shown(article: Article, today: date) -> FoundArticle:
    return FoundArticle(
        id=article.id,
        version=article.version,
        unit=article.unit,
        source=Reason(zh=article.source.zh, en=article.source.en),
        question=Reason(zh=article.question.zh, en=article.question.en),
        answer=Reason(zh=article.answer.zh, en=article.answer.en),
        since=article.since,
        until=article.until,
        review_on=article.review_on,
        overdue=article.is_overdue(today),
    )
