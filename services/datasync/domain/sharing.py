"""Who may have what of which tickets (R34, R35): subscriptions and sharing rules are data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.datasync.domain.facts import Fact
from services.datasync.domain.views import Audience
from services.kernel.decider import Value, field


class Role(StrEnum):
    """What a department is to a ticket."""

    LEAD = "lead"
    CO_HANDLER = "co_handler"
    SAME_LEVEL = "same_level"


class Way(StrEnum):
    """How a feed reaches a department."""

    TOPIC = "topic"
    WEBHOOK = "webhook"
    SSE = "sse"
    PULL = "pull"


class FieldClass(StrEnum):
    """Who may read a field; a field without the option is internal."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"


class Shown(StrEnum):
    """How a class of fields is served. A personal field that is not opened stays sealed."""

    PLAIN = "plain"
    SEALED = "sealed"
    ABSENT = "absent"


DEFAULT_FIELDS: Mapping[FieldClass, Shown] = MappingProxyType(
    {
        FieldClass.PUBLIC: Shown.PLAIN,
        FieldClass.INTERNAL: Shown.PLAIN,
        FieldClass.PERSONAL: Shown.SEALED,
        FieldClass.CONFIDENTIAL: Shown.ABSENT,
    }
)


class Rule(Value):
    """To whom in `role`, of which tickets and events, which fields.

    Empty `types`, `stages`, `categories` or `areas` mean all. A category or area stands for
    itself and everything below it in its tree (`DOHMH` covers `DOHMH/Mold`).
    """

    id: str
    role: Role
    types: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    fields: Mapping[FieldClass, Shown] = field(default_factory=lambda: DEFAULT_FIELDS)
    omit: frozenset[str] = frozenset()

    def wants(self, fact: Fact) -> bool:
        """Whether it shares this kind of event."""
        if self.stages and fact.stage not in self.stages:
            return False
        return not self.types or fact.type.rpartition(".")[2] in self.types


FORGOTTEN = "hotline.intake.v1.PersonForgotten"
# R35: no city's file may say otherwise.
REDACTION = Rule("redaction", Role.SAME_LEVEL, types=frozenset({"PersonForgotten"}))


class Subscription(Value):
    """A department's claim to a feed. Where several rules share a fact, the first one counts."""

    id: str
    department: str
    level: str
    rules: tuple[Rule, ...]
    ways: frozenset[Way]
    since: datetime | None = None

    def granting(self, audience: Audience) -> tuple[Rule, ...]:
        """The rules that entitle it to such a ticket, in the subscription's order."""
        return tuple(rule for rule in self.rules if self._grants(rule, audience))

    def rule_for(self, rules: tuple[Rule, ...], fact: Fact) -> Rule | None:
        """The rule under which the fact is given; None where it is not."""
        if self.since is not None and fact.time < self.since:
            return None
        for rule in rules:
            if rule.wants(fact):
                return rule
        return None

    def _grants(self, rule: Rule, audience: Audience) -> bool:
        return (
            self._plays(rule.role, audience)
            and within(audience.category, rule.categories)
            and within(audience.area, rule.areas)
        )

    def _plays(self, role: Role, audience: Audience) -> bool:
        match role:
            case Role.LEAD:
                return audience.unit == self.department
            case Role.CO_HANDLER:
                return self.department in audience.co_handlers
            case Role.SAME_LEVEL:  # R2: never a matter about its own conduct
                return audience.level == self.level and audience.about_unit != self.department


class Sharing(Value):
    """One dated version of a city's sharing rules."""

    version: str
    subscriptions: tuple[Subscription, ...]

    def rule_version(self, rule: Rule) -> str:
        """What a feed entry names: version and rule."""
        return f"{self.version}/{rule.id}"

    def subscription(self, subscription_id: str) -> Subscription | None:
        return next((s for s in self.subscriptions if s.id == subscription_id), None)


Granted = Mapping[str, tuple[Subscription, tuple[Rule, ...]]]
NOBODY: Granted = MappingProxyType({})


class Grants:
    """Who is entitled, remembered per audience: there are far fewer audiences than tickets."""

    def __init__(self, sharing: Sharing, *, limit: int = 20_000) -> None:
        self.sharing, self._limit = sharing, limit
        self._known: dict[Audience, Granted] = {}
        self.everybody: Granted = MappingProxyType(
            {s.id: (s, (REDACTION,)) for s in sharing.subscriptions}
        )

    def of(self, audience: Audience) -> Granted:
        """Subscription id -> the subscription and its granting rules; the same object each time."""
        granted = self._known.get(audience)
        if granted is None:
            if len(self._known) >= self._limit:
                self._known.clear()
            granted = self._known[audience] = self._decide(audience)
        return granted

    def _decide(self, audience: Audience) -> Granted:
        found = ((s, s.granting(audience)) for s in self.sharing.subscriptions)
        return MappingProxyType({s.id: (s, rules) for s, rules in found if rules})


def within(value: str, tree: tuple[str, ...]) -> bool:
    """Whether the value is one of the nodes, or below one; an empty tree means everything."""
    return not tree or any(value == node or value.startswith(node + "/") for node in tree)
