"""New matters, in the words of the city's sample: what citizens go on asking for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from hotline.history.nyc import Row
from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.intake.v1.events_pb2 import KIND_COMPLAINT, URGENCY_NORMAL


def matters(rows: Sequence[Row], seed: str) -> Iterator[SubmitMatter]:
    """Without an end: category, place and words of a row each, as often as the sample has them."""
    drawn = random.Random(seed)
    number = 0
    while True:
        row, number = drawn.choice(rows), number + 1
        yield SubmitMatter(
            channel=row.channel,
            external_id=f"{seed}-{number}",
            kind=KIND_COMPLAINT,
            urgency=URGENCY_NORMAL,
            category=row.category,
            area=row.area,
            title=row.title,
            description=row.description,
            contact=f"+1 212 555 {drawn.randrange(10_000):04d}",
            address=row.address,
            latitude=row.latitude,
            longitude=row.longitude,
        )


def as_json(matter: SubmitMatter) -> dict[str, Any]:
    """The body of `POST /v1/tickets`."""
    is_placed = matter.HasField("latitude") and matter.HasField("longitude")
    point = {"latitude": matter.latitude, "longitude": matter.longitude} if is_placed else {}
    return point | {
        "channel": matter.channel,
        "external_id": matter.external_id,
        "kind": "complaint",
        "urgency": "normal",
        "category": matter.category,
        "area": matter.area,
        "title": matter.title,
        "description": matter.description,
        "contact": matter.contact,
        "address": matter.address,
    }
