"""What the city keeps as data, to read: the register of merged hotlines (R7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.intake.adapters.answers import Reason
from services.intake.domain.hotlines import Fate, Hotline, Mode, Register, SetUpBy
from services.kernel.identity import Role
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


def register_router(register: Register) -> APIRouter:
    """`GET /v1/hotlines`."""
    router = APIRouter(prefix="/v1", tags=["registers"], dependencies=[Depends(_READERS)])

    @router.get("/hotlines")
    async def hotlines(
        on: Annotated[date | None, Query(description="Only lines that hold on that day.")] = None,
    ) -> Lines:
        """What became of each line that was merged into 12345, or runs beside it."""
        shown = [line for line in register.lines if on is None or line.holds_on(on)]
        planned = (Mode.MERGED, Mode.DUAL_PARALLEL, Mode.SUB_CENTRE)
        return Lines(
            id=register.id,
            version=register.version,
            planned={mode: register.counted(mode) for mode in planned},
            lines=[_line(line) for line in shown],
        )

    return router


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
