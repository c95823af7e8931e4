"""Instants on the wire: as protobuf and as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.kernel.codec import put_datetime, rfc3339, to_datetime


@pytest.mark.parametrize(
    "value",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_time_is_exact_to_the_microsecond(value: datetime) -> None:
    message = dispatch.ReplyApproved()
    put_datetime(message.replied_at, value)
    assert to_datetime(message.replied_at) == value


def test_a_time_without_a_zone_is_never_written() -> None:
    with pytest.raises(TypeError):
        put_datetime(dispatch.ReplyApproved().replied_at, datetime(2026, 1, 1))  # noqa: DTZ001


def test_every_instant_has_one_written_form() -> None:
    east = timezone(timedelta(hours=8))
    assert rfc3339(datetime(2026, 1, 1, 8, tzinfo=east)) == "2026-01-01T00:00:00.000000Z"
    early = datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert rfc3339(early) == "0001-02-03T04:05:06.000007Z"
    assert datetime.fromisoformat(rfc3339(early)) == early


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_instant_is_changed_by_being_written(value: datetime) -> None:
    message = dispatch.ReplyApproved()
    put_datetime(message.replied_at, value)
    again = dispatch.ReplyApproved.FromString(message.SerializeToString())
    assert to_datetime(again.replied_at) == value
    assert datetime.fromisoformat(rfc3339(value)) == value
