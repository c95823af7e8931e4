"""Signed commands and submissions, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import Message
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from services.kernel.bus import Outgoing
from services.kernel.codec import PROTOBUF, rfc3339
from services.kernel.names import COMMANDS, SUBMISSIONS, bucket_of, topic_of
from services.kernel.signing import KEY_ID, SIGNATURE, Signed, sign


@dataclass(frozen=True, slots=True)
class Import:
    """An importer's statement: for which import, for which unit, and when it happened."""

    id: str
    at: datetime
    acting_for: str = ""

    def headers(self) -> dict[str, str]:
        stated = {"ce_importid": self.id, "ce_importtime": rfc3339(self.at)}
        return {**stated, "ce_actingfor": self.acting_for} if self.acting_for else stated


@dataclass(frozen=True, slots=True)
class SealTo:
    """What `GET /v1/submissions/key` of intake tells: for a submission that it alone can read."""

    id: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """One sender: its name and key id as registered, and its private key."""

    name: str
    key_id: str
    key: SigningKey
    namespace: str = ""
    buckets: int = 24

    def command(
        self,
        ticket: str,
        message: Message,
        command_id: str,
        time: datetime,
        stated: Import | None = None,
    ) -> Outgoing:
        """A command on a ticket, for its own partition. `time` is within 5 min of the broker's."""
        partition = bucket_of(ticket, self.buckets)
        return self._outgoing(COMMANDS, partition, ticket, message, command_id, time, stated)

    def submission(
        self,
        external_id: str,
        message: Message,
        command_id: str,
        time: datetime,
        stated: Import | None = None,
        sealed_to: SealTo | None = None,
    ) -> Outgoing:
        """A matter of a channel; `external_id` is the channel's own id."""
        return self._outgoing(
            SUBMISSIONS, None, external_id, message, command_id, time, stated, sealed_to
        )

    def _outgoing(
        self,
        topic: str,
        partition: int | None,
        key: str,
        message: Message,
        command_id: str,
        time: datetime,
        stated: Import | None,
        sealed_to: SealTo | None = None,
    ) -> Outgoing:
        type_name = message.DESCRIPTOR.full_name
        body, stamp, media = message.SerializeToString(), rfc3339(time), PROTOBUF
        if sealed_to is not None:
            body = SealedBox(PublicKey(sealed_to.public_key)).encrypt(body)
            media = f"{PROTOBUF}; sealed-to={sealed_to.id}"
        covered = {"content-type": media, **(stated.headers() if stated else {})}
        signed = Signed(topic, key.encode(), type_name, command_id, stamp, body, covered)
        headers = {
            "ce_specversion": "1.0",
            "ce_type": type_name,
            "ce_source": self.name,
            "ce_id": command_id,
            "ce_time": stamp,
            "ce_subject": key,
            **covered,
            SIGNATURE: sign(self.key, signed),
            KEY_ID: self.key_id,
        }
        named = topic_of(self.namespace, topic)
        pairs = [(name, value.encode()) for name, value in headers.items()]
        return Outgoing(named, partition, key.encode(), body, pairs)
