"""What a citizen states about a matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from services.kernel.decider import Value


class Kind(StrEnum):
    """R1: what the citizen wants."""

    CONSULTATION = "consultation"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"


class Urgency(StrEnum):
    """R4."""

    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"


class Supplement(StrEnum):
    """R18: how far the question for missing elements has come."""

    NONE = "none"
    WAITING = "waiting"
    EXPIRED = "expired"
    SUPPLIED = "supplied"


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """What channel or operator states about the matter (R2, R5, R9-R20); absent means no.

    `sub_centre` is the number of its line, `missing` names elements, `kb_answer` an article,
    `other_ground` is the written reason of R20.
    """

    emergency_line: str = ""
    emergency_ongoing: bool = False
    organ: str = ""
    duty: str = ""
    duty_unit: str = ""
    sub_centre: str = ""
    legal_procedure: str = ""
    legal_status: str = ""
    secrecy: str = ""
    discipline: bool = False
    content: str = ""
    missing: tuple[str, ...] = ()
    consumer_mediation: str = ""
    kb_answer: str = ""
    other_ground: str = ""
    about_unit: str = ""
    about_conduct: bool = False


NO_FACTS = MatterFacts()
# R2: whose conduct a matter is about, where the citizen did not say.
UNNAMED_UNIT = "unnamed"

# The words that a fact may be stated in; facts that are not listed are free text.
VOCABULARY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "organ": frozenset(
            {
                "court",
                "procuratorate",
                "party_committee",
                "discipline_inspection",
                "peoples_congress",
                "cppcc",
                "army",
                "armed_police",
                "mass_organisation",
                "government",
            }
        ),
        "duty": frozenset({"local", "provincial", "central_vertical", "other_city", "none"}),
        "legal_procedure": frozenset(
            {
                "litigation",
                "arbitration",
                "administrative_review",
                "petition",
                "information_disclosure",
            }
        ),
        "legal_status": frozenset({"should", "in", "through"}),
        "secrecy": frozenset(
            {"state_secret", "commercial_secret", "privacy_of_others", "own_data"}
        ),
        "content": frozenset(
            {
                "substantive",
                "malicious",
                "harassment",
                "no_substance",
                "against_law",
                "against_public_order",
            }
        ),
        "consumer_mediation": frozenset(
            {"association", "administrative_in", "administrative_closed"}
        ),
    }
)


def unknown_words(facts: MatterFacts) -> Sequence[str]:
    """The facts stated in a word that nobody knows: taken for "no", they would slip past a rule."""
    stated = {name: getattr(facts, name) for name in VOCABULARY}
    return [name for name, word in stated.items() if word and word not in VOCABULARY[name]]


class Progress(StrEnum):
    """R16: how far an earlier ticket has come; a refused or withdrawn one was never handled."""

    BEING_HANDLED = "being_handled"
    HANDLED = "handled"
    NOT_HANDLED = "not_handled"


class Earlier(Value):
    """R16: an earlier ticket that this matter may repeat, as it stood at the decision."""

    ticket: str
    progress: Progress
    same_caller: bool = False
    same_matter: bool = False
    new_circumstance: bool = False

    @property
    def is_repeated(self) -> bool:
        """The same matter of the same citizen, and nothing new is stated."""
        return self.same_caller and self.same_matter and not self.new_circumstance


class Case(Value):
    """All that a decision rests on: decided again under the same set, it gives the same."""

    kind: Kind
    facts: MatterFacts = NO_FACTS
    earlier: tuple[Earlier, ...] = ()
    supplement: Supplement = Supplement.NONE

    @property
    def repeats(self) -> tuple[Earlier, ...]:
        """The earlier tickets that this matter repeats (R16), as they were given."""
        return tuple(earlier for earlier in self.earlier if earlier.is_repeated)

    @property
    def related(self) -> tuple[str, ...]:
        """R16: same matters that are not repeated; they may be merged later, never silently."""
        same = (e for e in self.earlier if e.same_matter and not e.is_repeated)
        return tuple(e.ticket for e in same)

    @property
    def barred_unit(self) -> str:
        """R2: only a complaint about the unit's own conduct bars the unit."""
        return self.facts.about_unit if self.facts.about_conduct else ""
