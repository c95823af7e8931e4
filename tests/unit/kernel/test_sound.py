"""What a command may carry, however it came."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.kernel.codec import Codec
from services.kernel.commands import decide_command
from services.kernel.decider import Decider, Value, field
from services.kernel.draft import Draft
from services.kernel.facts import CommandKey
from services.kernel.service import Service
from tests.support.desks import NoteProgress, ProgressNoted, desk


class Part(Value):
    word: str = "word"


class Ask(Value):
    text: str = "text\n文"
    number: float = 1.5
    time: datetime = datetime(2026, 3, 16, tzinfo=UTC)
    words: tuple[str, ...] = ("one", "two")
    part: Part = field(default_factory=Part)
    nothing: datetime | None = None
    sealed: bytes = b"\0"


def status(command: Ask) -> tuple[int, bytes]:
    """What the sender of the command is answered."""
    decider: Decider[Any, Any, Any] = Decider(None, lambda c, s: [], lambda s, e: s, lambda *_: [])
    service = Service("desk", Codec("desk", own=()), decider)
    key = CommandKey("web", "k", b"", 0, b"")
    decide_command(service, Draft(0, "t1", None, 0), command, key, {}, live=True, extra={})
    return key.status, key.body


def test_a_sound_command_is_decided() -> None:
    assert status(Ask())[0] == 200
    assert status(Ask(text="文" * 20_000, sealed=b"x" * 80_100))[0] == 200


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"text": "a\0b"}, "text"),
        ({"number": math.nan}, "number"),
        ({"number": math.inf}, "number"),
        ({"time": datetime(2026, 3, 16)}, "time"),  # noqa: DTZ001 - that is the point
        ({"words": ("one", "\0")}, "words"),
        ({"part": Part("\0")}, "word"),
        ({"text": "文" * 20_001}, "text"),
        ({"sealed": b"x" * 80_101}, "sealed"),
        ({"words": ("word",) * 1_001}, "words"),
    ],
)
def test_a_command_that_no_store_could_keep_is_refused_and_the_field_named(
    changes: dict[str, Any], name: str
) -> None:
    code, body = status(Ask(**changes))
    assert code == 422
    assert f"({name})".encode() in body
    assert b'"type":"/problems/unsound"' in body


def test_fields_that_are_too_much_together_are_refused_and_leave_nothing() -> None:
    """Each may be as long as it is; what they make is more than a topic takes."""
    service, draft = desk(), Draft(0, "t1", (), 0)
    key = CommandKey("web", "k", b"", 0, b"")
    at = datetime(2026, 3, 16, tzinfo=UTC)

    def repeating(command: NoteProgress, notes: tuple[str, ...]) -> list[ProgressNoted]:
        return [ProgressNoted(command.at, command.by, command.note * int(command.by))]

    assert service.decider is not None
    service = replace(service, decider=replace(service.decider, decide=repeating))
    large, largest = (NoteProgress(at, times, "x" * 20_000) for times in ("14", "13"))
    decide_command(service, draft, large, key, {}, live=True, extra={})
    assert (key.status, draft.version, draft.state, draft.live_from) == (413, 0, (), None)
    assert b'"type":"/problems/too-large"' in key.body
    decide_command(service, draft, largest, key, {}, live=True, extra={})
    assert (key.status, draft.version) == (201, 1)
