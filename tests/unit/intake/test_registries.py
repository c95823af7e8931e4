"""What a city lays down can be changed by date (R3, R4, R5, R7, R10-R20)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from services.intake.adapters.books import Books, CityRegistry, kinds_of
from services.intake.domain import rejections
from services.intake.domain.deciding import decider
from services.intake.domain.events import TicketAccepted, TicketRefused
from services.intake.domain.ticket import Ticket
from services.kernel.clock import ManualClock
from services.kernel.decider import replace
from services.kernel.registry import Unfit
from services.kernel.registry_memory import MemoryRegistry
from tests.unit.intake.matters import CITY, NOON, matter

SOON = NOON + timedelta(seconds=10)
RULES = "rules/trial-measures"


class City:
    """The sample city with its registries, at noon."""

    def __init__(self) -> None:
        clock = ManualClock(NOON)
        self.registry = CityRegistry(MemoryRegistry(clock.now), clock, kinds_of(CITY))
        self.books = Books(CITY, self.registry)
        self.decide = decider(self.books.laid_down).decide
        self.published = 0

    async def publish(self, name: str, change: Callable[[Any], None]) -> None:
        """The shipped document with a change, in effect in ten seconds."""
        document = orjson.loads(orjson.dumps(copy.deepcopy(CITY.documents[name])))
        change(document)
        self.published += 1
        await self.registry.publish(
            name, document, source="notice 7", by="administrator",
            key=f"k{self.published}", effective_at=SOON,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["channels", "hotlines", "articles", "categories", RULES])
async def test_what_is_shipped_can_be_published_again_as_it_is(name: str) -> None:
    city = City()
    await city.publish(name, lambda document: None)
    before, after = city.books.at(NOON), city.books.at(SOON)
    assert before == CITY
    assert after.catalogue == before.catalogue
    assert replace(after.rules, version="", conditions=CITY.rules.conditions) == replace(
        before.rules, version=""
    )


async def test_a_rule_that_is_published_counts_from_its_date_on() -> None:
    """R10-R20: decided by the command's time alone; the decision cites the published version."""
    city = City()

    def refuse_disclosure(document: Any) -> None:
        document["version"] = "2026-12-01"
        rule = next(rule for rule in document["rules"] if rule["rule"] == "R14")
        rule["when"] = "legal_status == 'in' && legal_procedure == 'information_disclosure'"

    await city.publish(RULES, refuse_disclosure)
    asked = matter(legal_status="in", legal_procedure="information_disclosure")
    now = city.decide(asked, Ticket())[1]
    then = city.decide(replace(asked, at=SOON, stated_due_at=None), Ticket())[1]
    assert isinstance(now, TicketAccepted)
    assert isinstance(then, TicketRefused)
    assert (then.rule, then.rule_set, then.rule_set_version) == (
        "R14", "trial-measures", "2026-12-01/1",
    )  # fmt: skip


async def test_a_channel_that_is_published_takes_matters_from_its_date_on() -> None:
    """R3: a new one needs no code."""
    city = City()
    kiosk = {"id": "kiosk", "name": {"zh": "终端", "en": "Kiosk"}, "kind": "other"}
    await city.publish("channels", lambda document: document["channels"].append(kiosk))
    posted = replace(matter(), channel="kiosk", stated=(), stated_due_at=None)
    with pytest.raises(rejections.UnknownChannel):
        city.decide(posted, Ticket())
    assert city.decide(replace(posted, at=SOON), Ticket())


def _wrong_condition(document: Any) -> None:
    document["rules"][0]["when"] = "emergency_going_on"


def _other_set(document: Any) -> None:
    document["id"] = "suzhou"


def _no_such_parent(document: Any) -> None:
    document["categories"][1]["parent"] = "moon"


def _gone(document: Any) -> None:
    document["categories"].pop()


def _renamed(language: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        document["categories"][-1][language] = "Moon"

    return change


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        (RULES, _wrong_condition, "rules.0.when: "),
        (RULES, _other_set, "id: 'suzhou' is another set"),
        ("categories", _no_such_parent, "its parent moon is missing"),
        ("categories", _gone, "is missing: a category ends by `until`"),
        ("categories", _renamed("zh"), "a renamed category ends by `until` and `moved_to`"),
        ("categories", _renamed("en"), "a renamed category ends by `until` and `moved_to`"),
        ("channels", lambda document: document.pop("answering"), "missing ['answering']"),
        ("articles", lambda document: document["articles"][0].pop("unit"), "missing ['unit']"),
    ],
)
async def test_what_cannot_be_read_is_not_taken(
    name: str, change: Callable[[Any], None], sentence: str
) -> None:
    city = City()
    with pytest.raises(Unfit) as caught:
        await city.publish(name, change)
    assert sentence in str(caught.value)
    assert city.books.at(SOON) == CITY


def _restored(approval: str = "") -> Callable[[Any], None]:
    def change(document: Any) -> None:
        line = next(line for line in document["lines"] if line["number"] == "12312")
        line |= {
            "number_is": "kept", "seats_are": "kept", "transfer_line": "12312",
            "mode": "dual_parallel", "plan": "dual_parallel",
        }  # fmt: skip
        line |= {"approval": approval} if approval else {}

    return change


def _set_up(approval: str = "") -> Callable[[Any], None]:
    def change(document: Any) -> None:
        new = copy.deepcopy(next(x for x in document["lines"] if x["number"] == "12333"))
        new |= {"number": "12399", "set_up_by": "city"} | (
            {"approval": approval} if approval else {}
        )
        document["lines"].append(new)

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_restored, "12312: a cancelled number is not restored without an approval (R7)"),
        (_set_up, "12399: no new departmental line or county platform without an approval (R7)"),
    ],
)
async def test_what_r7_refuses_in_principle_needs_a_recorded_approval(
    change: Callable[..., Callable[[Any], None]], sentence: str
) -> None:
    """R7: also where the entry of old is written over."""
    city = City()
    with pytest.raises(Unfit) as caught:
        await city.publish("hotlines", change())
    assert sentence in str(caught.value)
    await city.publish("hotlines", change("皖政办 2026-12"))
    lines = city.books.at(SOON).catalogue.register.lines
    assert [line.approval for line in lines if line.approval] == ["皖政办 2026-12"]


async def test_r4_a_renamed_category_keeps_old_tickets_readable() -> None:
    """R4: it ends and its matters move; the old name stays under the old id."""
    city = City()
    old = CITY.documents["categories"]["categories"][-1]

    def renamed(document: Any) -> None:
        new = old | {"id": "lamps", "zh": "路灯", "en": "Lamps", "since": "2026-03-16"}
        document["categories"][-1] |= {"until": "2026-03-16", "moved_to": "lamps"}
        document["categories"].append(new)

    await city.publish("categories", renamed)
    tree = city.books.at(SOON).catalogue.tree
    assert tree.nodes[old["id"]].name == CITY.catalogue.tree.nodes[old["id"]].name
    assert tree.current(old["id"], date(2026, 3, 16)) == "lamps"


async def test_a_category_is_ended_and_an_article_added_by_date() -> None:
    """R4, R5."""
    city = City()

    def ended(document: Any) -> None:
        document["categories"][-1]["until"] = "2026-03-16"

    def added(document: Any) -> None:
        document["articles"].append(document["articles"][0] | {"id": "KB-9"})

    await city.publish("categories", ended)
    await city.publish("articles", added)
    last = CITY.documents["categories"]["categories"][-1]["id"]
    today = date(2026, 3, 16)
    before, after = city.books.at(NOON).catalogue, city.books.at(SOON).catalogue
    assert before.tree.on(last, today) is not None
    assert after.tree.on(last, today) is None
    assert last in after.tree.nodes
    assert ("KB-9" in before.articles, "KB-9" in after.articles) == (False, True)
