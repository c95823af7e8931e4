"""What a citizen states about a matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


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


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """What channel or operator states about the matter (R10–R19); absent means no."""

    emergency_line: str = ""
    emergency_ongoing: bool = False
    organ: str = ""
    duty: str = ""
    legal_procedure: str = ""
    legal_status: str = ""
    secrecy: str = ""
    discipline: bool = False
    content: str = ""
    consumer_mediation: str = ""
    about_unit: str = ""
    about_conduct: bool = False


NO_FACTS = MatterFacts()

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
