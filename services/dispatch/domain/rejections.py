"""What dispatch refuses, and by which rule; the first line of each is what the caller reads."""

from __future__ import annotations

from services.kernel.decider import Rejection


class UnknownTicket(Rejection):
    """Dispatch knows no ticket of that number."""

    status = 404


class NotYourTicket(Rejection):
    """The ticket is not at this unit: a unit acts only for itself."""

    rule = "R35"
    status = 403


class UnknownUnit(Rejection):
    """The directory has no unit of that id."""

    rule = "R4"
    status = 422


class AboutThatUnit(Rejection):
    """A complaint about a unit's own conduct never goes to that unit."""

    rule = "R2"


class NotWaiting(Rejection):
    """The ticket does not wait for a dispatcher, nor was its category corrected at its unit."""

    rule = "R4"


class PromiseNotAhead(Rejection):
    """What a reply promises lies ahead, within ten years, and names its offset from UTC."""

    status = 422


class NotAtUnit(Rejection):
    """The ticket is not being handled: only a dispatched ticket can be worked on."""

    rule = "R4"


class NothingToRule(Rejection):
    """There is no return to rule on: none was requested."""

    rule = "R24"


class ReturnTooLate(Rejection):
    """The return window has closed."""

    rule = "R24"


class ReturnAfterReply(Rejection):
    """A unit that has replied cannot return the ticket any more."""

    rule = "R24"


class ReturnNotAllowed(Rejection):
    """Dispute review has ruled on the ticket, and its ruling is final."""

    rule = "R24"


class SameUnit(Rejection):
    """A granted return goes to another unit: only dispute review may send the ticket back."""

    rule = "R24"
    status = 422


class ReturnWithoutReason(Rejection):
    """A return, and its refusal, need a reason."""

    rule = "R24"
    status = 422


class NoNextUnit(Rejection):
    """Name the unit that the ticket goes to: the return suggests none."""

    rule = "R24"
    status = 422


class NoReply(Rejection):
    """There is no reply to review."""

    rule = "R26"


class AlreadyReplied(Rejection):
    """Another reply of the unit is under review."""

    rule = "R26"


class NoReason(Rejection):
    """A reason is required."""

    status = 422


class NotCompleted(Rejection):
    """Only a completed ticket can be sent back for redo or archived."""

    rule = "R29"


class NoMoreRedo(Rejection):
    """The ticket was redone as often as may be: it can only be archived."""

    rule = "R29"
