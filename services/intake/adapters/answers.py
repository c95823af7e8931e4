"""What intake answers over HTTP, for the OpenAPI description."""

from __future__ import annotations

from pydantic import BaseModel, Field

from services.intake.domain.ticket import Phase
from services.kernel.describe import CommandAnswer


class Reason(BaseModel):
    """The same in two languages."""

    zh: str
    en: str


class Refusal(BaseModel):
    """Why a matter was not accepted (R2), and where it belongs."""

    rule_set: str
    version: str = Field(description="Of the rule set.")
    number: int = Field(description="Number of the rule within its set.")
    rule: str = Field(description="The rule, such as R12.")
    reason: Reason
    right_place: str


class Diversion(BaseModel):
    """To which emergency line the matter went at once (R11)."""

    line: str
    receipt: str = Field(description="What the line acknowledges.")


class Became(BaseModel):
    """What became of a matter."""

    state: Phase
    refusal: Refusal | None = Field(None, description="Only where it was refused.")
    diversion: Diversion | None = Field(None, description="Only where it was diverted.")


class MatterAnswer(Became, CommandAnswer):
    """What became of a command on a matter."""


class SubmitAnswer(MatterAnswer):
    """What became of a new matter."""

    code: str = Field(description="Opens the public state of the ticket, for the citizen.")


class TicketState(Became):
    """What became of a matter, for the citizen."""

    ticket: str
