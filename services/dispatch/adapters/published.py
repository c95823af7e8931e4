"""The directory as an administrator publishes it, version by version (R4, R24, R29)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.adapters.registry import document, load, parse
from services.dispatch.domain.directory import Directory
from services.kernel.decider import replace
from services.kernel.registry import Kind, Registry

NAME = "directory"


def kinds(city: str) -> dict[str, Kind[Directory]]:
    """What the registry keeps. Raises ValueError where the city has no directory."""
    shipped = load(city)

    def read(content: Any) -> Directory:
        found = parse(content, NAME)
        if _id(found) != _id(shipped):
            raise ValueError(f"{NAME}: id stays as it is: {_id(shipped)!r}")
        return found

    return {NAME: Kind(shipped, read, document(city))}


class InEffect:
    """The directory in effect at an instant. A ticket keeps its unit when another one comes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._cited: dict[int, Directory] = {}

    def __call__(self, at: datetime) -> Directory:
        """A dispatch cites one version, whatever the file calls itself."""
        number = self._registry.version(NAME, at)
        if number not in self._cited:
            found: Directory = self._registry.at(NAME, at)
            cited = f"{found.version}/{number}" if number else found.version
            self._cited[number] = replace(found, version=cited)
        return self._cited[number]


def _id(directory: Directory) -> str:
    return directory.version.rpartition("@")[0]
