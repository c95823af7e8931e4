"""The knowledge base over HTTP (R5): what a consultation can be answered from at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.intake.adapters.answers import Reason
from services.intake.adapters.articles import Libraries
from services.intake.adapters.books import Books
from services.intake.adapters.tallies import ArticleUse, Counted
from services.intake.domain.articles import Article
from services.kernel.identity import Role
from services.kernel.runtime import Runtime
from services.kernel.security import role

_READERS = role(
    Role.CHANNEL, Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.ADMINISTRATOR
)


_REVIEWERS = role(Role.STAFF, Role.SUPERVISOR)


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


class ReviewedArticle(FoundArticle):
    """An article in the queue of reviews, with what its answers did."""

    answered: int = Field(description="So often it answered at once.")
    unhelpful: int = Field(description="So often that did not help, and went on as a ticket.")
    reviewed: int = Field(description="So many of its answers were reviewed.")
    wrong: int = Field(description="So many of those were found wrong.")


class AnswerToReview(BaseModel):
    """An answer given at once that nobody has reviewed."""

    ticket: str
    article: str
    answered_at: datetime
    unhelpful: bool = Field(description="The citizen said that it did not help.")


def article_router(books: Books, runtime: Runtime, counted: Counted) -> APIRouter:
    """`GET /v1/articles` and `GET /v1/articles/reviews`."""
    router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(_READERS)])
    libraries = Libraries()

    @router.get("/articles")
    async def find_articles(
        q: Annotated[
            str, Query(max_length=500, description="Words in Chinese or English; empty: all.")
        ] = "",
        overdue: Annotated[bool, Query(description="Only those whose upkeep is late.")] = False,
        limit: Annotated[int, Query(ge=1, le=50, description="At most so many.")] = 10,
    ) -> list[FoundArticle]:
        """Articles that hold today, the best first."""
        now = runtime.clock.now()
        catalogue = books.at(now).catalogue
        articles, today = catalogue.articles, catalogue.day(now)
        if q.strip():
            found = libraries.of(articles).search(q, today, 50)
        else:
            found = [article for article in articles.values() if article.holds_on(today)]
        late = [a for a in found if not overdue or a.is_overdue(today)]
        return [_shown(article, today) for article in late[:limit]]

    @router.get("/articles/reviews")
    async def article_reviews(
        unit: Annotated[
            str, Query(max_length=100, description="Only those that this unit keeps up.")
        ] = "",
        days: Annotated[
            int, Query(ge=1, le=3_660, description="Uses are counted so far back.")
        ] = 90,
        limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 50,
    ) -> list[ReviewedArticle]:
        """Articles that hold today, in the order in which they are to be looked at again.

        Each with how often it answered, and how often that did not help (R5).
        """
        now = runtime.clock.now()
        catalogue = books.at(now).catalogue
        today = catalogue.day(now)
        found = [
            article
            for article in catalogue.articles.values()
            if article.holds_on(today) and unit in ("", article.unit)
        ]
        found.sort(key=lambda article: (article.review_on, article.id))
        uses = await counted.articles(today - timedelta(days=days))
        return [_reviewed(a, uses.get(a.id, ArticleUse()), today) for a in found[:limit]]

    return router


def review_router(counted: Counted) -> APIRouter:
    """`GET /v1/answers/reviews`."""
    reviews = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(_REVIEWERS)])

    @reviews.get("/answers/reviews")
    async def answer_reviews(
        limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 50,
    ) -> list[AnswerToReview]:
        """Answers given at once that nobody has reviewed, those that wait longest first (R5).

        `POST /v1/tickets/{ticket}/review-answer` takes one off.
        """
        waiting = await counted.answers(limit)
        return [
            AnswerToReview(
                ticket=w.ticket, article=w.article, answered_at=w.at, unhelpful=w.unhelpful
            )
            for w in waiting
        ]

    return reviews


def _reviewed(article: Article, use: ArticleUse, today: date) -> ReviewedArticle:
    return ReviewedArticle(
        **_shown(article, today).model_dump(),
        answered=use.answered,
        unhelpful=use.unhelpful,
        reviewed=use.reviewed,
        wrong=use.wrong,
    )


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
