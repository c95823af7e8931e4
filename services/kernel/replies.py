"""The outcome of a command that came by Kafka, on its way to its sender's own topic."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Outgoing
from services.kernel.codec import PROTOBUF
from services.kernel.commands import Answer
from services.kernel.draft import Draft
from services.kernel.names import replies_of, topic_of


@dataclass(slots=True)
class Reply:
    """An answer on its way to the sender's replies topic."""

    sender: str
    command_id: str
    ticket: str
    answer: Answer
    stored: bool
    draft: Draft | None = None


def reply_record(reply: Reply, source: str, namespace: str) -> Outgoing:
    """CommandAnswered, keyed by the command's id."""
    message = CommandAnswered(
        command_id=reply.command_id,
        ticket_id=reply.ticket,
        status=reply.answer.status,
        body=reply.answer.body,
        version=reply.answer.version or 0,
        position=reply.answer.position or "",
    )
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", CommandAnswered.DESCRIPTOR.full_name.encode()),
        ("ce_source", source.encode()),
        ("ce_id", f"{reply.sender}/{reply.command_id}".encode()),
        ("ce_subject", reply.ticket.encode()),
        ("content-type", PROTOBUF.encode()),
    ]
    topic = topic_of(namespace, replies_of(reply.sender))
    key = reply.command_id.encode()
    return Outgoing(topic, None, key, message.SerializeToString(), headers)
