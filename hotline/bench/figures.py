"""Rounds become figures: medians, quantiles and how much the machine wavered."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def quantiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds; nothing was measured: 0."""
    if not seconds:
        return {"p50_ms": 0.0, "p99_ms": 0.0}
    ordered = sorted(seconds)
    last = len(ordered) - 1
    found = {name: ordered[round(share * last)] for name, share in (("p50", 0.5), ("p99", 0.99))}
    return {f"{name}_ms": round(value * 1000, 1) for name, value in found.items()}


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The median of every number, also of those one level below; all rounds have the same keys."""
    found: dict[str, Any] = {}
    for key, value in rounds[0].items():
        column = [part[key] for part in rounds]
        if isinstance(value, Mapping):
            found[key] = medians(column)
        else:
            found[key] = round(statistics.median(column), 1)
    return found


def noise_percent(values: Sequence[float]) -> float:
    """The distance between the best and the worst round, in percent of the median."""
    middle = statistics.median(values)
    return round(100 * (max(values) - min(values)) / middle, 1) if middle else 0.0
