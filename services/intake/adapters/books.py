"""What the city has laid down, as it is in effect at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.adapters.registry import City
from services.intake.domain.categories import Catalogue
from services.intake.domain.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Books:
    """The shipped city."""

    city: City

    def at(self, instant: datetime) -> City:
        """By the time of a command alone, so that every replica decides alike."""
        return self.city

    def laid_down(self, instant: datetime) -> tuple[RuleSet, Catalogue]:
        """What a decision rests on."""
        city = self.at(instant)
        return city.rules, city.catalogue
