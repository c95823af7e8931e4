"""The last release reads what this one writes: what it knows as written, the rest is kept.

That this one reads what the last wrote, and folds it to the same states, is in test_golden.py and
test_golden_states.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from hotline.contracts import golden
from tests.support.releases import NOTED, following, last

TYPES = [name for name in golden.covered() if last().knows(name)]
NEWER = [name for name in golden.covered() if not last().knows(name)]


def plain(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)


@pytest.mark.parametrize("name", TYPES)
def test_the_last_release_reads_what_this_one_writes_and_keeps_what_it_does_not_know(
    name: str,
) -> None:
    older = last().message(name)
    for record in golden.goldens(name):
        written = golden.message_class(name).FromString(record.value)
        read = older.FromString(record.value)
        assert trimmed(plain(written), plain(read)) == plain(read)
        again = golden.message_class(name).FromString(read.SerializeToString())
        assert again == written, "it passes on what it does not know"


def trimmed(written: Any, read: Any) -> Any:
    """`written` without what the older reader has no field for."""
    if isinstance(written, dict) and isinstance(read, dict):
        return {k: trimmed(written.get(k), v) for k, v in read.items()}
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        return [trimmed(w, r) for w, r in zip(written, read, strict=True)]
    return written


def test_there_is_something_new_to_read() -> None:
    """Else the image is this release's own, and nothing was shown."""
    assert "hotline.deadline.v1.UnitReminded" in NEWER
    missed = last().message("hotline.deadline.v1.DeadlineMissed")
    assert "ladder_at" not in missed.DESCRIPTOR.fields_by_name


def test_a_field_of_the_next_release_is_kept_too() -> None:
    newer = following().message(NOTED)(note="called", tone="kind")
    read = golden.message_class(NOTED).FromString(newer.SerializeToString())
    assert plain(read) == {"note": "called"}
    assert following().message(NOTED).FromString(read.SerializeToString()) == newer
