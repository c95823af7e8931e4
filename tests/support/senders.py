"""Senders of Kafka commands, with keys of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nacl.signing import SigningKey

from hotline.dispatch.v1 import commands_pb2
from services.kernel.bus import Outgoing
from services.kernel.codec import PROTOBUF, rfc3339
from services.kernel.names import COMMANDS, bucket_of, replies_of
from services.kernel.senders import Sender, Senders
from services.kernel.signing import KEY_ID, SIGNATURE, Signed, sign
from tests.support.loops import BUCKETS

NOTE = "hotline.dispatch.v1.NoteProgress"


class KnownSenders(Senders):
    """Those whom the test has made."""

    def __init__(self, *senders: Signer) -> None:
        super().__init__(None)
        self._senders = {s.name: s.sender for s in senders}


@dataclass
class Signer:
    """One sender: signs records, and may be asked to get it wrong."""

    name: str
    role: str
    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def sender(self) -> Sender:
        return Sender(self.name, self.role, self.name.upper(), {"k1": self.key.verify_key})

    @property
    def replies(self) -> str:
        return replies_of(self.name)

    def note(self, ticket: str, words: str, command_id: str, time: datetime) -> Outgoing:
        """NoteProgress as protobuf."""
        body = commands_pb2.NoteProgress(note=words).SerializeToString()
        return self.command(ticket, command_id, time, body)

    def command(
        self,
        ticket: str,
        command_id: str,
        time: datetime,
        body: bytes,
        *,
        type_name: str = NOTE,
        content_type: str = PROTOBUF,
        partition: int | None = None,
        signed: Mapping[str, str] | None = None,
    ) -> Outgoing:
        """`signed`: headers of an import, which are signed too."""
        stated, covered = rfc3339(time), {"content-type": content_type, **(signed or {})}
        record = Signed(COMMANDS, ticket.encode(), type_name, command_id, stated, body, covered)
        headers = {
            "ce_type": type_name,
            "ce_source": self.name,
            "ce_id": command_id,
            "ce_time": stated,
            **covered,
            SIGNATURE: sign(self.key, record),
            KEY_ID: "k1",
        }
        place = bucket_of(ticket, BUCKETS) if partition is None else partition
        packed = [(name, value.encode()) for name, value in headers.items()]
        return Outgoing(COMMANDS, place, ticket.encode(), body, packed)


def changed(record: Outgoing, **headers: str | None) -> Outgoing:
    """The record with other headers (None: without), its signature as it was."""
    kept = [(name, value) for name, value in record.headers if name not in headers]
    new = [(name, value.encode()) for name, value in headers.items() if value is not None]
    return Outgoing(record.topic, record.partition, record.key, record.value, [*kept, *new])
