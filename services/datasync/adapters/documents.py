"""The JSON documents of datasync's routes, for readers and for the OpenAPI description."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from pydantic import BaseModel, Field

from services.datasync.domain.sharing import Subscription, Way
from services.datasync.domain.ticket_file import TicketFile
from services.datasync.domain.views import Summary
from services.kernel.codec import rfc3339
from services.kernel.http import decode_cursor, encode_cursor
from services.kernel.names import department_of
from services.kernel.problems import Problem


class TicketRow(BaseModel):
    """One ticket in a list. `unit` is the lead unit; empty words are not known yet."""

    ticket: str
    state: str
    kind: str
    urgency: str
    category: str
    area: str
    level: str
    unit: str
    co_handlers: list[str]
    about_unit: str
    title: str
    channel: str
    received_at: datetime
    updated_at: datetime


class TicketList(BaseModel):
    """A page of tickets; `cursor` is null on the last one."""

    tickets: list[TicketRow]
    cursor: str | None


class Text(BaseModel):
    """The same in two languages."""

    zh: str
    en: str


class LineDocument(BaseModel):
    """One fact of the timeline. Actors: citizen, hotline, or a unit's or line's id."""

    event_id: str
    type: str
    stage: str
    time: datetime
    actor: str
    text: Text


class ClockDocument(BaseModel):
    """One run of a clock. `due_at` is exclusive, and null while a pause is open."""

    clock: str
    run: int
    unit: str
    state: str
    started_at: datetime | None
    due_at: datetime | None
    stopped_at: datetime | None
    missed: bool
    provisional: bool


class ScoreDocument(BaseModel):
    """The last score entry."""

    entry: int
    unit: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    taken_back: bool


class TicketDocument(BaseModel):
    """The ticket file. `header` is null where nothing of the receipt is shared."""

    ticket: str
    header: TicketRow | None
    open_clocks: list[ClockDocument]
    clocks: list[ClockDocument]
    score: ScoreDocument | None
    related: list[str] = Field(
        description="Other tickets on the same matter, which may be merged with it (R16)."
    )
    timeline: list[LineDocument]


class EntryDocument(BaseModel):
    """One entry of a feed; `digest` and `chain` in hex, `data` the event as proto3 JSON."""

    subscription: str
    bucket: int
    sequence: int
    event_id: str
    type: str
    stage: str
    ticket_id: str
    time: datetime
    digest: str
    rule_version: str
    chain: str
    data: dict[str, Any]


class FeedPage(BaseModel):
    """`more`: ask again with the cursor at once; else later."""

    entries: list[EntryDocument]
    cursor: str
    more: bool


class HeadDocument(BaseModel):
    """The end of the feed in one bucket."""

    bucket: int
    sequence: int
    chain: str


class ProofDocument(BaseModel):
    """What `hotline.datasync.proof` compares with: give all of it to `proof_heads`."""

    subscription: str
    heads: list[HeadDocument]


class RuleDocument(BaseModel):
    """Empty lists mean all."""

    id: str
    role: str
    types: list[str]
    stages: list[str]
    categories: list[str]
    areas: list[str]
    fields: dict[str, str]
    omit: list[str]


class SubscriptionDocument(BaseModel):
    """Who receives what, how; `topic` is null where that way was not agreed."""

    id: str
    department: str
    level: str
    rules: list[RuleDocument]
    ways: list[str]
    topic: str | None
    since: datetime | None


class SubscriptionList(BaseModel):
    """The subscriptions under one version of the sharing rules."""

    version: str
    subscriptions: list[SubscriptionDocument]


class Pass(BaseModel):
    """What a browser may put into the address of one request."""

    pass_: str = Field(alias="pass", description="As the query parameter `pass`.")
    expires_in_s: int


class Released(BaseModel):
    """How many parked tickets are tried again."""

    tickets: int


def row_document(row: Summary) -> dict[str, Any]:
    return row._asdict()


def ticket_document(file: TicketFile) -> dict[str, Any]:
    """As TicketDocument."""
    return {
        "ticket": file.ticket,
        "header": None if file.summary is None else row_document(file.summary),
        "open_clocks": [asdict(clock) for clock in file.open_clocks],
        "clocks": [asdict(clock) for clock in file.clocks],
        "score": None if file.score is None else asdict(file.score),
        "related": file.related,
        "timeline": [
            {
                "event_id": line.event_id,
                "type": line.type,
                "stage": line.stage,
                "time": line.time,
                "actor": line.actor,
                "text": {"zh": line.zh, "en": line.en},
            }
            for line in file.timeline
        ],
    }


def subscription_document(s: Subscription) -> dict[str, Any]:
    """As SubscriptionDocument."""
    return {
        "id": s.id,
        "department": s.department,
        "level": s.level,
        "rules": [
            {
                "id": rule.id,
                "role": rule.role,
                "types": sorted(rule.types),
                "stages": sorted(rule.stages),
                "categories": rule.categories,
                "areas": rule.areas,
                "fields": {c.value: shown for c, shown in rule.fields.items()},
                "omit": sorted(rule.omit),
            }
            for rule in s.rules
        ],
        "ways": sorted(s.ways),
        "topic": department_of(s.department) if Way.TOPIC in s.ways else None,
        "since": s.since,
    }


def list_cursor(row: Summary) -> str:
    """Behind this row."""
    return encode_cursor([rfc3339(row.received_at), row.ticket])


def list_place(cursor: str) -> tuple[datetime, str] | None:
    """Where a list goes on; None for the beginning. Raises Problem 400."""
    if not cursor:
        return None
    match decode_cursor(cursor):
        case [str(at), str(ticket)] if "\0" not in ticket:  # which no store takes
            with suppress(ValueError):
                place = datetime.fromisoformat(at)
                if place.tzinfo is not None:
                    return place, ticket
    raise Problem(400, "cursor-malformed", "The cursor is not one of ours.")
