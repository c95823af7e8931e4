"""The kernel's own figures, by Prometheus conventions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.kernel.facts import Fact

if TYPE_CHECKING:
    from services.kernel.inbox import Batch

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Meter:
    """One per process; labels are bounded: fact types, outcomes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._facts = Counter(
            "hotline_facts_appended", "Facts committed to the ledger.", ["type"], registry=registry
        )
        self._applied = Counter(
            "hotline_facts_applied", "Facts read from the log and applied.", registry=registry
        )
        self._dropped = Counter(
            "hotline_records_dropped",
            "Records not applied: lower repeats, higher waits for what is missing.",
            ["position"],
            registry=registry,
        )
        for position in ("lower", "higher"):  # shown from the start: a rate needs a beginning
            self._dropped.labels(position)
        self._conflicts = Counter(
            "hotline_append_conflicts", "Streams that had moved on.", registry=registry
        )
        self._rejected = Counter(
            "hotline_reactions_rejected", "Reactions against a rule: a defect.", registry=registry
        )
        self._commands = Counter(
            "hotline_commands", "Commands answered.", ["way", "status"], registry=registry
        )
        self._parked = Counter(
            "hotline_records_parked", "Records set aside with a reason.", registry=registry
        )
        self._unknown = Counter(
            "hotline_facts_unknown",
            "Own facts of types that this build does not know, skipped: a newer one runs beside.",
            registry=registry,
        )
        self._of_type = cache(self._facts.labels)
        self._answered = cache(self._commands.labels)
        self._measure_time_and_size(registry)
        self._show_standing(registry)

    def _measure_time_and_size(self, registry: CollectorRegistry) -> None:
        self.append_s = Histogram(
            "hotline_append_seconds",
            "Durable append of one batch.",
            buckets=_FAST,
            registry=registry,
        )
        self._append_size = Histogram(
            "hotline_append_commands",
            "Commands that one durable append took together.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
            registry=registry,
        )
        self._batch_size = Histogram(
            "hotline_batch_facts",
            "Facts that one transaction of the worker applied.",
            buckets=(0, 1, 2, 5, 10, 20, 50, 100, 200),
            registry=registry,
        )
        self.lateness_s = Histogram(
            "hotline_timer_lateness_seconds",
            "Due instant to commit of its fact.",
            buckets=(*_FAST, 10.0, 60.0),
            registry=registry,
        )

    def _show_standing(self, registry: CollectorRegistry) -> None:
        self.relay_lag = Gauge(
            "hotline_relay_lag_facts", "Facts not yet read back from the log.", registry=registry
        )
        self.watermark_age_s = Gauge(
            "hotline_watermark_age_seconds",
            "Age of the oldest owned watermark.",
            registry=registry,
        )
        self.inbox_lag = Gauge(
            "hotline_inbox_lag_records",
            "Records that wait in the partitions that this process consumes.",
            registry=registry,
        )
        self.buckets = Gauge(
            "hotline_owned_buckets", "Buckets that this process owns.", registry=registry
        )
        self.healed = Gauge(
            "hotline_ledger_healed",
            "1 if the ledger is healed on the server that is its store now, else 0: no appends.",
            registry=registry,
        )
        self.healed.set(1)
        self.forked = Gauge(
            "hotline_buckets_forked", "Buckets that wait for `hotline adopt`.", registry=registry
        )

    def appended(self, facts: Sequence[Fact]) -> None:
        counts: dict[str, int] = {}
        for fact in facts:
            counts[fact.type] = counts.get(fact.type, 0) + 1
        for name, count in counts.items():
            self._of_type(name).inc(count)

    def applied(self, batch: Batch) -> None:
        self._applied.inc(len(batch.facts))
        self._batch_size.observe(len(batch.facts))

    def dropped(self, lower: int, higher: int) -> None:
        if lower:
            self._dropped.labels("lower").inc(lower)
        if higher:
            self._dropped.labels("higher").inc(higher)

    def append_done(self, commands: int, seconds: float) -> None:
        self._append_size.observe(commands)
        self.append_s.observe(seconds)

    def conflicts(self, count: int) -> None:
        self._conflicts.inc(count)

    def reaction_rejected(self) -> None:
        self._rejected.inc()

    def command(self, way: str, status: int) -> None:
        self._answered(way, str(status)).inc()

    def unknown(self) -> None:
        self._unknown.inc()

    def parked(self) -> None:
        self._parked.inc()
