"""What deadline alone knows of its timers, for Prometheus."""

from __future__ import annotations

from services.kernel.census import Count

COUNTS = (
    Count(
        "hotline_diversions_unacknowledged",
        "Diversions that their emergency line let pass its time to acknowledge (R11).",
        (),
        # Each repetition begins another run: from the second on the line was late once.
        "select count(*) from {schema}.timer"
        " where name like 'diversion_receipt/%' and name <> 'diversion_receipt/1'",
    ),
    Count(
        "hotline_extensions_unanswered",
        "Applications for an extension about to lapse: the hotline was alarmed (R22).",
        (),
        "select count(*) from {schema}.application where alarmed",
    ),
)
