"""What a citizen states about a matter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
