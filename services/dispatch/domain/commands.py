"""What can be asked of dispatch: by units, by the hotline, and by its own reactions."""

from __future__ import annotations

from datetime import datetime

from services.kernel.decider import Value


class PlaceTicket(Value):
    """An accepted ticket: dispatched by the directory at once, else queued.

    `hint` is the directory's entry that the category names (R4).
    """

    at: datetime
    category: str
    area: str
    about_unit: str
    accepted_at: datetime
    hint: str = ""


class RefileTicket(Value):
    """Intake has corrected the category (R4); `hint` as in PlaceTicket."""

    at: datetime
    category: str
    hint: str = ""


class DispatchTicket(Value):
    """A dispatcher chooses the unit of a ticket that is queued, or whose category was corrected."""

    at: datetime
    to_unit: str
    co_handlers: tuple[str, ...] = ()


class ConfirmDispatch(Value):
    """The unit confirms that it has the ticket."""

    at: datetime
    unit: str


class RecordContact(Value):
    """The unit has contacted the citizen."""

    at: datetime
    unit: str
    note: str = ""


class NoteProgress(Value):
    """The unit, or a co-handler, notes how far it is."""

    at: datetime
    unit: str
    note: str


class RequestReturn(Value):
    """The unit asks the hotline to send the ticket elsewhere."""

    at: datetime
    unit: str
    reason: str
    suggested_unit: str = ""


class GrantReturn(Value):
    """The hotline grants the return and sends the ticket to the next unit."""

    at: datetime
    to_unit: str = ""


class RefuseReturn(Value):
    """The hotline refuses the return; the ticket stays."""

    at: datetime
    reason: str


class ReplyTicket(Value):
    """The unit replies; `promised_by` says until when it promises to do what is left."""

    at: datetime
    unit: str
    is_true: bool
    our_duty: bool
    contacted: bool
    solved: bool
    public_answer: str
    why_not: str = ""
    internal_note: str = ""
    promised_by: datetime | None = None


class SendBackReply(Value):
    """The hotline sends the reply back to the unit."""

    at: datetime
    reason: str


class ApproveReply(Value):
    """The hotline approves the reply, which completes the ticket."""

    at: datetime


class OrderRedo(Value):
    """A supervisor has the unit do it again."""

    at: datetime
    reason: str


class ArchiveTicket(Value):
    """A supervisor closes the file of a completed ticket."""

    at: datetime
    reason: str


class OrderRedoByRule(Value):
    """The return visit found the matter unsolved or the citizen dissatisfied (R29)."""

    at: datetime


class CloseFile(Value):
    """Nothing more will come: solved at the visit, visits exhausted, or withdrawn."""

    at: datetime
    reason: str
    withdrawn_at: datetime | None = None


class EndReturnWindow(Value):
    """Deadline has closed the unit's return window (R24)."""

    at: datetime
    unit: str


Command = (
    PlaceTicket
    | RefileTicket
    | DispatchTicket
    | ConfirmDispatch
    | RecordContact
    | NoteProgress
    | RequestReturn
    | GrantReturn
    | RefuseReturn
    | ReplyTicket
    | SendBackReply
    | ApproveReply
    | OrderRedo
    | ArchiveTicket
    | OrderRedoByRule
    | CloseFile
    | EndReturnWindow
)
