"""Clocks as policy: each row of the city's table names what starts, pauses and ends a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import time, timedelta

from services.deadline.domain.lengths import Length, MostExtended, days_in
from services.kernel.decider import Value, field

OWN = "deadline"
ALARM_BEFORE = timedelta(hours=8)  # where a policy does not say (R22)
NO_MATTER: Mapping[str, object] = {}
DISPATCHED = "hotline.dispatch.v1.TicketDispatched"


class Trigger(Value):
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


class ByMatter(Value):
    """A length of its own for some matters: by kind, urgency, category, level of the unit.

    A category stands for itself and for all below it: `housing` for `housing/leak`.
    """

    when: Mapping[str, tuple[str, ...]]
    length: Length

    def fits(self, matter: Mapping[str, object]) -> bool:
        return all(
            any(_is_or_below(str(matter.get(name, "")), one) for one in wanted)
            for name, wanted in self.when.items()
        )


def _is_or_below(value: str, wanted: str) -> bool:
    return value == wanted or value.startswith(f"{wanted}/")


class WarningRule(Value):
    """When people are warned that a clock runs out (R25).

    In the `morning` of the working day on which each of the `shares`, in per cent, of the counted
    days is used, and so long before due for a clock that is longer than `longer_than`.
    """

    shares: tuple[int, ...] = ()
    morning: time = time()
    before_due: timedelta | None = None
    longer_than: timedelta = timedelta()


class Ladder(Value):
    """How long after the miss each step comes (R25): in working days, or in running hours."""

    working_days: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()


class ClockRow(Value):
    """One kind of clock. A `window` closes without a miss (R24).

    A clock of the `desk` is the hotline's own, whichever unit its facts name. One that is `fixed`
    is moved by nothing, as what was promised to the citizen. `longest_extension` is in working
    days, 0 for the clock's own length (R22). One without a `ladder` calls nobody
    after a miss. `follows` names the clock whose length it has.
    So long before an application lapses that nobody answered, `alarm_before`, the hotline is
    alarmed (R22).
    One with a `due_field` is due when that field of its starting fact says, and does not start
    without it. One that is `statutory` is held to the limit of law of the matter's category too
    (R23). `acts` are the words of the
    calculator for what ends it, `acts_by_kind` more of them for matters of that kind.
    """

    name: str
    length: Length | None
    starts: tuple[Trigger, ...]
    ends: tuple[Trigger, ...]
    pauses: tuple[Trigger, ...] = ()
    resumes: tuple[Trigger, ...] = ()
    pause_reason: str = ""
    window: bool = False
    stated_limit: bool = False
    statutory: bool = False
    due_field: str = ""
    desk: bool = False
    fixed: bool = False
    extendable: bool = False
    longest_extension: int = 0
    most_extensions: int = 0
    warnings: WarningRule | None = None
    ladder: Ladder | None = None
    alarm_before: timedelta = ALARM_BEFORE
    follows: str = ""
    by_matter: tuple[ByMatter, ...] = ()
    acts: tuple[str, ...] = ()
    acts_by_kind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def acts_of(self, matter: Mapping[str, object]) -> tuple[str, ...]:
        """What ends it for such a matter: a consultation is answered (table of clocks)."""
        return (*self.acts, *self.acts_by_kind.get(str(matter.get("kind", "")), ()))

    def most_extended(self, length: Length) -> MostExtended:
        """What bounds the extensions of such a clock (R22)."""
        days = (self.longest_extension or days_in(length)) if self.extendable else 0
        return MostExtended(days, self.most_extensions)

    @property
    def starts_at_dispatch(self) -> bool:
        """Is it a clock of the unit, which starts afresh at every dispatch (R24)?"""
        return any(trigger.type == DISPATCHED for trigger in self.starts)

    @property
    def sources(self) -> tuple[str, ...]:
        """Whose facts can end it, and our own (extensions, pauses)."""
        return tuple(sorted({t.source for t in self.ends} | {OWN}))


class Policy:
    """A city's rows, indexed by the fact types that move them."""

    def __init__(
        self,
        id: str,  # noqa: A002
        version: str,
        rows: Iterable[ClockRow],
        urges_per_day: int = 1,
    ) -> None:
        self.urges_per_day = urges_per_day
        self.version = f"{id}@{version}"
        self.rows = {row.name: row for row in rows}
        for row in self.rows.values():
            if row.follows and self.rows.get(row.follows, row).length is None:
                raise ValueError(f"{id}: {row.name} follows {row.follows}, which has no length")
        self.ending = _index((t, row) for row in self.rows.values() for t in row.ends)
        self.pausing = _index((t, row) for row in self.rows.values() for t in row.pauses)
        self.resuming = _index((t, row) for row in self.rows.values() for t in row.resumes)
        self.starting = _index((t, row) for row in self.rows.values() for t in row.starts)
        self.sources = {name: row.sources for name, row in self.rows.items()}

    def length(self, name: str, matter: Mapping[str, object] = NO_MATTER) -> Length:
        """How long that clock is for such a matter. Raises KeyError."""
        row = self.rows[name]
        if row.follows:
            return self.length(row.follows, matter)
        assert row.length is not None, "only a row that follows another has no length"
        return next((one.length for one in row.by_matter if one.fits(matter)), row.length)

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
        named = [(*trigger.when, trigger.instant) for trigger in self.triggers()]
        named.append(tuple(row.due_field for row in self.rows.values()))
        return frozenset(name for names in named for name in names if name)


Index = dict[str, list[tuple[Trigger, ClockRow]]]


def _index(pairs: Iterable[tuple[Trigger, ClockRow]]) -> Index:
    found: Index = {}
    for trigger, row in pairs:
        found.setdefault(trigger.type, []).append((trigger, row))
    return found
