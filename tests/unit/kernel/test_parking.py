"""Under which ticket a record waits that made the code fail."""

from __future__ import annotations

from services.kernel.bus_memory import MemoryRecord
from services.kernel.names import COMMANDS
from services.kernel.parking import ticket_of

SUBJECT = [("ce_subject", b"another")]


def test_a_record_waits_under_its_key_as_later_ones_do_and_not_under_what_it_says() -> None:
    record = MemoryRecord(COMMANDS, 0, 0, 0, b"t1", b"", SUBJECT)
    assert ticket_of(record, dict(record.headers)) == "t1"


def test_without_a_key_what_it_says_counts() -> None:
    record = MemoryRecord(COMMANDS, 0, 0, 0, None, b"", SUBJECT)
    assert ticket_of(record, dict(record.headers)) == "another"
    assert ticket_of(record, {}) == ""
