"""The rules of webhook delivery: signature, retries, rate limit and circuit breaker."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from math import ceil

from services.datasync.domain.feed import Entry
from services.kernel.decider import Value, replace

# Nobody is asked again after some three days: from then on the ticket waits for an operator.
SCHEDULE_S = (5.0, 30.0, 120.0, 600.0, 1_800.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0, 86_400.0)
LONGEST_PAUSE = timedelta(days=1)
UNSTATED_PAUSE = timedelta(seconds=30)


def secret_bytes(secret: str) -> bytes:
    """The key of a `whsec_…` secret. Raises ValueError."""
    if not secret.startswith("whsec_"):
        raise ValueError("a webhook secret begins with whsec_")
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def signatures(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header of Standard Webhooks: one `v1,…` per valid secret."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    digests = (hmac.new(secret, content, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


class Waiting(Value):
    """A ticket whose webhook failed: its entries from `from_sequence` on wait, nobody else's.

    `next_at` None: parked; the schedule is used up and an operator has to release it.
    """

    subscription: str
    bucket: int
    ticket: str
    from_sequence: int
    attempts: int
    next_at: datetime | None
    reason: str


class EndpointState(Value):
    """What an endpoint asked of us: to rest until `not_before`, or to stop."""

    not_before: datetime | None = None
    stopped_at: datetime | None = None
    reason: str = ""


class Post(Value):
    """One message. `retry` is the waiting ticket whose entries are still to be read."""

    generation: int
    entries: tuple[Entry, ...] = ()
    retry: Waiting | None = None

    @property
    def tickets(self) -> frozenset[str]:
        if self.retry is not None:
            return frozenset({self.retry.ticket})
        return frozenset(e.fact.ticket for e in self.entries)


class Verdict(Enum):
    """What an answer means."""

    DELIVERED = auto()
    FAILED = auto()
    PAUSED = auto()
    STOPPED = auto()


def verdict(status: int, pause: timedelta | None) -> Verdict:
    """2xx delivered, 410 stop; 429 or a stated pause holds the whole endpoint back."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.STOPPED
    if status == 429 or (status == 503 and pause is not None):
        return Verdict.PAUSED
    return Verdict.FAILED


def retry_after(value: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, at most a day; None where it says nothing usable."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        asked = timedelta(seconds=min(int(text), int(LONGEST_PAUSE.total_seconds())))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        asked = moment - now
    return min(max(asked, timedelta()), LONGEST_PAUSE)


def next_attempt(attempts: int, now: datetime, schedule_s: Sequence[float]) -> datetime | None:
    """When to try again after that many failed attempts; None: never by itself."""
    if attempts > len(schedule_s):
        return None
    return now + timedelta(seconds=schedule_s[attempts - 1])


class Breaker(Value):
    """Failures in a row; from `limit` on the endpoint rests, each time twice as long."""

    limit: int = 5
    rest_s: float = 5.0
    longest_rest_s: float = 600.0
    failures: int = 0
    open_until: datetime | None = None

    def failed(self, now: datetime) -> Breaker:
        failures = self.failures + 1
        if failures < self.limit:
            return replace(self, failures=failures)
        doubled = self.rest_s * 2.0 ** min(failures - self.limit, 30)
        rest = timedelta(seconds=min(doubled, self.longest_rest_s))
        return replace(self, failures=failures, open_until=now + rest)

    def succeeded(self) -> Breaker:
        return replace(self, failures=0, open_until=None)

    @property
    def probing(self) -> bool:
        """Open before: one message at a time until one is delivered."""
        return self.open_until is not None


class Allowance(Value):
    """A rate limit as tokens: `burst` at most, `rate` more per second."""

    rate: float
    burst: float
    tokens: float
    at: datetime

    def take(self, now: datetime) -> tuple[Allowance, timedelta]:
        """(what is left, zero) or (unchanged, how long to wait) where no token is there."""
        gained = max((now - self.at).total_seconds(), 0.0) * self.rate
        tokens = min(self.tokens + gained, self.burst)
        if tokens < 1.0 - 1e-9:
            return self, timedelta(microseconds=ceil((1.0 - tokens) / self.rate * 1e6))
        return replace(self, tokens=tokens - 1.0, at=max(now, self.at)), timedelta()
