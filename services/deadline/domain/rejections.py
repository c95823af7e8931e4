"""The rules that forbid a change of a clock; the docstring is what the caller reads."""

from __future__ import annotations

from services.kernel.decider import Rejection


class UnlistedPause(Rejection):
    """A clock is paused only for a reason of the legal list."""

    rule = "R26"


class NoApplication(Rejection):
    """An extension is applied for with a reason and a number of working days."""

    rule = "R22"
    status = 422


class NotApplicable(Rejection):
    """An extension is granted only on application, and no application is waiting."""

    rule = "R22"


class NotExtendable(Rejection):
    """Contact, resolve and redo can be extended, if they are at least a working day long."""

    rule = "R22"


class NoMoreExtensions(Rejection):
    """As many extensions as a clock may have were granted already."""

    rule = "R22"


class TooLongAnExtension(Rejection):
    """An extension longer than is allowed is invalid, and is not cut to what is allowed."""

    rule = "R22"
    status = 422


class TooLateToExtend(Rejection):
    """The clock is due: an extension is asked for and answered before, and silence is a refusal."""

    rule = "R22"


class ClockOver(Rejection):
    """The clock is not running: it has not started or has ended."""

    rule = "R22"


class LimitWithoutApplication(Rejection):
    """A longer limit needs a written application for special circumstances, with its document."""

    rule = "R23"
    status = 422


class LimitTooLate(Rejection):
    """A longer limit is applied for before the clock is due."""

    rule = "R23"


class LimitNotLonger(Rejection):
    """Special circumstances only lengthen a limit."""

    rule = "R23"


class ReturnTooLate(Rejection):
    """The return window has closed: the return is refused by rule."""

    rule = "R24"


class UnknownTicket(Rejection):
    """No clock of that ticket is known here."""

    status = 404


class NotRunning(Rejection):
    """That clock of the ticket does not run: it has not started or has ended."""

    rule = "R22"


class NotYours(Rejection):
    """The clock is another unit's: a unit acts only for itself."""

    rule = "R35"
    status = 403


class ReasonNeeded(Rejection):
    """A refusal says why: the unit reads it."""

    rule = "R22"
    status = 422


class OneLength(Rejection):
    """A limit has exactly one length: working days, calendar days or hours."""

    rule = "R23"
    status = 422


class TooManyUrges(Rejection):
    """A citizen may urge only so often a day."""

    rule = "R25"


class NobodyToUrge(Rejection):
    """No unit works on the matter: it is completed, handed back or not dispatched yet."""

    rule = "R25"


class NothingUrged(Rejection):
    """Nobody has urged this ticket."""

    rule = "R25"


class AlreadySupervised(Rejection):
    """A supervision of this ticket is open already."""

    rule = "R25"


class NotSupervised(Rejection):
    """No supervision of this ticket is open, or it was not issued yet."""

    rule = "R25"


class FeedbackMissing(Rejection):
    """The feedback of a unit is missing."""

    rule = "R25"


class ReturnedOnce(Rejection):
    """The feedback was returned once already: review it, or raise the supervision."""

    rule = "R25"


class NotDisputable(Rejection):
    """There is no miss of that clock to dispute or to rule on."""

    rule = "R27"


class TextNeeded(Rejection):
    """A reason, an answer or a conclusion is needed: it stays on record."""

    rule = "R25"
    status = 422
