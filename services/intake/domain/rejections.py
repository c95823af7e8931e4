"""What intake does not do, and the rule that says so: the first line is the message."""

from __future__ import annotations

from services.kernel.decider import Rejection


class UnknownTicket(Rejection):
    """There is no ticket of that number."""

    status = 404


class UnknownCategory(Rejection):
    """The city has no such category."""

    rule = "R4"
    status = 422


class UnknownArea(Rejection):
    """The city has no such area."""

    rule = "R4"
    status = 422


class UnknownChannel(Rejection):
    """The city has no such channel."""

    rule = "R3"
    status = 422


class NotTheChannelsCaller(Rejection):
    """The channel belongs to others: post through your own."""

    rule = "R3"
    status = 403


class NotStatedThere(Rejection):
    """The channel may not state these fields of a matter: leave them out."""

    rule = "R3"
    status = 422


class NoTelephone(Rejection):
    """Calls come by a channel of the kind telephone only."""

    rule = "R3"
    status = 422


class NobodyToCall(Rejection):
    """A missed call needs the caller's number, to call back."""

    rule = "R3"
    status = 422


class NotMissed(Rejection):
    """Only a missed call can be called back."""

    rule = "R3"


class CallOutOfBounds(Rejection):
    """A caller waits from 0 to 86,400 seconds."""

    rule = "R3"
    status = 422


class UnknownWord(Rejection):
    """A fact of the matter is stated in a word that is not in the vocabulary."""

    status = 422


class UnknownSubCentre(Rejection):
    """The register has no such sub-centre now: state the number of its line, or leave it out."""

    rule = "R9"
    status = 422


class NotOnATicket(Rejection):
    """It makes a ticket of its own: send it to the submissions, not to a ticket."""

    status = 422


class NoTitle(Rejection):
    """A matter needs a title."""

    rule = "R18"
    status = 422


class NoKind(Rejection):
    """A matter states its kind where its category has none of its own."""

    rule = "R1"
    status = 422


class NotOnEarth(Rejection):
    """Latitude lies from -90 to 90, longitude from -180 to 180 degrees."""

    status = 422


class StatedDueImplausible(Rejection):
    """A due date that the channel states lies after the matter's arrival, by ten years at most."""

    rule = "R23"
    status = 422


class TransferAhead(Rejection):
    """A call cannot have been transferred to us later than it reached us."""

    rule = "R9"
    status = 422


class NotDiverted(Rejection):
    """The ticket was not diverted to an emergency line under that receipt."""

    rule = "R11"


class NotTransferred(Rejection):
    """The ticket was not transferred to the line of your channel."""

    rule = "R9"


class NotAnEmergencyLine(Rejection):
    """Only a registered emergency line hands a matter over: leave handed_over_by out."""

    rule = "R11"
    status = 422


class NotTheLinesOwn(Rejection):
    """An emergency line hands over by its own channel, or in a call."""

    rule = "R11"
    status = 403


class NotAsked(Rejection):
    """Nothing is missing that could be supplied: the ticket does not wait for a supplement."""

    rule = "R18"


class NothingSupplied(Rejection):
    """A supplement says which elements it supplies."""

    rule = "R18"
    status = 422


class UnknownArticle(Rejection):
    """The knowledge base has no such article now: leave kb_answer out, or name another."""

    rule = "R5"
    status = 422


class NotAnswered(Rejection):
    """Only an answer from the knowledge base can be reviewed, or reported as unhelpful."""

    rule = "R5"


class ReviewedAlready(Rejection):
    """An answer is reviewed once, and this one was found otherwise."""

    rule = "R5"


class NothingToOverride(Rejection):
    """Only a decision that did not accept the matter can be overridden."""


class NoReason(Rejection):
    """This needs a written reason."""

    rule = "R20"
    status = 422


class NotRefused(Rejection):
    """Only a refusal can be objected to."""


class ObjectedAlready(Rejection):
    """A refusal can be objected to once."""


class NoObjection(Rejection):
    """There is no objection that waits for a review."""


class SamePerson(Rejection):
    """An objection is reviewed by a second person, not by one who had a hand in the decision."""


class NotOpen(Rejection):
    """Only a ticket that was accepted can be withdrawn."""

    rule = "R2"


class NothingToUrge(Rejection):
    """Only a matter that was accepted can be urged."""

    rule = "R25"


class TooManyUrges(Rejection):
    """A matter may be urged only so often a day."""

    rule = "R25"


class NotToCorrect(Rejection):
    """Only the category of an accepted matter is corrected."""

    rule = "R4"


class FrontierAhead(Rejection):
    """An import's frontier must not lie ahead: its clocks would be missed before they are due."""

    status = 422


class HistoryIsClosed(Rejection):
    """The import has ended: its frontier moves no more."""
