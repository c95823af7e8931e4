"""Suggestions from a text, for the operator: the dictionary from YAML, and the route."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.intake.adapters.entries import required, text, texts
from services.intake.domain.matter import VOCABULARY
from services.intake.domain.suggestions import EMERGENCY, Dictionary, Entry
from services.kernel import yaml_file
from services.kernel.describe import problems
from services.kernel.http import CleanText, StrictModel, idempotency_key
from services.kernel.identity import Role
from services.kernel.security import role

_READERS = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR)
_FACTS = {*VOCABULARY, EMERGENCY, "discipline"}


def load_dictionary() -> Dictionary:
    """The shipped one. Raises ValueError with one sentence that names file and key."""
    name = "intake/registry/suggestions.yaml"
    file = resources.files("services.intake") / "registry" / "suggestions.yaml"
    return parse_dictionary(yaml_file.read(file, name), name)


def parse_dictionary(top: Any, name: str) -> Dictionary:
    """Raises ValueError."""
    required(top, {"version", "over", "suggestions"}, set(), f"{name}: the file")
    if not isinstance(top["suggestions"], list) or not top["suggestions"]:
        raise ValueError(f"{name}: suggestions must be a list of at least one")
    parts = [(part, f"{name}: suggestions.{n}") for n, part in enumerate(top["suggestions"])]
    entries = [_entry(part, where) for part, where in parts]
    over = Entry("", "", *_languages(top["over"], f"{name}: over"))
    return Dictionary(text(top, "version", name), entries, over)


def _entry(part: Any, where: str) -> Entry:
    required(part, {"fact", "value", "words"}, set(), where)
    fact, value = text(part, "fact", where), text(part, "value", where)
    if fact not in _FACTS or value not in VOCABULARY.get(fact, {value}):
        raise ValueError(f"{where}: {fact} {value!r} is no fact of a matter that words suggest")
    return Entry(fact, value, *_languages(part["words"], f"{where}.words"))


def _languages(part: Any, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required(part, {"zh", "en"}, set(), where)
    return texts(part["zh"], f"{where}.zh"), texts(part["en"], f"{where}.en")


class MatterText(StrictModel):
    """What the citizen says so far; it is not kept."""

    title: CleanText = Field("", description="The matter in a line.")
    description: CleanText = Field("", description="The matter in the citizen's words.")


class SuggestedFact(BaseModel):
    """A fact that the text may state. Nothing is decided by it."""

    fact: str = Field(description="As in `facts` of a matter.")
    value: str
    words: list[str] = Field(description="The words that raised it, as they stand in the text.")
    ongoing: bool = Field(description="Of an emergency: nothing says that it is over.")


class Suggestions(BaseModel):
    """For the operator to confirm."""

    version: str = Field(description="Of the dictionary.")
    suggestions: list[SuggestedFact]


def suggest_router(dictionary: Dictionary) -> APIRouter:
    """`POST /v1/suggestions`."""
    router = APIRouter(prefix="/v1", tags=["suggestions"])

    @router.post(
        "/suggestions",
        dependencies=[Depends(_READERS), Depends(idempotency_key)],
        responses=problems(422),
    )
    async def suggest(body: Annotated[MatterText, ...]) -> Suggestions:
        """Facts that a text may state, with the words that raised them; nothing is recorded."""
        found = dictionary.suggest(body.title, body.description)
        facts = [
            SuggestedFact(fact=s.fact, value=s.value, words=list(s.words), ongoing=s.ongoing)
            for s in found
        ]
        return Suggestions(version=dictionary.version, suggestions=facts)

    return router
