"""One screen of a city, and its lag as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotline.ops.look import Lag, Look, Member, ServiceLook
from hotline.programs import WINDOWS

MOST_FEEDS = 12


def status(look: Look, ready: Mapping[str, str]) -> RenderableType:
    """`ready` says of each service what its own probe says, where that can be asked."""
    services = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("service", "ready", "members", "buckets", "facts", "unpublished", "lag",
                   "promise", "parked", "clocks", "due", "in 1 h",
                   "owners"):  # fmt: skip
        left = column in ("service", "ready", "owners")
        services.add_column(column, justify="left" if left else "right")
    for each in look.services:
        services.add_row(*_row(each, ready.get(each.name, "")))
    waiting = [f for f in look.feeds if f.waiting][:MOST_FEEDS]
    feeds = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("feed", "way", "waiting"):
        feeds.add_column(column)
    for feed in waiting:
        feeds.add_row(feed.subscription, feed.way, f"{feed.waiting:,}")
    delivered = Text(f"push: {len(look.feeds)} feeds, everything was taken")
    return Group(services, Text(), _windows(look), Text(), feeds if waiting else delivered)


def _windows(look: Look) -> Text:
    found = look.windows
    who = ", ".join(map(_member, found.members)) or "nobody counts"
    behind = sum(lag.records for lag in found.lags)
    return Text(f"live windows: {who}; {behind:,} measures to count")


def _row(each: ServiceLook, ready: str) -> list[str]:
    owned = sum(len(member.buckets) for member in each.members)
    age = "" if each.promise_age_s is None else f"{each.promise_age_s:.0f} s"
    counts = (each.timers, each.due, each.soon)
    return [
        each.name, ready, str(len(each.members)), str(owned), f"{each.facts:,}",
        f"{each.unpublished:,}", f"{each.lag:,}", age, f"{each.parked:,}",
        *(f"{n:,}" if each.timers else "" for n in counts),
        ", ".join(map(_member, each.members)),
    ]  # fmt: skip


def _member(each: Member) -> str:
    return f"{each.process}: {_ranges(each.buckets)}"


def _ranges(buckets: Sequence[int]) -> str:
    """0-11 or 0-3,7; a member without any has none."""
    found: list[list[int]] = []
    for bucket in sorted(buckets):
        if found and found[-1][-1] == bucket - 1:
            found[-1].append(bucket)
        else:
            found.append([bucket])
    return ",".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in found) or "none"


def lag_table(look: Look) -> RenderableType:
    """A line per service and topic; the partition that is furthest behind."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("service", "topic", "records", "worst partition"):
        table.add_column(column, justify="left" if column != "records" else "right")
    for row in lag_rows(look):
        table.add_row(
            row["service"], row["topic"], f"{row['records']:,}",
            f"{row['worst_partition']} ({row['worst_records']:,})" if row["records"] else "",
        )  # fmt: skip
    return table


def lag_rows(look: Look) -> list[dict[str, Any]]:
    """The same for programs."""
    rows = [row for each in look.services for row in _rows(each.name, each.lags, each.unpublished)]
    return [*rows, *_rows(WINDOWS, look.windows.lags, 0)]


def _rows(name: str, lags: Sequence[Lag], unpublished: int) -> Iterator[dict[str, Any]]:
    for topic in sorted({lag.topic for lag in lags}) or [""]:
        mine = [lag for lag in lags if lag.topic == topic]
        worst = max(mine, key=lambda lag: lag.records, default=None)
        yield {
            "service": name,
            "topic": topic,
            "records": sum(lag.records for lag in mine),
            "worst_partition": None if worst is None else worst.partition,
            "worst_records": 0 if worst is None else worst.records,
            "unpublished": unpublished,
        }
