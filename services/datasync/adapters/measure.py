"""datasync's own figures, by Prometheus conventions."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.datasync.domain.sharing import Way


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
