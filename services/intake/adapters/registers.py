"""What the city keeps as data, to read: channels (R3), categories (R4), merged hotlines (R7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.intake.adapters.answers import Reason
from services.intake.adapters.books import Books
from services.intake.domain.categories import Catalogue, Category, Element, Tree
from services.intake.domain.channels import Channel, ChannelKind
from services.intake.domain.hotlines import Fate, Hotline, Mode, SetUpBy
from services.intake.domain.matter import Kind
from services.kernel.identity import Role
from services.kernel.runtime import Runtime
from services.kernel.security import role

_READERS = role(
    Role.CHANNEL, Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.ADMINISTRATOR
)


class Line(BaseModel):
    """One line of the register."""

    number: str
    name: Reason
    set_up_by: SetUpBy
    mode: Mode
    plan: Mode = Field(description="The mode under which the city's plan counts it.")
    number_is: Fate
    seats_are: Fate
    transfer_line: str = Field(description="Where matters are transferred to; empty: nowhere.")
    reason: Reason
    since: date
    until: date | None = Field(description="The first day on which it no longer holds.")
    approval: str = Field(description="What allows what R7 refuses in principle.")


class Lines(BaseModel):
    """The register, and how many lines the plan counts, those that it does not name included."""

    id: str
    version: str
    planned: dict[Mode, int]
    lines: list[Line]


class Node(BaseModel):
    """One category; what it inherits is filled in."""

    id: str
    parent: str = Field(description="Empty for a root.")
    name: Reason
    requires: list[Element] = Field(description="What a matter must state; else it is asked (R18).")
    kind: Kind | None = Field(description="What a matter usually is.")
    limit_days: int = Field(description="Statutory limit in working days (R23); 0: none.")
    hint: str = Field(description="The directory's entry.")
    since: date
    until: date | None = Field(description="The first day on which it no longer holds.")
    moved_to: str = Field(description="Where its matters are filed from then on.")


class ShownChannel(BaseModel):
    """One channel (R3)."""

    id: str
    name: Reason
    kind: ChannelKind
    callers: list[str] = Field(description="Who may post through it; empty: all who may post.")
    states: list[str] | None = Field(description="The fields that it may fill; null: all.")
    per_minute: int = Field(description="Rate limit of the channel; 0: none.")
    templates: dict[str, Reason] = Field(description="Words of its answers by state.")
    unsealed_until: date | None = Field(
        description="The last day on which it may send a contact by Kafka in plain; null: never."
    )
    line: str = Field(description="The line whose own channel it is (R9, R11); empty: nobody's.")


def register_router(books: Books, runtime: Runtime) -> APIRouter:
    """`GET /v1/channels`, `GET /v1/hotlines` and `GET /v1/categories`."""
    router = APIRouter(prefix="/v1", tags=["registers"], dependencies=[Depends(_READERS)])

    def catalogue() -> Catalogue:
        return books.at(runtime.clock.now()).catalogue

    @router.get("/channels")
    async def channels() -> list[ShownChannel]:
        """Through which matters come now."""
        return [_channel(channel) for channel in catalogue().switchboard.channels.values()]

    @router.get("/hotlines")
    async def hotlines(
        on: Annotated[date | None, Query(description="Only lines that hold on that day.")] = None,
    ) -> Lines:
        """What became of each line that was merged into 12345, or runs beside it."""
        register = catalogue().register
        shown = [line for line in register.lines if on is None or line.holds_on(on)]
        planned = (Mode.MERGED, Mode.DUAL_PARALLEL, Mode.SUB_CENTRE)
        return Lines(
            id=register.id,
            version=register.version,
            planned={mode: register.counted(mode) for mode in planned},
            lines=[_line(line) for line in shown],
        )

    @router.get("/categories")
    async def categories(
        on: Annotated[date | None, Query(description="Only those that hold on that day.")] = None,
    ) -> list[Node]:
        """The category tree, past nodes too: an old ticket's category stays readable."""
        tree = catalogue().tree
        nodes = tree.nodes.values()
        return [_node(tree, node) for node in nodes if on is None or node.holds_on(on)]

    return router


def _channel(channel: Channel) -> ShownChannel:
    return ShownChannel(
        id=channel.id,
        name=Reason(zh=channel.name.zh, en=channel.name.en),
        kind=channel.kind,
        callers=sorted(channel.callers),
        states=None if channel.states is None else sorted(channel.states),
        per_minute=channel.per_minute,
        templates={p: Reason(zh=w.zh, en=w.en) for p, w in channel.templates.items()},
        unsealed_until=channel.unsealed_until,
        line=channel.line,
    )


def _node(tree: Tree, node: Category) -> Node:
    path = tree.path(node.id)
    return Node(
        id=node.id,
        parent=node.parent,
        name=Reason(zh=node.name.zh, en=node.name.en),
        requires=list(tree.requires(node.id)),
        kind=next((n.kind for n in path if n.kind), None),
        limit_days=next((n.limit_days for n in path if n.limit_days), 0),
        hint=next((n.hint for n in path if n.hint), ""),
        since=node.since,
        until=node.until,
        moved_to=node.moved_to,
    )


def _line(line: Hotline) -> Line:
    return Line(
        number=line.number,
        name=Reason(zh=line.name.zh, en=line.name.en),
        set_up_by=line.set_up_by,
        mode=line.mode,
        plan=line.plan,
        number_is=line.number_is,
        seats_are=line.seats_are,
        transfer_line=line.transfer_line,
        reason=Reason(zh=line.reason.zh, en=line.reason.en),
        since=line.since,
        until=line.until,
        approval=line.approval,
    )
