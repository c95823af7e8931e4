"""The shipped calendars, read as the service reads them."""

from __future__ import annotations

from pathlib import Path

import yaml

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.calendar_data import from_data

_FOLDER = Path(__file__).parents[3] / "services" / "deadline" / "registry" / "calendars"


def shipped(name: str) -> Calendar:
    """One calendar of the registry."""
    return from_data(yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8")))


CN = shipped("cn")
US = shipped("us-federal")
