"""`hotline demo`: real tickets through all eight stages, counted, proven, and the same again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TICKETS = 250
STAGES = {
    "TicketReceived", "TicketAccepted", "TicketDispatched", "DispatchConfirmed",
    "CitizenContacted", "TicketReplied", "ReplyApproved", "TicketCompleted", "VisitScheduled",
    "VisitCompleted", "ScoreBooked", "TicketArchived", "ClockStarted", "ClockStopped",
}  # fmt: skip


def demo(*options: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "hotline.cli.main", "demo", *options],
        capture_output=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return json.loads(done.stdout)


@pytest.mark.timeout(320)
def test_run_twice_the_demo_loses_nothing_and_records_the_same_facts() -> None:
    first = demo("--tickets", str(TICKETS), "--json")
    assert first["problems"] == []
    assert first["tickets"] == first["facts"]["TicketReceived"] == TICKETS
    assert first["facts"].keys() >= STAGES
    assert first["missed"]["engine"] == first["missed"]["expected"] > 0
    assert set(first["proofs"].values()) == {"ok"}
    assert first["deliveries"]["OEM"] > 0  # it handles nothing: a sharing rule entitles it
    assert first["latency_ms"]["p50"] > 0
    assert first["loops_per_s"] > 0
    assert not Path(".run/demo").exists()
    again = demo("--tickets", str(TICKETS), "--json")
    assert again["facts_digest"] == first["facts_digest"]
    assert (again["facts"], again["deliveries"]) == (first["facts"], first["deliveries"])
