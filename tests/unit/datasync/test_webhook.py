"""The rules of webhook delivery: signature, retries, rests."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from services.datasync.domain.webhook import (
    SCHEDULE_S,
    Allowance,
    Breaker,
    Verdict,
    next_attempt,
    retry_after,
    secret_bytes,
    signatures,
    verdict,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"b" * 32).decode()


@given(st.binary(max_size=200))
def test_a_signature_is_what_the_standardwebhooks_library_makes(body: bytes) -> None:
    text = body.hex()
    ours = signatures([secret_bytes(SECRET)], "msg_1", int(NOW.timestamp()), text.encode())
    assert ours == Webhook(SECRET).sign("msg_1", NOW, text)


def test_a_receiver_that_knows_either_secret_verifies_while_they_rotate() -> None:
    now, body = datetime.now(UTC), '{"type":"hotline.feed.v1"}'
    keys = [secret_bytes(SECRET), secret_bytes(OLD_SECRET)]
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(keys, "msg_1", int(now.timestamp()), body.encode()),
    }
    for secret in (SECRET, OLD_SECRET):
        assert Webhook(secret).verify(body, headers) == {"type": "hotline.feed.v1"}


@pytest.mark.parametrize("secret", ["", "secret", "whsec_???", "whsec_YQ"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        secret_bytes(secret)


@pytest.mark.parametrize(
    ("status", "pause", "meaning"),
    [
        (200, None, Verdict.DELIVERED),
        (204, None, Verdict.DELIVERED),
        (301, None, Verdict.FAILED),
        (400, None, Verdict.FAILED),
        (410, None, Verdict.STOPPED),
        (429, None, Verdict.PAUSED),
        (429, timedelta(seconds=9), Verdict.PAUSED),
        (500, None, Verdict.FAILED),
        (503, None, Verdict.FAILED),
        (503, timedelta(seconds=9), Verdict.PAUSED),
    ],
)
def test_what_an_answer_means(status: int, pause: timedelta | None, meaning: Verdict) -> None:
    assert verdict(status, pause) is meaning


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("99999999999999999999", 86_400),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(
    header: str, seconds: int | None
) -> None:
    pause = retry_after(header, NOW)
    assert pause == (None if seconds is None else timedelta(seconds=seconds))


def test_a_schedule_ends_and_then_nothing_is_tried_by_itself() -> None:
    assert next_attempt(1, NOW, SCHEDULE_S) == NOW + timedelta(seconds=5)
    assert next_attempt(len(SCHEDULE_S), NOW, SCHEDULE_S) == NOW + timedelta(days=1)
    assert next_attempt(len(SCHEDULE_S) + 1, NOW, SCHEDULE_S) is None


def test_a_breaker_opens_at_its_limit_and_rests_twice_as_long_each_time() -> None:
    breaker, rests = Breaker(limit=3, rest_s=5.0, longest_rest_s=15.0), []
    for _ in range(6):
        breaker = breaker.failed(NOW)
        rests.append(breaker.open_until and (breaker.open_until - NOW).total_seconds())
    assert rests == [None, None, 5.0, 10.0, 15.0, 15.0]
    assert breaker.succeeded() == Breaker(limit=3, rest_s=5.0, longest_rest_s=15.0)


@given(st.lists(st.floats(0, 2), max_size=60), st.floats(0.5, 50), st.integers(1, 20))
def test_no_second_sees_more_messages_than_rate_and_burst_allow(
    steps: list[float], rate: float, burst: int
) -> None:
    allowance, now = Allowance(rate, burst, burst, NOW), NOW
    for taken, step in enumerate(steps, start=1):
        now += timedelta(seconds=step)
        allowance, wait = allowance.take(now)
        if wait:
            again, rest = allowance.take(now + wait)
            assert not rest
            allowance, now = again, now + wait
        assert taken <= burst + rate * (now - NOW).total_seconds() + 1e-6
