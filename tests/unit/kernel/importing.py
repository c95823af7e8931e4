"""An importer's notes, and the desk that they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from google.protobuf.message import Message

from hotline.dispatch.v1 import commands_pb2
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Outgoing
from services.kernel.codec import rfc3339
from services.kernel.service import CommandRule
from tests.support.desks import NoteProgress, desk
from tests.support.processes import City, Process
from tests.support.senders import Signer
from tests.support.virtual import START

TICKET = "T-1"
OLD, UNIT = Signer("old-city", "importer"), Signer("dpr", "unit")
THEN = START - timedelta(days=400)


async def noting(town: City, frontier: type[Message] | None = None) -> Process:
    """A desk that units may note at; it knows the importer, and by `frontier` how far that is."""
    town.know(OLD, UNIT)
    rule = CommandRule("note", NoteProgress, frozenset({"unit"}))
    return await town.process(replace(desk(), commands=(rule,), frontier=frontier))


def stated(
    command_id: str,
    at: datetime = THEN,
    *,
    ticket: str = TICKET,
    import_id: str = "i1",
    words: str = "",
    sent: datetime = START,
) -> Outgoing:
    """NoteProgress of an import; its words are its command id, if no others are given."""
    body = commands_pb2.NoteProgress(note=words or command_id).SerializeToString()
    headers = {"ce_importid": import_id, "ce_importtime": rfc3339(at), "ce_actingfor": "DPR"}
    return OLD.command(ticket, command_id, sent, body, signed=headers)


async def answers(town: City, process: Process, *records: Outgoing) -> Sequence[CommandAnswered]:
    """What the importer is answered to these records."""
    before = len(town.log(OLD.replies))
    await town.publish(*records)
    await process.read()
    return [CommandAnswered.FromString(r.value) for r in town.log(OLD.replies)[before:]]
