"""The course of one clock: all that its due instant rests on, and the rules that change it.

Each function takes a course and gives the next one, or raises the rule that forbids it. The live
service and the calculator of `hotline due` both go through here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.due import Due, due, due_at
from services.deadline.domain.lengths import (
    Extension,
    Length,
    MostExtended,
    Pause,
    Until,
    amount,
)
from services.deadline.domain.rejections import (
    LimitNotLonger,
    LimitTooLate,
    LimitWithoutApplication,
    NoApplication,
    NoMoreExtensions,
    NotApplicable,
    NotExtendable,
    TooLateToExtend,
    TooLongAnExtension,
    UnlistedPause,
)
from services.kernel.decider import Value, replace

PAUSE_REASONS = ("citizen_supplement", "force_majeure", "expert_appraisal", "under_review")
UNDER_REVIEW = "under_review"


class Limit(Value):
    """A limit of the matter (R23). `after` extensions had been granted when it took force."""

    length: Length
    after: int
    stricter: bool = True


class Course(Value):
    """`asked` holds the working days of the applications that nobody has answered yet.

    `statutory` is the limit of law that the matter's category brings: it holds from the start, and
    no longer once the matter is filed elsewhere (R23).

    `waiting` are limits that were found while it stands: they take force when it goes on (R26).
    """

    length: Length
    start: datetime
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    limits: tuple[Limit, ...] = ()
    asked: tuple[int, ...] = ()
    waiting: tuple[Limit, ...] = ()
    statutory: Length | None = None

    @property
    def opened(self) -> Pause | None:
        """The pause that is open."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None


# When it is due.


def due_of(course: Course, calendar: Calendar) -> datetime | None:
    """The earliest instant that any of its terms gives (R23); None while paused."""
    found = [
        due_at(length, course.start, calendar, course.pauses, extensions)
        for length, extensions in _terms(course)
    ]
    return min((instant for instant in found if instant is not None), default=None)


def explained(course: Course, calendar: Calendar) -> Due:
    """The same, day by day."""
    return prevailing(course, calendar)[1]


def prevailing(course: Course, calendar: Calendar) -> tuple[Length, Due]:
    """The length that gives the due instant, and that instant day by day."""
    terms = list(_terms(course))
    found = [
        (length, due(length, course.start, calendar, course.pauses, extensions))
        for length, extensions in terms
    ]
    return min(
        (term for term in found if term[1].due_at is not None), key=_instant, default=found[0]
    )


def _instant(term: tuple[Length, Due]) -> datetime:
    assert term[1].due_at is not None
    return term[1].due_at


def _terms(course: Course) -> Iterator[tuple[Length, tuple[Extension, ...]]]:
    """The lengths that compete, each with the extensions granted since it took force."""
    longer = [n for n, limit in enumerate(course.limits) if not limit.stricter]
    since = longer[-1] if longer else 0
    if not longer:
        yield course.length, course.extensions
        if course.statutory is not None:
            yield course.statutory, course.extensions
    for limit in course.limits[since:]:
        yield limit.length, course.extensions[limit.after :]


def is_late(course: Course, calendar: Calendar, at: datetime) -> bool:
    """An act exactly at the due instant is late (R21); nothing is late while paused (R26)."""
    instant = due_of(course, calendar)
    return instant is not None and at >= instant


# R26: pauses.


def pause(course: Course, at: datetime, reason: str) -> Course:
    """One more reason while it stands still already begins a pause that touches the first."""
    if reason not in PAUSE_REASONS:
        raise UnlistedPause(reason or "none given")
    resumed = resume(course, at)
    return replace(resumed, pauses=(*resumed.pauses, Pause(at, None, reason)))


def resume(course: Course, at: datetime) -> Course:
    """Quiet where no pause is open."""
    opened = course.opened
    if opened is None:
        return course
    ended = replace(opened, end=max(at, opened.start))
    limits = course.limits
    for limit in course.waiting:
        limits = _with(limits, limit)
    return replace(course, pauses=(*course.pauses[:-1], ended), limits=limits, waiting=())


def until(course: Course, end: datetime) -> Course:
    """The course as it counts for a clock that ended: what began later does not."""
    return replace(course, pauses=tuple(p for p in course.pauses if p.start < end))


# R22: extensions.


def ask(
    course: Course, calendar: Calendar, at: datetime, days: int, reason: str, most: MostExtended
) -> Course:
    """The application waits for its answer."""
    if not reason or days < 1:
        raise NoApplication
    _extendable(course, calendar, at, days, most)
    return replace(course, asked=(*course.asked, days))


def grant(
    course: Course, calendar: Calendar, at: datetime, days: int | None, most: MostExtended
) -> Course:
    """Answers an application: the oldest with as many days as it asks (None), else the closest."""
    given = (course.asked[0] if course.asked else 0) if days is None else days
    _extendable(course, calendar, at, given, most)
    if not course.asked:
        raise NotApplicable
    if not 0 < given <= max(course.asked):
        raise TooLongAnExtension(f"{given} granted, {max(course.asked)} asked")
    extensions = (*course.extensions, Extension(given))
    return replace(course, asked=unanswered(course.asked, given), extensions=extensions)


def unanswered(asked: tuple[int, ...], given: int) -> tuple[int, ...]:
    """What still waits after a grant, which answers the shortest application that it fits in."""
    answered = min((days for days in asked if days >= given), default=0)
    place = asked.index(answered) if answered else 0
    return asked[:place] + asked[place + 1 :]


def refuse(course: Course) -> Course:
    """Quiet where nothing was asked."""
    return replace(course, asked=course.asked[1:])


def _extendable(
    course: Course, calendar: Calendar, at: datetime, days: int, most: MostExtended
) -> None:
    if most.working_days < 1:
        raise NotExtendable
    if len(course.extensions) >= most.times:
        raise NoMoreExtensions(f"at most {most.times}")
    if days > most.working_days:
        raise TooLongAnExtension(f"{days} working days, at most {most.working_days}")
    if is_late(course, calendar, at):
        raise TooLateToExtend


# R23: limits of the matter.


def restrict(course: Course, calendar: Calendar, length: Length) -> Course:
    """A limit of law: it prevails as long as it gives the earlier due instant."""
    return _limited(course, calendar, Limit(length, len(course.extensions)))


def _limited(course: Course, calendar: Calendar, limit: Limit) -> Course:
    """While a pause is open there is no due date, whatever limit is found in it (R26)."""
    if course.opened is not None and due_of(course, calendar) is None:
        return replace(course, waiting=(*course.waiting, limit))
    return replace(course, limits=_with(course.limits, limit))


def _with(limits: tuple[Limit, ...], limit: Limit) -> tuple[Limit, ...]:
    """Of the limits of one kind that compete the strictest is enough, however many are found."""
    if not limit.stricter:
        return (*limits, limit)
    since = max((n for n, one in enumerate(limits, 1) if not one.stricter), default=0)
    if any(_covers(one, limit) for one in limits[since:]):
        return limits
    return (*limits[:since], *(one for one in limits[since:] if not _covers(limit, one)), limit)


def _covers(one: Limit, other: Limit) -> bool:
    same = type(one.length) is type(other.length) and one.after == other.after
    return same and amount(one.length) <= amount(other.length)


def lengthen(
    course: Course,
    calendar: Calendar,
    at: datetime,
    length: Length,
    *,
    applied: bool,
    document: str,
) -> Course:
    """Special circumstances: a longer limit from the clock's own start, in place of all before."""
    if not applied or not document:
        raise LimitWithoutApplication
    if is_late(course, calendar, at):
        raise LimitTooLate
    longer = Limit(length, len(course.extensions), stricter=False)
    lengthened = _limited(course, calendar, longer)
    now, then = (due_of(resume(c, at), calendar) for c in (course, lengthened))
    if now is not None and then is not None and then <= now:
        raise LimitNotLonger
    return lengthened


def passed_on(course: Course, start: datetime) -> Course:
    """The next unit's course: afresh (R24), but for the stricter limits of the matter (R23)."""
    limits: tuple[Limit, ...] = ()
    for limit in (*course.limits, *course.waiting):
        if limit.stricter:
            limits = _with(limits, Limit(limit.length, 0))
    return Course(course.length, start, limits=limits, statutory=course.statutory)


# R4: the matter is filed elsewhere.


def refiled(
    course: Course,
    calendar: Calendar,
    at: datetime,
    length: Length,
    statutory: Length | None = None,
) -> Course:
    """Counted by the new length from its own start, so that what was used up stays used up.

    The old category's limit of law gives way to the new one's; limits set by hand stay (R23).
    What was due by then stays as it was judged, and nothing gets overdue in retrospect (R27). A
    due instant that was stated is no length of the policy's.
    """
    changed = replace(course, length=length, statutory=statutory)
    stays = isinstance(course.length, Until) or _is_over(course, calendar, at)
    return course if stays or _is_over(changed, calendar, at) else changed


def _is_over(course: Course, calendar: Calendar, at: datetime) -> bool:
    """Also where it ran out before an open pause, whatever limit takes force behind that (R26)."""
    return any(is_late(one, calendar, at) for one in (course, resume(course, at)))


# R27: calendars that change.


def allows(course: Course, calendar: Calendar, at: datetime) -> bool:
    """May this calendar, known since `at`, re-plan the clock? Never into the past."""
    instant = due_of(course, calendar)
    return instant is None or instant > at
