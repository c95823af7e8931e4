"""A small tickets topic for tests: dense positions and versions, real protobuf bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.datasync.adapters.events import to_fact
from services.datasync.domain.facts import Fact
from services.datasync.domain.sharing import Role, Rule, Sharing, Subscription, Way
from services.kernel import facts as kernel
from services.kernel.codec import stage_of
from services.kernel.names import bucket_of

BUCKETS = 4
START = datetime(2011, 3, 1, 9, tzinfo=UTC)


class Topic:
    """Facts in the order in which they were said, each a minute after the one before."""

    def __init__(self) -> None:
        self.facts: list[kernel.Fact] = []
        self._counts: Counter[Any] = Counter()

    def say(self, ticket: str, message: Message, at: datetime | None = None) -> kernel.Fact:
        """The next fact of a ticket."""
        name = message.DESCRIPTOR.full_name
        source, bucket = name.split(".")[1], bucket_of(ticket, BUCKETS)
        for key in ((source, bucket), (source, ticket), bucket):
            self._counts[key] += 1
        time = at or START + timedelta(minutes=len(self.facts))
        fact = kernel.Fact(
            source=source,
            bucket=bucket,
            position=self._counts[source, bucket],
            ticket=ticket,
            version=self._counts[source, ticket],
            type=name,
            data=message.SerializeToString(deterministic=True),
            time=time,
            recorded_at=time,
            stage=stage_of(type(message)),
            offset=self._counts[bucket] - 1,
            broker_time=time,
        )
        self.facts.append(fact)
        return fact

    def of(self, ticket: str) -> list[Fact]:
        """The ticket's facts as the views read them."""
        return [to_fact(fact) for fact in self.facts if fact.ticket == ticket]


def received(category: str = "DOT/Street Condition", **fields: Any) -> Message:
    fields = {"title": "Pothole", "area": "BROOKLYN", "channel": "phone", **fields}
    return intake.TicketReceived(
        kind=intake.KIND_COMPLAINT,
        urgency=intake.URGENCY_NORMAL,
        category=category,
        person_id="p1",
        description=b"sealed description",
        contact=b"sealed contact",
        **fields,
    )


def accepted(category: str = "DOT/Street Condition") -> Message:
    return intake.TicketAccepted(
        rule_set="trial-measures",
        kind=intake.KIND_COMPLAINT,
        urgency=intake.URGENCY_NORMAL,
        category=category,
        area="BROOKLYN",
        title="Pothole",
    )


def dispatched(unit: str = "DOT", co_handlers: Sequence[str] = (), level: str = "city") -> Message:
    return dispatch.TicketDispatched(
        unit=unit, co_handlers=co_handlers, level=level, area="BROOKLYN", basis="directory"
    )


def replied(unit: str = "DOT") -> Message:
    return dispatch.TicketReplied(
        unit=unit, is_true=True, our_duty=True, contacted=True, solved=True,
        public_answer="Filled.", internal_note="Crew 7.",
    )  # fmt: skip


LEAD = Rule("lead-unit", Role.LEAD)
CO_HANDLER = Rule("co-handler", Role.CO_HANDLER)
OVERSIGHT = Rule("oversight", Role.SAME_LEVEL, categories=("DOHMH", "DOT/Street Condition"))


def subscriber(department: str, *rules: Rule, level: str = "city") -> Subscription:
    return Subscription(
        department.lower(), department, level, rules or (LEAD, CO_HANDLER), frozenset(Way)
    )


SHARING = Sharing("test/1", (subscriber("DOT"), subscriber("DPR"), subscriber("OEM", OVERSIGHT)))
