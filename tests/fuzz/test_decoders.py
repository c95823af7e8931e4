"""Everything that reads bytes from outside, given bytes that nobody meant: refused, never worse.

The inputs are golden records and commands, changed by a seeded hand: bytes flipped, cut, put in,
repeated and spliced from another record. FUZZ_INPUTS says how many are tried in all.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from google.protobuf import json_format

from hotline.contracts import golden
from hotline.contracts.distinct import filled
from services.datasync.adapters.events import Fields
from services.datasync.domain.cursor import BadCursor
from services.datasync.domain.cursor import decode as decode_feed_cursor
from services.evaluation.adapters.codec import COUNTED
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import NotAFact, attributes, to_fact
from services.kernel.codec import JSON, PROTOBUF, BadBody, Codec
from services.kernel.facts import Fact
from services.kernel.http import decode_cursor
from services.kernel.names import TICKETS
from services.kernel.personal import FieldCipher, Unreadable
from services.kernel.problems import Problem
from services.kernel.telemetry import TraceContext

INPUTS = int(os.environ.get("FUZZ_INPUTS", "50000"))
SEED = int(os.environ.get("FUZZ_SEED", "12345"))
AT = golden.AT
ENVELOPE = {"at": AT, "by": "web", "unit": "u1", "ticket": golden.TICKET, "import_id": ""}
RECORDS = [g for name in golden.covered() for g in golden.goldens(name) if g.headers]
READERS: list[Codec] = [*golden.codecs().values(), COUNTED]
NASTY = (b"\0", b"\xff", b"\x80", b"\xed\xa0\x80", b"\n", b"99999999999999999999", b"-1", b"{}")


def changed(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The bytes with one to four changes."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(found) + 1)
        match rng.randrange(6):
            case 0 if at < len(found):
                found[at] ^= 1 << rng.randrange(8)
            case 1:
                del found[at : at + rng.randint(1, 8)]
            case 2:
                found[at:at] = rng.choice(NASTY)
            case 3:
                found[at:at] = rng.randbytes(rng.randint(1, 8))
            case 4:
                found[at:at] = found[at : at + rng.randint(1, 16)] * rng.randint(1, 9)
            case _:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                found[at:] = other[start:]
    return bytes(found)


def facts(rng: random.Random) -> Iterator[Callable[[], Any]]:
    """Records of the tickets topic: headers, body, or both are not what they were."""
    values = [g.value for g in RECORDS]
    words = [v.encode() for g in RECORDS for v in g.headers.values()]
    while True:
        record = rng.choice(RECORDS)
        headers = {name: text.encode() for name, text in record.headers.items()}
        for name in rng.sample(sorted(headers), rng.randint(0, 2)):
            headers[name] = changed(headers[name], words, rng)
        value = changed(record.value, values, rng) if rng.random() < 0.8 else record.value
        raw = MemoryRecord(TICKETS, 3, 0, 0, golden.TICKET.encode(), value, list(headers.items()))
        yield partial(read_fact, raw)


def read_fact(raw: MemoryRecord) -> None:
    fact = to_fact(raw, attributes(raw.headers))
    for codec in READERS:
        if codec.knows(fact.type):
            codec.parse(fact)
    Fields(fact.type, fact.data).get("title")


def commands(rng: random.Random) -> Iterator[Callable[[], Any]]:
    """Commands of every service, as protobuf and as JSON."""
    known = [(codec, name) for codec in READERS for name in codec.commands]
    bodies: dict[str, list[bytes]] = {PROTOBUF: [], JSON: []}
    messages = {name: filled(codec.commands[name].message()) for codec, name in known}
    for message in messages.values():
        bodies[PROTOBUF].append(message.SerializeToString())
        bodies[JSON].append(json_format.MessageToJson(message, indent=None).encode())
    while True:
        codec, name = rng.choice(known)
        form = rng.choice((PROTOBUF, JSON))
        body = changed(rng.choice(bodies[form]), bodies[form], rng)
        yield partial(codec.command, name, body, form, ENVELOPE)


def texts(rng: random.Random) -> Iterator[Callable[[], Any]]:
    """Cursors, trace headers and sealed fields."""
    cipher = FieldCipher(bytes(32), golden.TICKET, "contact")
    sealed = cipher.encrypt(b"13800138000")
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    cursor = b"eyJhZnRlciI6IDF9"
    while True:
        data = changed(rng.choice((sealed, trace, cursor)), (sealed, trace, cursor), rng)
        text = data.decode("latin-1")
        yield partial(cipher.decrypt, data)
        yield partial(TraceContext.parse, text)
        yield partial(decode_cursor, text)
        yield partial(decode_feed_cursor, text, 24)


REFUSALS = (NotAFact, BadBody, Unreadable, Problem, BadCursor)


@pytest.mark.timeout(60 + INPUTS // 500)
@pytest.mark.parametrize("kind", [facts, commands, texts])
def test_whatever_the_bytes_they_are_read_or_refused(
    kind: Callable[[random.Random], Iterator[Callable[[], Any]]],
) -> None:
    rng = random.Random(SEED)
    inputs, read, refused = kind(rng), 0, 0
    for _ in range(INPUTS // 3):
        try:
            next(inputs)()
            read += 1
        except REFUSALS:
            refused += 1
    assert read > 100, "the changes leave some as they may be"
    assert refused > 100, "and most not"


def test_a_fact_of_a_golden_record_is_read_whole() -> None:
    """What the changes start from is sound."""
    for record in RECORDS:
        assert isinstance(record.fact(), Fact)
        read_fact(record.record())
