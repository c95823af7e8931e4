"""What holds for every stream of measures, however it is cut, repeated or ordered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hotline.evaluation.v1.measures_pb2 import Measure, Windows
from services.evaluation.windows import Keep, count
from tests.unit.evaluation.windows import (
    FLAGS,
    NEW_YORK,
    a_measure,
    counted,
    days_of,
    hours_of,
    rows,
)

# Around both changes of the clocks, so that days of 23 and 25 hours are among them.
STARTS = st.sampled_from([datetime(2011, 3, 12, tzinfo=UTC), datetime(2011, 11, 5, tzinfo=UTC)])
ZONES = st.sampled_from([NEW_YORK, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Havana")])
KEEPS = st.builds(Keep, hours=st.integers(1, 30), days=st.integers(1, 4), zone=ZONES)


@st.composite
def streams(draw: st.DrawFn) -> list[Measure]:
    """Measures of one key, in the order of the topic: positions of a bucket rise."""
    start = draw(STARTS)
    length = draw(st.integers(1, 25))
    return [
        a_measure(
            start + timedelta(minutes=draw(st.integers(0, 4 * 24 * 60))),
            position,
            bucket=draw(st.integers(0, 2)),
            weight=draw(st.sampled_from([1, 1, -1])),
            **{name: draw(st.booleans()) for name in FLAGS},
        )
        for position in range(1, length + 1)
    ]


@given(streams(), KEEPS)
def test_the_windows_are_the_plain_sums_of_what_is_kept(stream: list[Measure], keep: Keep) -> None:
    windows = counted(stream, keep)
    assert rows(windows.hours, keep.zone) == hours_of(stream, keep)  # type: ignore[arg-type]
    assert rows(windows.days, keep.zone) == days_of(stream, keep)  # type: ignore[arg-type]


@given(streams(), KEEPS, st.data())
def test_a_stream_that_is_taken_up_again_anywhere_before_gives_the_same(
    stream: list[Measure], keep: Keep, data: st.DataObject
) -> None:
    windows, place = Windows(), 0
    for _ in range(data.draw(st.integers(0, 4), label="restarts")):
        end = data.draw(st.integers(place, len(stream)), label="read to")
        for measure in stream[place:end]:
            count(windows, measure, keep)
        windows = Windows.FromString(windows.SerializeToString())  # recovered from the changelog
        place = data.draw(st.integers(0, end), label="taken up at")
    for measure in stream[place:]:
        count(windows, measure, keep)
    assert windows == counted(stream, keep)


@given(streams(), KEEPS)
def test_starts_ascend_and_no_window_is_there_twice(stream: list[Measure], keep: Keep) -> None:
    windows = counted(stream, keep)
    for found in (windows.hours, windows.days):
        starts = [w.start.seconds for w in found]
        assert starts == sorted(set(starts))
