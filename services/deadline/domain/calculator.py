"""One clock from its start through any events to its due instant: what `hotline due` answers.

The events may come in any order; they are taken in the order of their times. At one instant the
order is that of `ORDER`, and a pause and a resumption of one instant leave the clock as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.deadline.domain import course as rules
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import PAUSE_REASONS, UNDER_REVIEW, Course
from services.deadline.domain.due import Due
from services.deadline.domain.lengths import Length
from services.deadline.domain.policy import ClockRow
from services.deadline.domain.rejections import ClockOver, LimitTooLate, ReturnTooLate
from services.kernel.decider import Rejection, Value, field

ORDER = (
    "calendar_changed", "refiled", "limit_set", "return_asked", "return_granted", "return_refused",
    "redispatched", "extension_asked", "extension_granted", "extension_refused", "paused",
    "resumed", "progress_noted", "urged", "confirmed", "contacted", "completed", "dispatched",
    "supplied", "acknowledged", "called_back", "ruled", "visited", "ended",
)  # fmt: skip
ENDED = "ended"  # by a fact that the words of the row leave out
_RANK = {type_: n for n, type_ in enumerate(ORDER)}


class Act(Value):
    """One event of a question; `index` is its place there. Fields that a type lacks are empty.

    A limit that is `statutory` is the one that the matter's category brings; `limit` is that of the
    category under which the matter is filed from then on (R23).
    """

    index: int
    at: datetime
    type: str
    clock: str = ""
    event_id: str = ""
    working_days: int | None = None
    reason: str = ""
    length: Length | None = None
    limit: Length | None = None
    statutory: bool = False
    special: bool = False
    written_application: bool = False
    document: str = ""
    days: Mapping[date, bool] = field(default_factory=dict)
    publishes_year: int | None = None
    forced: bool = False


class Question(Value):
    """`promise` is the length of the promise to the citizen, where the answer shall carry it.

    One that `follows_law` is held to the statutory limit of the category too (R23). Where it was
    `promised` already, at the acceptance, that instant stands: it is moved by nothing.
    """

    row: ClockRow
    length: Length
    start: datetime
    acts: Sequence[Act]
    calendar: Calendar
    promise: Length | None = None
    follows_law: bool = False
    promised: datetime | None = None


class Rejected(Value):
    """An act that a rule forbids; it changed nothing."""

    event: int
    rule: str
    why: str


class Answer(Value):
    """`late` is None while nothing ended the clock. `calendar` and `course` are those in force."""

    due: Due
    promised_due_at: datetime | None
    late: bool | None
    rejected: tuple[Rejected, ...]
    calendar: Calendar
    course: Course


def answer(question: Question) -> Answer:
    """Fold the events over the clock. Raises ValueError for lengths that the calendar lacks."""
    acts = _in_order(question)
    fold = _Fold(question, acts)
    for act in acts:
        fold.take(act)
    return fold.answer()


def _in_order(question: Question) -> list[Act]:
    """By time; what belongs to another clock and what was heard before is left out."""
    seen: set[str] = set()
    found = []
    for act in sorted(question.acts, key=_place):
        repeated = act.event_id != "" and act.event_id in seen
        seen.add(act.event_id)
        if not repeated and act.clock in ("", question.row.name):
            found.append(act)
    return found


def _place(act: Act) -> tuple[datetime, int, int]:
    return act.at, _RANK[act.type], act.index


class _Fold:
    def __init__(self, question: Question, acts: Sequence[Act]) -> None:
        self._question, self._row = question, question.row
        laws = [a.length for a in acts if a.statutory]
        self._law = laws[-1] if laws else None
        self._course = Course(question.length, question.start, statutory=self._law)
        self._calendar = self._known = self._first = question.calendar
        self._most = question.row.most_extended(question.length)
        self._ended, self._closed = False, False
        self._found: list[Length] = []  # limits of the matter that came after the end
        self._late: bool | None = None
        self._rejected: list[Rejected] = []
        paused = {a.at for a in acts if a.type == "paused" and a.reason in PAUSE_REASONS}
        self._touching = paused & {a.at for a in acts if a.type == "resumed"}

    def take(self, act: Act) -> None:
        try:
            self._take(act)
        except Rejection as broken:
            self._rejected.append(Rejected(act.index, broken.rule, broken.message))

    def answer(self) -> Answer:
        due = rules.explained(self._course, self._calendar)
        if self._closed:
            due = Due(None, None, (), (), provisional=False)
        rejected = tuple(sorted(self._rejected, key=lambda r: r.event))
        promised = self._promised()
        return Answer(due, promised, self._late, rejected, self._calendar, self._course)

    def _promised(self) -> datetime | None:
        """By the calendar and the law of its start: it is moved by nothing."""
        asked = self._question
        if asked.promise is None or asked.promised is not None:
            return asked.promised
        law = self._law if asked.follows_law else None
        return rules.due_of(Course(asked.promise, asked.start, statutory=law), self._first)

    def _take(self, act: Act) -> None:
        before = act.at < self._course.start
        match act.type:
            case "calendar_changed":
                self._replan(act, before=before)
            case "refiled":
                self._refile(act)
            case "limit_set" if not act.statutory:
                self._limit(act)
            case "extension_asked" | "extension_granted" | "extension_refused":
                self._extend(act, before=before)
            case "paused" | "resumed":
                self._stand(act)
            case "redispatched":
                self._restart(act, before=before)
            case _ if before or self._ended:
                pass
            case "return_asked" if self._row.window:
                self._judge_return(act)
            case _ if act.type in (*self._row.acts, ENDED):
                self._end(act)

    def _replan(self, act: Act, *, before: bool) -> None:
        """R27: both ways, never into the past, never a clock that ended or a promise."""
        if self._row.fixed and not before:
            return
        self._known = self._known.with_notice(act.days, act.publishes_year)
        if self._ended:
            return  # it is the next unit's clock that goes by it
        if before or rules.allows(self._course, self._known, act.at):
            self._calendar = self._known
        if act.at < self._question.start:
            self._first = self._known

    def _refile(self, act: Act) -> None:
        """R4, R23: length and law are the matter's, so the next unit's clock has them too."""
        assert act.length is not None
        if not self._ended and not self._row.fixed:
            here = self._course, self._calendar, act.at
            self._course = rules.refiled(*here, act.length, act.limit)
            self._most = self._row.most_extended(self._course.length)

    def _limit(self, act: Act) -> None:
        assert act.length is not None
        if not act.special:
            if self._ended:
                self._found.append(act.length)
            elif not self._row.fixed:
                self._course = rules.restrict(self._course, self._calendar, act.length)
            return
        if self._ended:
            raise LimitTooLate
        longer = rules.lengthen(
            self._course,
            self._calendar,
            act.at,
            act.length,
            applied=act.written_application,
            document=act.document,
        )
        if not self._row.fixed:
            self._course = longer

    def _extend(self, act: Act, *, before: bool) -> None:
        if act.type == "extension_refused":
            self._course = rules.refuse(self._course)
            return
        if before or self._ended:
            raise ClockOver
        here, days = (self._course, self._calendar, act.at), act.working_days
        if act.type == "extension_asked":
            self._course = rules.ask(*here, days or 0, act.reason, self._most)
        else:
            self._course = rules.grant(*here, days, self._most)

    def _stand(self, act: Act) -> None:
        """R26. A pause whose reason is not listed is refused whatever the clock does."""
        paused = rules.pause(self._course, act.at, act.reason) if act.type == "paused" else None
        if self._ended or self._row.fixed:
            return
        if act.at in self._touching and (paused is None or self._course.opened is None):
            return
        self._course = paused or rules.resume(self._course, act.at)

    def _restart(self, act: Act, *, before: bool) -> None:
        """R24: the next unit's clocks start at its dispatch; a forced one has no window."""
        if before or not self._row.starts_at_dispatch:
            return
        for length in self._found:
            self._course = rules.restrict(self._course, self._calendar, length)
        self._found, self._calendar = [], self._known
        self._course = rules.passed_on(self._course, act.at)
        self._ended, self._late = False, None
        self._closed = self._row.window and act.forced

    def _judge_return(self, act: Act) -> None:
        """A return asked does not end the window: after a refusal the next must be in time too."""
        self._late = self._closed or rules.is_late(self._course, self._calendar, act.at)
        if self._late:
            raise ReturnTooLate

    def _end(self, act: Act) -> None:
        """R26: a reply that was approved ended the clock when it came, not when it was approved."""
        opened, end = self._course.opened, act.at
        if act.type == "completed" and opened is not None and opened.reason == UNDER_REVIEW:
            end = opened.start
        self._course, self._ended = rules.until(self._course, end), True
        if self._row.window:
            return  # only a return that is asked can be late for it
        if rules.is_late(self._course, self._calendar, end):
            self._late = True
        elif act.type != "return_granted" or "return_refused" in self._row.acts:
            self._late = False  # a grant acts only for the clock of who rules on the return
