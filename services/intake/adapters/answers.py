"""What intake answers over HTTP, for the OpenAPI description."""

from __future__ import annotations

from pydantic import BaseModel, Field

from services.intake.domain.ticket import Objection, Phase
from services.kernel.describe import CommandAnswer


class Reason(BaseModel):
    """The same in two languages."""

    zh: str
    en: str


class ByRule(BaseModel):
    """The rule that decided, and why, in words for the citizen."""

    rule_set: str
    version: str = Field(description="Of the rule set.")
    number: int = Field(description="Number of the rule within its set; 0: it has none.")
    rule: str = Field(description="The rule, such as R12.")
    reason: Reason


class Refusal(ByRule):
    """Why a matter was not accepted (R2), and where it belongs."""

    right_place: str


class Transfer(ByRule):
    """To which sub-centre the matter went (R9)."""

    line: str


class Link(ByRule):
    """To which earlier ticket the matter belongs (R16)."""

    ticket: str


class SupplementQuestion(ByRule):
    """What is missing (R18); it is asked once."""

    missing: list[str]


class AnsweredAtOnce(ByRule):
    """What the knowledge base answers (R5)."""

    article: str = Field(description="Id of the article.")
    version_of_article: str = Field(description="Empty: answered before it was kept.")
    text: Reason = Field(description="What the article answers, as it stood then.")


class Diversion(BaseModel):
    """To which emergency line the matter went at once (R11)."""

    line: str
    receipt: str = Field(description="What the line acknowledges.")


class Handover(BaseModel):
    """Which emergency line handed the matter over (R11)."""

    line: str
    receipt: str = Field(description="What the line keeps: the matter is taken over.")


class Became(BaseModel):
    """What became of a matter."""

    state: Phase
    refusal: Refusal | None = Field(None, description="Only where it was refused.")
    diversion: Diversion | None = Field(None, description="Only where it was diverted.")
    handover: Handover | None = Field(None, description="Only where a line handed it over.")
    transfer: Transfer | None = Field(None, description="Only where it was transferred.")
    link: Link | None = Field(None, description="Only where it repeats an earlier matter.")
    supplement: SupplementQuestion | None = Field(None, description="Only where it was asked.")
    answer: AnsweredAtOnce | None = Field(None, description="Only where it was answered at once.")
    message: Reason | None = Field(None, description="Only where the channel has words for it.")
    objection: Objection | None = Field(None, description="Only where a refusal was objected to.")


class MatterAnswer(Became, CommandAnswer):
    """What became of a command on a matter."""


class SubmitAnswer(MatterAnswer):
    """What became of a new matter."""

    code: str = Field(description="Opens the public state of the ticket, for the citizen.")


class TicketState(Became):
    """What became of a matter, for the citizen."""

    ticket: str
