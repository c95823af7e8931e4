"""Rows of datasync's tables, to and from what the views work with."""

from __future__ import annotations

from typing import Any

from services.datasync.adapters.events import Fields
from services.datasync.adapters.store import Kept
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry
from services.datasync.domain.views import State, Summary
from services.kernel.telemetry import recorded

FACT_COLUMNS = (
    "bucket",
    "ticket",
    "source",
    "version",
    "position",
    "type",
    "time",
    "recorded_at",
    "stage",
    "import_id",
    "log_offset",
    "data",
    "digest",
    "traceparent",
)
FEED_COLUMNS = (
    "subscription",
    "bucket",
    "sequence",
    "source",
    "position",
    "ticket",
    "event_id",
    "digest",
    "rule_version",
    "chain",
)


def fact_row(kept: Kept) -> tuple[Any, ...]:
    r = kept.record
    return (
        r.bucket,
        r.ticket,
        r.source,
        r.version,
        r.position,
        r.type,
        r.time,
        r.recorded_at,
        r.stage,
        r.import_id,
        r.offset,
        r.data,
        kept.fact.digest,
        recorded(r.traceparent),
    )


def entry_row(e: Entry) -> tuple[Any, ...]:
    f = e.fact
    return (
        e.subscription,
        e.bucket,
        e.sequence,
        f.source,
        f.position,
        f.ticket,
        f.event_id,
        f.digest,
        e.rule_version,
        e.chain,
    )


def summary_row(bucket: int, s: Summary) -> tuple[Any, ...]:
    return (
        bucket,
        s.ticket,
        s.state,
        s.kind,
        s.urgency,
        s.category,
        s.area,
        s.level,
        s.unit,
        "\n".join(s.co_handlers),
        s.about_unit,
        s.title,
        s.channel,
        s.received_at,
        s.updated_at,
    )


def summary(row: Any) -> Summary:
    (
        ticket,
        state,
        kind,
        urgency,
        category,
        area,
        level,
        unit,
        co_handlers,
        about_unit,
        title,
        channel,
        received_at,
        updated_at,
    ) = row
    return Summary(
        ticket,
        State(state),
        kind,
        urgency,
        category,
        area,
        level,
        unit,
        tuple(co_handlers),
        about_unit,
        title,
        channel,
        received_at,
        updated_at,
    )


def fact(row: Any) -> Fact:
    body = row["data"]
    return Fact(
        row["source"],
        row["ticket"],
        row["version"],
        row["position"],
        row["type"],
        row["time"],
        row["stage"],
        Fields(row["type"], body),
        body,
        row["digest"],
        row["traceparent"],
    )


def entry(subscription: str, row: Any) -> Entry:
    return Entry(
        subscription, row["bucket"], row["sequence"], row["rule_version"], row["chain"], fact(row)
    )
