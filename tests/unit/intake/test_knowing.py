"""The knowledge base after it has answered (R5): answers reviewed, late upkeep a fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from services.intake.adapters.upkeep import stream_of
from services.intake.domain import rejections
from services.intake.domain.articles import AnswerReviewed, ArticleOverdue
from services.intake.domain.commands import NoteOverdue, ReportUnhelpful, ReviewAnswer
from services.intake.domain.deciding import decider
from services.intake.domain.events import Event
from services.kernel.decider import Rejection, replace
from tests.unit.intake.after import ANSWERED, REFUSED, then
from tests.unit.intake.matters import CITY, CODE, DECIDER, LATER, TICKET, when

RIGHT = ReviewAnswer(LATER, "ann", True)
WRONG = ReviewAnswer(LATER, "ann", False, " The form has another number now. ")
UNHELPFUL = then(ReportUnhelpful(LATER, TICKET, CODE), ANSWERED)
ARTICLE = replace(CITY.catalogue.articles["KB-1"], version="3", review_on=date(2026, 6, 30))
LAST = datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in the city
PASSED = LAST + timedelta(seconds=1)


@pytest.mark.parametrize("given", [ANSWERED, UNHELPFUL])
def test_r5_an_answer_is_reviewed_once_right_or_wrong_with_a_reason(
    given: tuple[Event, ...],
) -> None:
    assert when(RIGHT, *given) == [AnswerReviewed(LATER, "KB-1", True, "ann", "")]
    [wrong] = when(WRONG, *given)
    assert wrong == AnswerReviewed(LATER, "KB-1", False, "ann", "The form has another number now.")
    assert when(replace(WRONG, by="bob"), *given, wrong) == []
    with pytest.raises(rejections.ReviewedAlready):
        when(RIGHT, *given, wrong)
    assert DECIDER.fold((*given, wrong)).phase is DECIDER.fold(given).phase


@pytest.mark.parametrize(
    ("given", "command", "rejection"),
    [
        ((), RIGHT, rejections.UnknownTicket),
        (REFUSED, RIGHT, rejections.NotAnswered),
        (ANSWERED, replace(WRONG, reason=" "), rejections.NoReason),
    ],
)
def test_r5_only_an_answer_is_reviewed_and_what_is_wrong_with_it_is_said(
    given: tuple[Event, ...], command: ReviewAnswer, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(command, *given)


def noted(at: datetime, *given: Event, review_on: date = ARTICLE.review_on) -> Sequence[Event]:
    """What is found of the article at that instant."""
    articles = {"KB-1": replace(ARTICLE, review_on=review_on)}
    catalogue = replace(CITY.catalogue, articles=articles)
    made = decider(lambda _: (CITY.rules, catalogue))
    return made.decide(NoteOverdue(at, "KB-1"), made.fold(given))


def test_r5_late_upkeep_is_a_fact_of_the_first_instant_after_the_citys_day() -> None:
    """It names the owning unit, whenever it was noted: a ground of R32."""
    assert noted(LAST) == []
    late = ArticleOverdue(PASSED, "KB-1", "3", ARTICLE.unit, "2026-06-30")
    assert noted(PASSED) == [late]
    assert noted(PASSED + timedelta(days=40)) == [late]


def test_r5_late_upkeep_is_told_once_per_version_and_day_of_review() -> None:
    [late] = noted(PASSED)
    much_later = PASSED + timedelta(days=300)
    assert noted(much_later, late) == []
    [again] = noted(much_later, late, review_on=date(2026, 12, 31))
    assert isinstance(again, ArticleOverdue)
    assert again.review_on == "2026-12-31"
    assert noted(much_later, late, again) == []


def test_r5_an_article_that_is_gone_or_holds_no_more_is_not_late() -> None:
    made = decider(lambda _: (CITY.rules, replace(CITY.catalogue, articles={})))
    assert made.decide(NoteOverdue(PASSED, "KB-1"), made.fold([])) == []
    ended = replace(ARTICLE, until=date(2026, 6, 1))
    made = decider(lambda _: (CITY.rules, replace(CITY.catalogue, articles={"KB-1": ended})))
    assert made.decide(NoteOverdue(PASSED, "KB-1"), made.fold([])) == []


def test_an_articles_stream_has_the_form_of_a_tickets_number() -> None:
    assert stream_of("KB-1") == "article-KB-1"
    assert stream_of("养老 1").startswith("article-")
    assert len(stream_of("养老 1")) == len("article-") + 32 < 64
    assert stream_of("养老 1") != stream_of("养老 2")
