"""A past to replay: whole loops as the services record them, written straight onto the topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from google.protobuf.message import Message

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.kernel.codec import put_datetime, stage_of
from services.kernel.facts import Fact
from services.kernel.names import bucket_of

_BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_CATEGORY, _AREA = "DOT/Street Condition", "BRONX"


def loops(count: int, buckets: int) -> Iterator[list[Fact]]:
    """The facts of `count` tickets, ticket by ticket, with dense positions and versions."""
    positions: Counter[tuple[str, int]] = Counter()
    script = list(_script())
    for number in range(count):
        ticket, versions = f"2026030200{number:07d}", Counter[str]()
        bucket = bucket_of(ticket, buckets)
        facts = []
        for second, (source, message) in enumerate(script):
            positions[source, bucket] += 1
            versions[source] += 1
            at = _BEGAN + timedelta(seconds=second, milliseconds=number)
            facts.append(
                Fact(
                    source,
                    bucket,
                    positions[source, bucket],
                    ticket,
                    versions[source],
                    message.DESCRIPTOR.full_name,
                    message.SerializeToString(deterministic=True),
                    at,
                    at,
                    stage_of(type(message)),
                    by="replay",
                )
            )
        yield facts


def _script() -> Iterator[tuple[str, Message]]:
    """One loop without a redo, in the order in which it happens."""
    unit = "DOT"
    yield (
        "intake",
        intake.TicketReceived(
            channel="telephone", description=bytes(120), category=_CATEGORY, area=_AREA
        ),
    )
    yield "intake", intake.TicketAccepted(rule_set="trial-measures", category=_CATEGORY, area=_AREA)
    yield "deadline", _started("promise")
    yield (
        "dispatch",
        dispatch.TicketDispatched(unit=unit, level="city", round=1, category=_CATEGORY, area=_AREA),
    )
    for clock in ("confirm", "return", "contact", "resolve"):
        yield "deadline", _started(clock)
    yield "dispatch", dispatch.DispatchConfirmed(unit=unit)
    yield "deadline", _stopped("confirm")
    yield "dispatch", dispatch.CitizenContacted(unit=unit, note="called back")
    yield "deadline", _stopped("contact")
    yield "dispatch", dispatch.TicketReplied(unit=unit, solved=True, public_answer="Mended.")
    yield "deadline", deadline.ClockPaused(clock="resolve", run=1, reason="under_review")
    yield "dispatch", _approved(unit)
    yield (
        "dispatch",
        dispatch.TicketCompleted(unit=unit, solved=True, round=1, category=_CATEGORY, area=_AREA),
    )
    for clock in ("resolve", "return", "promise"):
        yield "deadline", _stopped(clock)
    yield (
        "evaluation",
        evaluation.VisitScheduled(unit=unit, round=1, level="city", category=_CATEGORY, area=_AREA),
    )
    yield "deadline", _started("visit")
    yield "evaluation", evaluation.VisitCompleted(unit=unit, round=1, solved=True, satisfied=True)
    yield (
        "evaluation",
        evaluation.ScoreBooked(entry=1, unit=unit, on_time=True, category=_CATEGORY, area=_AREA),
    )
    yield "deadline", _stopped("visit")
    yield "dispatch", dispatch.TicketArchived(unit=unit, reason="solved at the return visit")


def _approved(unit: str) -> Message:
    message = dispatch.ReplyApproved(unit=unit)
    put_datetime(message.replied_at, _BEGAN)
    return message


def _started(clock: str) -> Message:
    message = deadline.ClockStarted(clock=clock, run=1, unit="DOT", policy="nyc@1", basis="length")
    put_datetime(message.started_at, _BEGAN)
    put_datetime(message.due_at, _BEGAN + timedelta(days=5))
    return message


def _stopped(clock: str) -> Message:
    message = deadline.ClockStopped(clock=clock, run=1, unit="DOT", in_time=True)
    put_datetime(message.stopped_at, _BEGAN + timedelta(hours=1))
    return message
