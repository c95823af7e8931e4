"""datasync's own figures, by Prometheus conventions."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.datasync.domain.sharing import Way
from services.kernel.census import Count

COUNTS = (
    Count(
        "hotline_feed_lag_entries",
        "Entries of a feed that its department has not acknowledged.",
        ("subscription", "way"),
        """
        select c.subscription, c.way, sum(greatest(0, f.sequence - c.delivered_sequence))
        from {vault}.cursor c cross join lateral (
            select sequence from {schema}.feed f
            where f.subscription = c.subscription and f.bucket = c.bucket
            order by sequence desc limit 1) f
        group by 1, 2""",
    ),
    Count(
        "hotline_webhook_stopped",
        "Endpoints that said 410: nothing is sent to them any more.",
        (),
        "select count(*) from {vault}.webhook_endpoint where stopped_at is not null",
    ),
)


class DeliveryMeter:
    """One per process; labels are bounded by the subscriptions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delivered = Counter(
            "hotline_feed_delivered",
            "Feed entries that a department has acknowledged.",
            ["subscription", "way"],
            registry=registry,
        )
        self._failed = Counter(
            "hotline_webhook_failed",
            "Webhook messages that were not taken.",
            ["subscription"],
            registry=registry,
        )
        self._waiting = Gauge(
            "hotline_webhook_waiting_tickets",
            "Tickets whose webhook failed and is tried again or parked.",
            ["subscription"],
            registry=registry,
        )

    def add(self, subscription: str, way: Way, count: int) -> None:
        self._delivered.labels(subscription, way.value).inc(count)

    def failed(self, subscription: str) -> None:
        self._failed.labels(subscription).inc()

    def waiting(self, subscription: str, tickets: int) -> None:
        self._waiting.labels(subscription).set(tickets)
