"""What stands in the files of broker and store, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from tests.support.stack import ROOT, engine_answers

CHUNK = 1 << 20


class Files:
    """Of the stack that the tests run on; of the broker those of one namespace."""

    def __init__(self, store: Path, broker: Sequence[Path]) -> None:
        self.places = {"store": [store], "broker": list(broker)}

    def holding(self, marks: Sequence[bytes]) -> dict[str, set[bytes]]:
        """Which of the marks stand in the files of the store, and of the broker."""
        return {name: set(self._found(places, marks)) for name, places in self.places.items()}

    def _found(self, places: Sequence[Path], marks: Sequence[bytes]) -> Iterator[bytes]:
        for place in places:
            for file in (f for f in place.rglob("*") if f.is_file()):
                yield from _in_file(file, marks)


def _in_file(file: Path, marks: Sequence[bytes]) -> Iterator[bytes]:
    overlap, rest = max(map(len, marks)), b""
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            seen = rest + chunk
            yield from (mark for mark in marks if mark in seen)
            rest = seen[-overlap:]


async def files_of(stack: StackInfo, namespace: str) -> Files:
    """All that was written is in them. Skips where the servers' files are out of reach."""
    connection = await asyncpg.connect(stack.dsn)
    try:
        await connection.execute("checkpoint")
        store = Path(await connection.fetchval("show data_directory"))
    finally:
        await connection.close()
    broker = list(ROOT.glob(f"*/kafka/data/{namespace}.*"))
    if engine_answers():
        pytest.skip("broker and store run in containers, whose files are out of reach")
    assert store.exists()
    assert broker, f"no topic of {namespace} has a folder"
    return Files(store, broker)
