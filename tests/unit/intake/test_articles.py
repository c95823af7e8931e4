"""The knowledge base (R5): articles as data, found in Chinese and English."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.intake.adapters.articles import Library, load_articles, parse_articles
from services.intake.domain import rejections
from services.intake.domain.events import TicketAnswered
from services.intake.domain.matter import Kind
from services.kernel import yaml_file
from services.kernel.decider import replace
from tests.unit.intake.matters import CITY, matter, when

ARTICLES = list(load_articles("sample")[0].values())
LIBRARY = Library(ARTICLES)
TODAY = date(2026, 11, 25)
TEXT = """
articles:
  - id: A
    version: "1"
    unit: social
    source: {zh: 法, en: Law}
    since: 2026-01-01
    review_on: 2026-06-30
    question: {zh: 问, en: Question}
    answer: {zh: 答, en: Answer}
"""


def ids(query: str, day: date = TODAY) -> list[str]:
    return [article.id for article in LIBRARY.search(query, day, 5)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("养老金转移", "KB-1"),
        ("moving pensions", "KB-1"),
        ("异地看病怎么结算", "KB-2"),
        ("七天退货", "KB-3"),
        ("unpaid wage", "KB-4"),
        ("拖欠工资", "KB-4"),
    ],
)
def test_r5_an_article_is_found_in_either_language(query: str, first: str) -> None:
    """R5."""
    assert ids(query)[0] == first


@pytest.mark.parametrize("query", ["", "the", "xyzzy", '"(:*', "a" * 10_000, "钅"])
def test_what_is_not_there_and_what_is_no_word_finds_nothing(query: str) -> None:
    assert ids(query) == []


def test_r5_only_articles_that_hold_that_day_are_found() -> None:
    assert ids("拖欠工资", date(2025, 12, 31)) == []
    gone = Library([replace(a, until=TODAY) for a in ARTICLES])
    assert gone.search("拖欠工资", TODAY, 5) == []
    assert Library([]).search("拖欠工资", TODAY, 5) == []


def test_r5_overdue_upkeep_is_told() -> None:
    (article,) = parse_articles(yaml_file.parse(TEXT, "file"), "file").values()
    assert not article.is_overdue(date(2026, 6, 30))
    assert article.is_overdue(date(2026, 7, 1))
    assert not replace(article, until=date(2026, 7, 1)).is_overdue(date(2026, 7, 1))


def test_r5_a_consultation_is_answered_by_what_an_article_says_then() -> None:
    """Whoever reviews the answer later sees what the citizen was told."""
    fact: Any = when(matter(Kind.CONSULTATION, kb_answer="KB-1"))[1]
    assert isinstance(fact, TicketAnswered)
    said = CITY.catalogue.articles["KB-1"]
    assert (fact.article, fact.article_version) == ("KB-1", said.version)
    assert (fact.answer_zh, fact.answer_en) == (said.answer.zh, said.answer.en)
    with pytest.raises(rejections.UnknownArticle, match="KB-99"):
        when(matter(Kind.CONSULTATION, kb_answer="KB-99"))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("since: 2026-01-01", "since: soon", "articles.0.since: 'soon' is no day"),
        ("review_on: 2026-06-30", "until: 2026-06-30", "articles.0: missing ['review_on']"),
        ('version: "1"', "version: 1", "articles.0: version: 1 is no text"),
        ("answer: {zh: 答, en: Answer}", "answer: {zh: 答}", "articles.0.answer: missing ['en']"),
        ("articles:", "article:", "the file: unknown ['article']"),
    ],
)
def test_a_mistake_in_an_article_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=r"^file: ") as caught:
        parse_articles(yaml_file.parse(TEXT.replace(old, new, 1), "file"), "file")
    assert sentence in str(caught.value)


def test_an_id_stands_once() -> None:
    twice = TEXT + TEXT.replace("\narticles:\n", "")
    with pytest.raises(ValueError, match="A stands there twice"):
        parse_articles(yaml_file.parse(twice, "file"), "file")
