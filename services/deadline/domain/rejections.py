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
    """Only the contact, resolve and redo clocks can be extended."""

    rule = "R22"


class TwoExtensions(Rejection):
    """At most two extensions are granted per clock of a unit."""

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
