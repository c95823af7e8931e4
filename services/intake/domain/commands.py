"""What can be asked of intake; deciding.py is the table of what it decides."""

from __future__ import annotations

from datetime import datetime

from services.intake.domain.calls import AnsweredCall
from services.intake.domain.matter import NO_FACTS, Earlier, Kind, MatterFacts, Urgency
from services.kernel.decider import Value


class SubmitMatter(Value):
    """A matter as it reaches the domain: personal fields sealed, the citizen a random id.

    `stated` are the fields that its channel filled; None: it is imported, from channels of its
    time. Without a `kind` it is of its category's (R1).
    """

    at: datetime
    ticket: str
    channel: str
    external_id: str
    kind: Kind | None
    urgency: Urgency
    category: str
    area: str
    title: str
    person_id: str
    description: bytes
    contact: bytes
    address: bytes
    code_digest: str
    facts: MatterFacts = NO_FACTS
    earlier: tuple[Earlier, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    called_number: str = ""
    transferred_by: str = ""
    transferred_at: datetime | None = None
    stated_due_at: datetime | None = None
    confidential: bool = False
    by: str = ""
    call: AnsweredCall | None = None
    stated: tuple[str, ...] | None = None
    handed_over_by: str = ""
    handover_reference: str = ""


class RecordCall(Value):
    """A call that was answered, on a matter that has its ticket (R3)."""

    at: datetime
    by: str
    channel: str
    called_number: str
    waited_s: int
    operator: str = ""
    recording: str = ""


class RecordMissedCall(Value):
    """Nobody answered: the caller is to be called back (R3); their number is sealed."""

    at: datetime
    by: str
    channel: str
    external_id: str
    called_number: str
    waited_s: int
    person_id: str
    caller: bytes


class CallBack(Value):
    """The caller of a missed call was called back (R3); `became` is the ticket of the matter."""

    at: datetime
    by: str
    reached: bool
    recording: str = ""
    became: str = ""


class WithdrawTicket(Value):
    """The citizen takes the matter back, by the code that the answer to it gave."""

    at: datetime
    ticket: str
    code: str
    reason: str


class UrgeMatter(Value):
    """The citizen asks where the matter stands, by the same code."""

    at: datetime
    ticket: str
    code: str
    reason: str


class AcknowledgeDiversion(Value):
    """The emergency line has the matter."""

    at: datetime
    receipt: str


class HandBack(Value):
    """The emergency line hands the matter back: it is no emergency (R11)."""

    at: datetime
    ticket: str
    receipt: str
    reason: str


class ReturnTransfer(Value):
    """A sub-centre hands back what was transferred to its line (R9); `by` is of its channel."""

    at: datetime
    ticket: str
    by: str
    reason: str


class RepeatDiversion(Value):
    """Nobody acknowledged: the clock of that diversion, by its `run`, was missed (R11)."""

    at: datetime
    run: int


class SupplyElements(Value):
    """The citizen sends what was missing (R18); texts are sealed, empty where not supplied."""

    at: datetime
    ticket: str
    code: str
    elements: tuple[str, ...]
    description: bytes = b""
    contact: bytes = b""
    address: bytes = b""


class ExpireSupplement(Value):
    """The time for the supplement has run out (R18)."""

    at: datetime
    ticket: str


class ReportUnhelpful(Value):
    """The answer at once did not help (R5)."""

    at: datetime
    ticket: str
    code: str


class ReviewAnswer(Value):
    """Staff looked at an answer that was given at once: right, or wrong with a reason (R5)."""

    at: datetime
    by: str
    right: bool
    reason: str = ""


class NoteOverdue(Value):
    """The day by which an article was to be looked at has passed (R5)."""

    at: datetime
    article: str


class OverrideDecision(Value):
    """An operator accepts what a rule did not, by name and with a reason."""

    at: datetime
    by: str
    reason: str


class CorrectCategory(Value):
    """The hotline files an accepted matter elsewhere (R4).

    Without a kind it is of the category's, or as it was; without an urgency as it was.
    """

    at: datetime
    by: str
    category: str
    reason: str
    kind: Kind | None = None
    urgency: Urgency | None = None


class ObjectToRefusal(Value):
    """The citizen objects to a refusal, once."""

    at: datetime
    ticket: str
    code: str
    reason: str


class ReviewObjection(Value):
    """A second person rules on the objection."""

    at: datetime
    by: str
    uphold: bool
    reason: str


class CloseHistory(Value):
    """The importer has sent everything up to `until`; it never moves back."""

    at: datetime
    import_id: str
    until: datetime
    final: bool


class ForgetPerson(Value):
    """R35: a person is to be forgotten in the whole history; not of a ticket but of the person."""

    at: datetime
    person_id: str
    basis: str


After = (
    WithdrawTicket
    | AcknowledgeDiversion
    | HandBack
    | RepeatDiversion
    | SupplyElements
    | ExpireSupplement
    | ReportUnhelpful
    | OverrideDecision
    | ObjectToRefusal
    | ReviewObjection
)
Calling = RecordCall | RecordMissedCall | CallBack
Knowing = ReviewAnswer | NoteOverdue
Command = (
    SubmitMatter
    | Calling
    | Knowing
    | After
    | UrgeMatter
    | ReturnTransfer
    | CorrectCategory
    | CloseHistory
    | ForgetPerson
)
