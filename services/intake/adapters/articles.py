"""The knowledge base: articles from YAML, searched in Chinese and English by tantivy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from typing import Any

import tantivy

from services.intake.adapters.entries import day, required, text, words
from services.intake.domain.articles import Article
from services.kernel import yaml_file

_ARTICLE = {"id", "version", "unit", "source", "since", "review_on", "question", "answer"}
_LONGEST_QUERY = 500


def load_articles(city: str) -> tuple[Mapping[str, Article], Any]:
    """By id, and the document; none for a city without the file. Raises ValueError."""
    file = resources.files("services.intake") / "registry" / city / "articles.yaml"
    name = f"intake/registry/{city}/articles.yaml"
    document = yaml_file.read(file, name) if file.is_file() else {"articles": []}
    return parse_articles(document, name), document


def parse_articles(top: Any, name: str) -> Mapping[str, Article]:
    """By id. Raises ValueError."""
    required(top, {"articles"}, set(), f"{name}: the file")
    if not isinstance(top["articles"], list):
        raise ValueError(f"{name}: articles must be a list")
    found = tuple(_article(p, f"{name}: articles.{n}") for n, p in enumerate(top["articles"]))
    ids = [article.id for article in found]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"{name}: {twice[0]} stands there twice")
    return {article.id: article for article in found}


def _article(part: Any, where: str) -> Article:
    required(part, _ARTICLE, {"until"}, where)
    return Article(
        id=text(part, "id", where),
        version=text(part, "version", where),
        unit=text(part, "unit", where),
        source=words(part["source"], f"{where}.source"),
        question=words(part["question"], f"{where}.question"),
        answer=words(part["answer"], f"{where}.answer"),
        since=day(part["since"], f"{where}.since"),
        review_on=day(part["review_on"], f"{where}.review_on"),
        until=day(part["until"], f"{where}.until") if part.get("until") is not None else None,
    )


class Library:
    """An index in memory. Chinese is split into pairs of characters, English into stems."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = {article.id: article for article in articles}
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("zh", tokenizer_name="pairs")
        builder.add_text_field("en", tokenizer_name="en_stem")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        pairs = tantivy.Tokenizer.ngram(2, 2, False)
        self._analyzers = {
            "zh": tantivy.TextAnalyzerBuilder(pairs).build(),
            "en": tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("English"))
            .filter(tantivy.Filter.stopword("english"))
            .build(),
        }
        self._index.register_tokenizer("pairs", self._analyzers["zh"])
        self._index.register_tokenizer("en_stem", self._analyzers["en"])
        self._write(articles)

    def _write(self, articles: Sequence[Article]) -> None:
        writer = self._index.writer(num_threads=1)
        for article in articles:
            parts = (article.question, article.answer)
            writer.add_document(
                tantivy.Document(
                    id=article.id,
                    zh=" ".join(part.zh for part in parts),
                    en=" ".join(part.en for part in parts),
                )
            )
        writer.commit()
        self._index.reload()

    def search(self, query: str, day: date, limit: int) -> list[Article]:
        """Those that hold on that day, the best first; words are joined by "or"."""
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, token))
            for field, analyzer in self._analyzers.items()
            for token in dict.fromkeys(analyzer.analyze(query[:_LONGEST_QUERY]))
        ]
        if not clauses:
            return []
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(clauses), len(self.articles) or 1).hits
        found = [self.articles[searcher.doc(address)["id"][0]] for _, address in hits]
        return [article for article in found if article.holds_on(day)][:limit]


class Libraries:
    """The index of the articles in effect, made again when others are."""

    def __init__(self) -> None:
        self._articles: Mapping[str, Article] | None = None
        self._library = Library(())

    def of(self, articles: Mapping[str, Article]) -> Library:
        if articles is not self._articles:
            self._articles, self._library = articles, Library(list(articles.values()))
        return self._library
