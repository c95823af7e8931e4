"""The kernel's figures: each by its name, with labels that do not grow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.kernel.facts import Fact
from services.kernel.inbox import Batch
from services.kernel.measure import Meter

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Figures:
    """A meter and what it shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.meter = Meter(self.registry)

    def of(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"hotline_{name}", labels)


@pytest.fixture
def figures() -> Figures:
    return Figures()


def fact(type_name: str, ticket: str = "t") -> Fact:
    return Fact("dispatch", 0, 1, ticket, 1, type_name, b"", NOW, NOW)


def test_facts_are_counted_by_their_type(figures: Figures) -> None:
    figures.meter.appended([fact("a", "t1"), fact("a", "t2"), fact("b")])
    assert figures.of("facts_appended_total", type="a") == 2
    assert figures.of("facts_appended_total", type="b") == 1
    assert b"t1" not in generate_latest(figures.registry)


def test_records_that_were_dropped_are_counted_by_their_place(figures: Figures) -> None:
    figures.meter.dropped(0, 0)
    assert figures.of("records_dropped_total", position="lower") == 0
    figures.meter.dropped(2, 3)
    assert figures.of("records_dropped_total", position="lower") == 2
    assert figures.of("records_dropped_total", position="higher") == 3


def test_commands_are_counted_by_way_and_status(figures: Figures) -> None:
    for status in (201, 201, 409):
        figures.meter.command("kafka", status)
    assert figures.of("commands_total", way="kafka", status="201") == 2
    assert figures.of("commands_total", way="kafka", status="409") == 1
    assert figures.of("commands_total", way="http", status="201") is None


def test_the_rest_is_counted_without_labels(figures: Figures) -> None:
    batch = Batch()
    batch.facts += [fact("a"), fact("b")]
    figures.meter.applied(batch)
    figures.meter.conflicts(4)
    figures.meter.reaction_rejected()
    figures.meter.parked()
    names = ["facts_applied", "append_conflicts", "reactions_rejected", "records_parked"]
    assert [figures.of(f"{name}_total") for name in names] == [2, 4, 1, 1]


def test_times_and_lags_are_shown_in_seconds_and_facts(figures: Figures) -> None:
    figures.meter.append_done(3, 0.004)
    figures.meter.lateness_s.observe(30.0)
    figures.meter.relay_lag.set(7)
    assert figures.of("append_seconds_bucket", le="0.005") == 1
    assert figures.of("append_seconds_bucket", le="0.002") == 0
    assert figures.of("append_commands_bucket", le="5.0") == 1
    assert figures.of("append_commands_bucket", le="2.0") == 0
    assert figures.of("timer_lateness_seconds_bucket", le="60.0") == 1
    assert figures.of("relay_lag_facts") == 7
