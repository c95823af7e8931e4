"""The category tree (R4): any depth, versioned by date, with what each category requires (R18)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from services.intake.domain.articles import Article
from services.intake.domain.channels import NO_SWITCHBOARD, Switchboard
from services.intake.domain.hotlines import NO_REGISTER, Register
from services.intake.domain.matter import Kind
from services.intake.domain.rules import Words
from services.kernel.decider import Value, field


class Element(StrEnum):
    """What a matter can lack; a place is an address or a point on the map."""

    DESCRIPTION = "description"
    CONTACT = "contact"
    ADDRESS = "address"
    PLACE = "place"


class Category(Value):
    """A node from a day on. `moved_to` is where its matters go after `until`.

    `limit_days` is a statutory limit in working days (R23; 0: none), `hint` names the dispatch
    directory's entry (R4). Both, `requires` and `kind` are inherited where a node leaves them out.
    """

    id: str
    parent: str
    name: Words
    since: date
    until: date | None = None
    moved_to: str = ""
    requires: tuple[Element, ...] = ()
    kind: Kind | None = None
    limit_days: int = 0
    hint: str = ""

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Tree(Value):
    """All nodes by id, those of the past too: an old ticket's category stays readable."""

    nodes: Mapping[str, Category] = field(default_factory=dict)

    def on(self, category: str, day: date) -> Category | None:
        """The category as matters are filed under it that day."""
        node = self.nodes.get(category)
        return node if node is not None and node.holds_on(day) else None

    def path(self, category: str) -> Sequence[Category]:
        """The node and those above it, the root last."""
        found: list[Category] = []
        node = self.nodes.get(category)
        while node is not None:
            found.append(node)
            node = self.nodes.get(node.parent)
        return found

    def leaves(self, day: date) -> Sequence[Category]:
        """The categories that nothing stands below that day."""
        holding = [node for node in self.nodes.values() if node.holds_on(day)]
        parents = {node.parent for node in holding}
        return [node for node in holding if node.id not in parents]

    def current(self, category: str, day: date) -> str:
        """Where matters of the category are filed that day, wherever it has moved by then."""
        node = self.nodes.get(category)
        while node is not None and node.moved_to and node.until is not None and node.until <= day:
            category, node = node.moved_to, self.nodes.get(node.moved_to)
        return category

    def kind(self, category: str) -> Kind | None:
        """What matters of the category are, of the nearest node that says so."""
        return next((node.kind for node in self.path(category) if node.kind), None)

    def requires(self, category: str) -> tuple[Element, ...]:
        """R18: of the nearest node that says so."""
        return next((node.requires for node in self.path(category) if node.requires), ())

    def limit_days(self, category: str, day: date) -> int:
        """R23: of the nearest node that says so, as of that day; 0: none."""
        return next((node.limit_days for node in self._up_on(category, day) if node.limit_days), 0)

    def hint(self, category: str, day: date) -> str:
        """R4: of the nearest node that says so, as of that day."""
        return next((node.hint for node in self._up_on(category, day) if node.hint), "")

    def _up_on(self, category: str, day: date) -> Iterator[Category]:
        """What stands there or above that day, for a category that moved where it moved to."""
        return (one for one in self.path(self.current(category, day)) if one.holds_on(day))

    def missing(self, category: str, given: Collection[Element]) -> tuple[str, ...]:
        """R18: what the category requires and the matter lacks."""
        return tuple(e.value for e in self.requires(category) if e not in given)


NO_TREE = Tree()


class Catalogue(Value):
    """The categories and areas that the city knows, by id, with their names.

    `tree` holds further categories, `articles` the knowledge base, `register` the merged lines,
    `switchboard` the channels; days are those of `zone`.
    """

    categories: Mapping[str, str]
    areas: Mapping[str, str]
    tree: Tree = NO_TREE
    zone: tzinfo = UTC
    articles: Mapping[str, Article] = field(default_factory=dict)
    register: Register = NO_REGISTER
    switchboard: Switchboard = NO_SWITCHBOARD

    def day(self, at: datetime) -> date:
        """The city's day of an instant."""
        return at.astimezone(self.zone).date()

    def knows(self, category: str, at: datetime) -> bool:
        """Whether a matter can be filed under it at that instant."""
        if category in self.categories:
            return True
        return self.tree.on(category, self.day(at)) is not None

    def answers(self, article: str, at: datetime) -> bool:
        """R5: whether that article holds at that instant."""
        found = self.articles.get(article)
        return found is not None and found.holds_on(self.day(at))


def not_readable(before: Tree, after: Tree) -> Sequence[str]:
    """R4: what the next tree would take from old tickets, for names are read out of the latest."""
    kept = before.nodes.keys() & after.nodes.keys()
    gone = sorted(before.nodes.keys() - kept)
    renamed = sorted(one for one in kept if before.nodes[one].name != after.nodes[one].name)
    return [
        *(f"{one} is missing: a category ends by `until`" for one in gone),
        *(f"{one}: a renamed category ends by `until` and `moved_to`" for one in renamed),
    ]


def faults(nodes: Sequence[Category]) -> Iterator[tuple[int, str]]:
    """What does not fit together: (place in the list, sentence)."""
    by_id = {node.id: node for node in nodes}
    for n, node in enumerate(nodes):
        if by_id[node.id] is not node:
            yield n, f"{node.id} stands here twice"
        if node.parent and node.parent not in by_id:
            yield n, f"{node.id}: its parent {node.parent} is missing"
        if node.until is not None and node.until <= node.since:
            yield n, f"{node.id} ends before it begins"
        if node.moved_to and (node.moved_to not in by_id or node.until is None):
            yield n, f"{node.id}: what moved has an end, and moved to a category that there is"
        if _circles(node, by_id, "parent") or _circles(node, by_id, "moved_to"):
            yield n, f"{node.id} leads back to itself"


def _circles(node: Category, by_id: Mapping[str, Category], step: str) -> bool:
    seen = {node.id}
    following = by_id.get(getattr(node, step))
    while following is not None:
        if following.id in seen:
            return True
        seen.add(following.id)
        following = by_id.get(getattr(following, step))
    return False
