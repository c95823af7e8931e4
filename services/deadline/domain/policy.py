"""Clocks as policy: each row of the city's table names what starts, pauses and ends a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.deadline.domain.lengths import Length

OWN = "deadline"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A fact type (protobuf full name), under conditions on its fields, or on the `kind` of the
    matter (R1), which is remembered from its acceptance.

    `instant` names the field that holds the act's own time where that is not the fact's.
    """

    type: str
    when: Mapping[str, object] = field(default_factory=dict)
    instant: str = ""

    @property
    def source(self) -> str:
        """The service that records the fact: `hotline.<service>.v1.<Name>`."""
        return self.type.split(".")[1]

    def fits(self, values: Mapping[str, object]) -> bool:
        """Whether every condition holds; a list allows any of its values."""
        return all(
            values.get(name) in wanted if isinstance(wanted, tuple) else values.get(name) == wanted
            for name, wanted in self.when.items()
        )


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One kind of clock. A `window` closes without a miss (R24).

    A clock of the `desk` is the hotline's own, whichever unit its facts name.
    """

    name: str
    length: Length
    starts: tuple[Trigger, ...]
    ends: tuple[Trigger, ...]
    pauses: tuple[Trigger, ...] = ()
    resumes: tuple[Trigger, ...] = ()
    pause_reason: str = ""
    window: bool = False
    stated_limit: bool = False
    desk: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Whose facts can end it, and our own (extensions, pauses)."""
        return tuple(sorted({t.source for t in self.ends} | {OWN}))


class Policy:
    """A city's rows, indexed by the fact types that move them."""

    def __init__(self, id: str, version: str, rows: Iterable[ClockRow]) -> None:  # noqa: A002
        self.version = f"{id}@{version}"
        self.rows = {row.name: row for row in rows}
        self.ending = _index((t, row) for row in self.rows.values() for t in row.ends)
        self.pausing = _index((t, row) for row in self.rows.values() for t in row.pauses)
        self.resuming = _index((t, row) for row in self.rows.values() for t in row.resumes)
        self.starting = _index((t, row) for row in self.rows.values() for t in row.starts)
        self.sources = {name: row.sources for name, row in self.rows.items()}

    def triggers(self) -> Iterator[Trigger]:
        """Every trigger of every row."""
        for part in (self.ending, self.pausing, self.resuming, self.starting):
            for pairs in part.values():
                yield from (trigger for trigger, _ in pairs)

    def types(self) -> frozenset[str]:
        """Every fact type that moves a clock."""
        return frozenset(trigger.type for trigger in self.triggers())

    def fields(self) -> frozenset[str]:
        """Every field that a condition or an instant names."""
        named = ((*trigger.when, trigger.instant) for trigger in self.triggers())
        return frozenset(name for names in named for name in names if name)


Index = dict[str, list[tuple[Trigger, ClockRow]]]


def _index(pairs: Iterable[tuple[Trigger, ClockRow]]) -> Index:
    found: Index = {}
    for trigger, row in pairs:
        found.setdefault(trigger.type, []).append((trigger, row))
    return found
