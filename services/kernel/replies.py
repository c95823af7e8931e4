"""Answers on their way to the senders of commands that came by Kafka."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Bus, BusUnavailable, Outgoing
from services.kernel.codec import PROTOBUF
from services.kernel.commands import Answer, known_answer
from services.kernel.facts import CommandKey, Repeated
from services.kernel.measure import Meter
from services.kernel.names import bucket_of, full_position, replies_of, topic_of
from services.kernel.seen import Asked, by_kafka
from services.kernel.senders import Senders
from services.kernel.store import Store, StoreUnavailable

log = logging.getLogger("hotline.replies")
_TYPE, _PROTOBUF = CommandAnswered.DESCRIPTOR.full_name.encode(), PROTOBUF.encode()


@dataclass(slots=True)
class Reply:
    """An answer on its way to the sender's replies topic; `key` where it was decided just now,
    `asked` where the command was just read."""

    sender: str
    command_id: str
    ticket: str
    answer: Answer
    stored: bool
    key: CommandKey | None = None
    asked: Asked | None = None


class Replies:
    """Sends the answers of one service: none is lost, some come twice."""

    def __init__(
        self,
        service: str,
        senders: Senders,
        store: Store,
        bus: Bus,
        meter: Meter,
        *,
        namespace: str,
        buckets: int,
        confide: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._service, self._senders, self._store = service, senders, store
        self._bus, self._meter, self._namespace = bus, meter, namespace
        self._buckets, self._confide = buckets, confide
        self._sending: set[asyncio.Task[None]] = set()

    def send(self, replies: Sequence[Reply], placed: Mapping[str, int]) -> None:
        """After the commit, without waiting; what is not sent now is sent by `send_unsent`.

        `placed`: the first position of what was appended to each ticket's stream.
        """
        for reply in replies:
            self._meter.command("kafka", reply.answer.status)
            if reply.asked is not None:
                by_kafka(reply.asked, reply.ticket, reply.answer.status)
            if reply.key is not None and reply.key.wrote:
                last = placed[reply.ticket] + reply.key.upto - 1
                bucket = bucket_of(reply.ticket, self._buckets)
                position = full_position(self._service, bucket, last)
                answer = reply.answer
                reply.answer = Answer(answer.status, answer.body, answer.version, position)
        task = asyncio.create_task(self._send(list(replies)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def refusals(self, replies: Sequence[Reply]) -> list[Repeated]:
        """Of senders that there are, answers that no command id keeps."""
        return [
            Repeated(r.sender, r.command_id, r.ticket, b"", r.answer.status, r.answer.body, 0, 0)
            for r in replies
            if not r.stored and r.command_id and self._senders.get(r.sender)
        ]

    async def _send(self, replies: Sequence[Reply]) -> None:
        try:
            await self._deliver([r for r in replies if self._senders.get(r.sender)])
        except StoreUnavailable as error:
            log.warning("replies wait for the next round: %s", error)

    async def send_unsent(self, limit: int = 500) -> int:
        """Answers whose sending is not known to have worked; how many were sent now."""
        found = []
        for sender, key, topic, known in await self._store.unsent_replies(limit):
            bucket = bucket_of(known.ticket, self._buckets)
            answer = known_answer(self._service, bucket, known)
            found.append(Reply(sender, key, known.ticket, answer, bool(topic)))
        return await self._deliver(found)

    async def _deliver(self, replies: Sequence[Reply]) -> int:
        """To each sender by itself: one whose topic is missing keeps nobody else waiting."""
        by_sender: dict[str, list[Reply]] = {}
        for reply in replies:
            by_sender.setdefault(reply.sender, []).append(reply)
        counts = await asyncio.gather(*map(self._deliver_to, by_sender, by_sender.values()))
        return sum(counts)

    async def _deliver_to(self, sender: str, replies: Sequence[Reply]) -> int:
        try:
            records = [reply_record(self._told(r), self._service, self._namespace) for r in replies]
            await self._bus.publish(records)
        except BusUnavailable as error:
            topic = topic_of(self._namespace, replies_of(sender))
            log.warning("replies to %s (%s) wait for the next round: %s", sender, topic, error)
            return 0
        stored = [(r.sender, r.command_id) for r in replies if r.stored]
        if stored:
            await self._store.replies_sent(stored)
        if refused := [(r.sender, r.command_id) for r in replies if not r.stored]:
            await self._store.refusals_sent(refused)
        return len(replies)

    def _told(self, reply: Reply) -> Reply:
        if self._confide is None:
            return reply
        return replace(reply, answer=replace(reply.answer, body=self._confide(reply.answer.body)))


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
        ("ce_type", _TYPE),
        ("ce_source", source.encode()),
        ("ce_id", f"{reply.sender}/{reply.command_id}".encode()),
        ("ce_subject", reply.ticket.encode()),
        ("content-type", _PROTOBUF),
    ]
    topic = topic_of(namespace, replies_of(reply.sender))
    key = reply.command_id.encode()
    return Outgoing(topic, None, key, message.SerializeToString(), headers)
