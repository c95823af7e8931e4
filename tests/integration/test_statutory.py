"""A category's limit of law and its hint: from intake's tree to deadline and dispatch (R23, R4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dev.stack import StackInfo
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load as load_policy
from services.deadline.domain.rulebook import always
from services.deadline.service import service as deadline_service
from services.kernel.codec import to_datetime
from services.kernel.facts import Fact
from services.kernel.security import Role
from tests.integration.intake.hall import Hall, open_hall
from tests.support.directories import Office
from tests.support.loops import wait_until

POLICY, CALENDAR = load_policy("sample")
WORKS = {"id": "works", "zh": "工程", "en": "Works", "limit_days": 3, "hint": "traffic"}
NOISE = {"id": "works/noise", "parent": "works", "zh": "噪声", "en": "Noise"}
DUST = {
    "id": "works/dust", "parent": "works", "zh": "扬尘", "en": "Dust",
    "limit_days": 2, "hint": "environment",
}  # fmt: skip
READ = {module.DESCRIPTOR.package: module for module in (intake, dispatch, deadline)}


@pytest.fixture
async def hall(stack: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[Hall]:
    """Intake over HTTP with such a tree, and dispatch and deadline behind it."""
    async with open_hall(stack, namespace, tmp_path) as made:
        await made.loop.run(Office.of("sample").service)
        await made.loop.run(deadline_service(always(POLICY, CALENDAR), PolicyCodec(POLICY)))
        await _publish_tree(made)
        yield made


async def _publish_tree(hall: Hall) -> None:
    headers = hall.headers(Role.ADMINISTRATOR)
    shown = await hall.http.get("/v1/registry/categories", headers=headers)
    document = shown.json()[-1]["document"]
    document["categories"] += [{**node, "since": "2020-01-01"} for node in (WORKS, NOISE, DUST)]
    body = {"document": document, "source": "notice 9"}
    made = await hall.post("registry/categories", body, Role.ADMINISTRATOR)
    assert made.status_code == 201, made.text

    async def in_effect() -> bool:
        listed = await hall.http.get("/v1/categories", headers=hall.headers(Role.STAFF))
        return any(node["id"] == "works/dust" for node in listed.json())

    await wait_until(in_effect, timeout_s=15, what="the tree")


def body(fact: Fact) -> Any:
    package, _, name = fact.type.rpartition(".")
    return getattr(READ[package], name).FromString(fact.data)


async def told(hall: Hall, *wanted: Callable[[str, Any], bool]) -> list[Any]:
    """The first fact that fits each, once there is one for all."""

    def first(found: list[Fact], fits: Callable[[str, Any], bool]) -> Any:
        for fact in found:
            package, _, name = fact.type.rpartition(".")
            if package in READ and fits(name, said := body(fact)):
                return said
        return None

    facts = await hall.loop.facts(lambda found: all(first(found, fits) for fits in wanted))
    return [first(facts, fits) for fits in wanted]


def starts(clock: str) -> Callable[[str, Any], bool]:
    return lambda name, said: name == "ClockStarted" and said.clock == clock


def law_of(started: Any, days: int) -> Any:
    """When that many working days from the clock's own start are over."""
    first = CALENDAR.local_date(to_datetime(started.started_at))
    return CALENDAR.end_of(CALENDAR.add_working_days(first, days))


async def test_r23_r4_limit_and_hint_of_the_tree_hold_from_acceptance_to_correction(
    hall: Hall,
) -> None:
    ticket = (await hall.submit(category="works/noise"))["ticket"]
    accepted, sent, promise, resolve, confirm = await told(
        hall,
        lambda name, _: name == "TicketAccepted",
        lambda name, _: name == "TicketDispatched",
        starts("promise"),
        starts("resolve"),
        starts("confirm"),
    )
    assert (accepted.statutory_days, accepted.directory_hint) == (3, "traffic")
    assert (sent.unit, sent.directory_hint) == ("transport", "traffic")
    for started in (promise, resolve):
        assert to_datetime(started.due_at) == law_of(started, 3)
        assert (started.statutory_days, started.limit_days) == (3, 3)
    assert confirm.limit_days == 0

    filed = {"category": "works/dust", "reason": "Dust, no noise."}
    answer = await hall.post(f"tickets/{ticket}/correct-category", filed, Role.STAFF)
    assert answer.status_code == 200, answer.text
    corrected, changed, moved, refiled = await told(
        hall,
        lambda name, _: name == "CategoryCorrected",
        lambda name, _: name == "MatterChanged",
        lambda name, _: name == "ClockReplanned",
        lambda name, _: name == "TicketRefiled",
    )
    assert (corrected.statutory_days, corrected.directory_hint) == (2, "environment")
    assert changed.statutory_days == 2
    assert (moved.clock, moved.limit_days) == ("resolve", 2)
    assert to_datetime(moved.due_at) == law_of(resolve, 2)
    assert refiled.category == "works/dust"
