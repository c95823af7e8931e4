"""What holds for every clock, on generated lengths, starts, pauses and zones (R21, R22, R26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.due import due, due_at
from services.deadline.domain.lengths import (
    CalendarDays,
    Extension,
    Length,
    Pause,
    Running,
    Until,
    WorkingDays,
    WorkingHours,
)
from tests.unit.deadline.shipped import CN, US

STEP = timedelta(minutes=211)  # any time of day
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

SHIFTS = ((time(9), time(12)), (time(13, 30), time(17, 30)))
CALENDARS = st.sampled_from(
    [
        replace(CN, shifts=SHIFTS),
        replace(US, shifts=SHIFTS),
        replace(CN, shifts=SHIFTS, close_of_business=time(17, 30)),
        replace(CN, shifts=SHIFTS, time_zone="America/Havana"),  # the clocks change at midnight
        replace(US, shifts=SHIFTS, weekend={}, days_off={}),
    ]
)
WORKING = st.builds(WorkingDays, st.integers(1, 30))
HOURS = st.integers(-2000, 2000)
DAY_LENGTHS: st.SearchStrategy[Length] = st.one_of(
    WORKING, st.builds(CalendarDays, st.integers(1, 40))
)
LENGTHS: st.SearchStrategy[Length] = st.one_of(
    DAY_LENGTHS,
    st.builds(lambda m: Running(timedelta(minutes=m)), st.integers(1, 3000)),
    st.builds(lambda m: WorkingHours(timedelta(minutes=m)), st.integers(1, 3000)),
)
STATED = st.builds(lambda h: Until(datetime(2026, 3, 9, tzinfo=UTC) + timedelta(hours=h)), HOURS)
# Around the turn of a year, the change of clocks and holidays; whole hours, so that edges meet.
STARTS = st.one_of(
    st.builds(
        lambda day, hour: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, hours=hour),
        st.integers(-400, 400),
        st.integers(0, 23),
    ),
    st.integers(-500, 60_000).map(lambda n: datetime(2004, 1, 1, tzinfo=UTC) + n * STEP),
)
EXTENSIONS = st.lists(st.builds(Extension, st.integers(1, 10)), max_size=2)


@st.composite
def pauses(draw: st.DrawFn, start: datetime, *, may_stay_open: bool = True) -> list[Pause]:
    """Up to four pauses, overlapping or not, some of zero length, some from before the start."""
    made: list[Pause] = []
    for number in range(draw(st.integers(0, 4))):
        begin = start + timedelta(hours=draw(st.integers(-72, 24 * 40)))
        length = draw(st.none() | st.integers(0, 24 * 12) if may_stay_open else st.integers(0, 288))
        end = None if length is None else begin + timedelta(hours=length)
        made.append(Pause(begin, end, f"reason {number}"))
    return made


@settings(max_examples=300)
@given(CALENDARS, LENGTHS | STATED, STARTS, EXTENSIONS, st.data())
def test_r21_the_fast_path_gives_what_the_explained_path_explains(
    calendar: Calendar,
    length: Length,
    start: datetime,
    extensions: list[Extension],
    data: st.DataObject,
) -> None:
    stops = data.draw(pauses(start))
    explained = due(length, start, calendar, stops, extensions)
    assert due_at(length, start, calendar, stops, extensions) == explained.due_at


@given(CALENDARS, WORKING, STARTS, EXTENSIONS, st.data())
def test_r21_the_last_counted_day_of_a_working_day_clock_is_a_working_day(
    calendar: Calendar,
    length: WorkingDays,
    start: datetime,
    extensions: list[Extension],
    data: st.DataObject,
) -> None:
    answer = due(length, start, calendar, data.draw(pauses(start)), extensions)
    assert all(calendar.is_working(day) for day in answer.counted)
    if answer.last_day is not None:
        assert answer.counted[-1] == answer.last_day
        assert len(answer.counted) == length.count + sum(e.working_days for e in extensions)
        assert answer.due_at == calendar.end_of(answer.last_day)


@given(CALENDARS, DAY_LENGTHS, STARTS, st.data())
def test_r27_every_day_from_start_to_last_is_counted_or_skipped_once(
    calendar: Calendar, length: Length, start: datetime, data: st.DataObject
) -> None:
    answer = due(length, start, calendar, data.draw(pauses(start)))
    days = sorted([*answer.counted, *(day for day, _ in answer.skipped)])
    first = calendar.local_date(start) + timedelta(days=1)
    assert days == [first + timedelta(days=n) for n in range(len(days))]
    assert answer.last_day in (None, *days[-1:])


@given(CALENDARS, LENGTHS, STARTS, EXTENSIONS, st.data())
def test_r26_a_pause_never_shortens(
    calendar: Calendar,
    length: Length,
    start: datetime,
    extensions: list[Extension],
    data: st.DataObject,
) -> None:
    some = data.draw(pauses(start))
    more = data.draw(pauses(start))
    before = due_at(length, start, calendar, some, extensions) or FOREVER
    after = due_at(length, start, calendar, [*some, *more], extensions) or FOREVER
    assert before <= after


@given(CALENDARS, LENGTHS, STARTS, EXTENSIONS, st.data())
def test_r26_splitting_a_pause_changes_nothing(
    calendar: Calendar,
    length: Length,
    start: datetime,
    extensions: list[Extension],
    data: st.DataObject,
) -> None:
    whole = data.draw(pauses(start, may_stay_open=False))
    pieces: list[Pause] = []
    for stop in whole:
        assert stop.end is not None
        cut = stop.start + (stop.end - stop.start) * data.draw(st.integers(0, 24)) / 24
        pieces += [Pause(stop.start, cut, stop.reason), Pause(cut, stop.end, stop.reason)]
    shuffled = data.draw(st.permutations(pieces))
    assert due(length, start, calendar, shuffled, extensions) == due(
        length, start, calendar, whole, extensions
    )


@given(CALENDARS, WORKING, STARTS, st.integers(0, 60), st.data())
def test_r26_a_pause_inside_one_day_loses_nothing(
    calendar: Calendar, length: WorkingDays, start: datetime, ahead: int, data: st.DataObject
) -> None:
    day = calendar.local_date(start) + timedelta(days=ahead)
    opens, ends = calendar.end_of(day - timedelta(days=1)), calendar.end_of(day)
    minutes = int((ends - opens).total_seconds() // 60)
    first = data.draw(st.integers(0, minutes - 1))
    last = data.draw(st.integers(first, minutes - 1))
    inside = Pause(opens + timedelta(minutes=first), opens + timedelta(minutes=last), "short")
    assert due(length, start, calendar, [inside]) == due(length, start, calendar)


@given(CALENDARS, st.integers(1, 30), STARTS, STARTS, st.data())
def test_r21_a_longer_or_later_clock_is_never_due_earlier(
    calendar: Calendar, count: int, one: datetime, two: datetime, data: st.DataObject
) -> None:
    early, late = sorted((one, two))
    stops = data.draw(pauses(early))
    for kind in (WorkingDays, CalendarDays):
        first = due_at(kind(count), early, calendar, stops) or FOREVER
        assert first <= (due_at(kind(count), late, calendar, stops) or FOREVER)
        assert first <= (due_at(kind(count + 1), early, calendar, stops) or FOREVER)
    assert due_at(WorkingDays(count), early, calendar) < due_at(  # type: ignore[operator]
        WorkingDays(count + 1), early, calendar
    )


@given(CALENDARS, LENGTHS, STARTS, st.integers(1, 10), st.integers(1, 10), st.data())
def test_r22_an_extension_only_lengthens_and_two_are_their_sum(
    calendar: Calendar, length: Length, start: datetime, one: int, two: int, data: st.DataObject
) -> None:
    stops = data.draw(pauses(start))
    plain = due_at(length, start, calendar, stops) or FOREVER
    both = due_at(length, start, calendar, stops, [Extension(one), Extension(two)])
    assert plain <= (both or FOREVER)
    assert both == due_at(length, start, calendar, stops, [Extension(one + two)])


@given(CALENDARS, WORKING, STARTS, st.integers(1, 10))
def test_r22_extending_working_days_is_counting_on(
    calendar: Calendar, length: WorkingDays, start: datetime, more: int
) -> None:
    extended = due(length, start, calendar, extensions=[Extension(more)])
    assert extended == due(WorkingDays(length.count + more), start, calendar)


@given(CALENDARS, LENGTHS, STARTS)
def test_r21_a_clock_is_due_after_it_started(
    calendar: Calendar, length: Length, start: datetime
) -> None:
    instant = due_at(length, start, calendar)
    assert instant is not None
    assert instant > start
