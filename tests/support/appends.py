"""Appends in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.kernel.facts import Append, CommandKey, NewFact

NOW = datetime.now(UTC) - timedelta(seconds=1)


def fact(text: str = "x", time: datetime = NOW) -> NewFact:
    return NewFact("hotline.test.v1.Noted", text.encode(), time, b'{"by":"clerk"}')


def append(stream: str, expected: int, *facts: NewFact, bucket: int = 0) -> Append:
    return Append(bucket, stream, expected, list(facts))


def keyed(stream: str, key: str, *facts: NewFact, bucket: int = 0) -> Append:
    command = CommandKey("web", key, b"hash-" + stream.encode(), 201, b'{"ok":true}')
    command.upto, command.wrote = len(facts), bool(facts)
    return Append(bucket, stream, 0, list(facts), commands=[command])
