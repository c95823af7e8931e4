"""Commands and submissions that come by Kafka: verified and decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.kernel.bus import Record
from services.kernel.cloudevents import attributes, broker_time
from services.kernel.codec import PROTOBUF, BadBody, metadata
from services.kernel.commands import (
    Answer,
    decide_command,
    hash_of,
    hash_of_command,
    kept_hash,
    repeated_answer,
)
from services.kernel.draft import Draft
from services.kernel.facts import CommandKey, Repeated
from services.kernel.gather import all_of
from services.kernel.imports import MOST_ID, OFF, Imports, closed, is_id, named
from services.kernel.names import SUBMISSIONS, TICKETS, bucket_of, is_ticket, replies_of, topic_of
from services.kernel.problems import Problem
from services.kernel.replies import Reply
from services.kernel.seen import Asked
from services.kernel.senders import Sender, Senders
from services.kernel.service import Service
from services.kernel.signing import SIGNED_HEADERS, SignatureError, Signed, verify
from services.kernel.telemetry import traced

Headers = Mapping[str, bytes]
Late = Set[tuple[str, str]]  # senders and command ids
_MOST_DETAIL = 1_000  # characters of what a sender is told


@dataclass(slots=True)
class Request:
    """A record that was read as a command; `problem` says why it cannot be decided."""

    sender: str
    command_id: str
    ticket: str = ""
    body_hash: bytes = b""
    command: Any = None
    live: bool = True
    meta: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    problem: tuple[int, str, str] | None = None
    asked: Asked = field(default_factory=Asked)
    record: Record | None = None


class Refused(Exception):
    """The record is no command that may be decided: status, problem slug, detail."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = (status, slug, detail)


class KafkaCommands:
    """Reads commands for one service; `answers_unknown`: also those that no service knows."""

    def __init__(
        self,
        service: Service,
        senders: Senders,
        *,
        namespace: str,
        buckets: int,
        answers_unknown: bool,
        imports: Imports | None = None,
    ) -> None:
        self._service, self._senders, self._namespace = service, senders, namespace
        self._buckets, self._answers_unknown = buckets, answers_unknown
        self._imports = imports
        self._package = f"hotline.{service.name}."
        self._submissions = topic_of(namespace, SUBMISSIONS)
        self._tickets = topic_of(namespace, TICKETS)
        self._roles = {rule.command.__name__: rule.roles for rule in service.commands}

    # Read

    async def read(
        self, records: Sequence[tuple[Record, dict[str, bytes]]], late: Late = frozenset()
    ) -> list[Request]:
        """The commands among the records that this service answers; those that are too `late` for
        their import are refused.

        Submissions ask the store who their citizens are: all of a batch at once.
        """
        mine = [(record, headers) for record, headers in records if self._is_mine(headers)]
        if not any(record.topic == self._submissions for record, _ in mine):
            return [await self._read(record, headers, late) for record, headers in mine]
        return await all_of(self._read(record, headers, late) for record, headers in mine)

    def _is_mine(self, headers: Headers) -> bool:
        name = headers.get("ce_type", b"").decode(errors="replace")
        if name.startswith(self._package):
            return True
        return self._answers_unknown and not name.startswith(
            ("hotline.intake.", "hotline.deadline.", "hotline.evaluation.", "hotline.datasync.")
        )

    async def too_late(
        self, others: Iterable[Headers], waiting: Sequence[tuple[str, Record]] = ()
    ) -> tuple[Late, list[tuple[str, Record]]]:
        """The commands that came after their import had been closed, and what of that waits behind
        a parked ticket and is to be read, and refused, at once. A service asks of its own."""
        if self._imports is None:
            return frozenset(), []
        behind = [(ticket, r) for ticket, r in waiting if r.topic != self._tickets]
        asked = [headers for headers in others if self._is_mine(headers)]
        asked += [attributes(record.headers) for _, record in behind]
        late = await self._imports.too_late([named(h) for h in asked if "ce_importid" in h])
        return late, await self._imports.too_late_behind(behind, late, self._buckets)

    async def _read(self, record: Record, headers: Headers, late: Late) -> Request:
        _, name, command_id = named(headers)
        request = Request(name, _legible(command_id), record=record)
        try:
            sender = self._verified(record, headers, name, command_id)
            await self._fill(request, record, headers, sender, late)
        except Refused as refused:
            request.problem = refused.problem
        except (BadBody, UnicodeDecodeError) as error:
            request.problem = (400, "bad-body", str(error))
        return request

    def _verified(self, record: Record, headers: Headers, name: str, command_id: str) -> Sender:
        if not is_id(command_id):
            wanted = f"ce_id must have 1 to {MOST_ID} printable characters."
            raise Refused(400, "command-id-missing", wanted)
        sender = self._senders.get(name)
        if sender is None:
            raise Refused(401, "unknown-sender", f"No public key is known of {name[:80]!r}.")
        signed = Signed(
            topic=record.topic.removeprefix(f"{self._namespace}."),
            key=record.key or b"",
            type=headers.get("ce_type", b"").decode(),
            command_id=command_id,
            time=headers.get("ce_time", b"").decode(),
            body=record.value or b"",
            headers={h: headers[h].decode() for h in SIGNED_HEADERS if h in headers},
        )
        try:
            verify(
                sender.keys,
                signed,
                signature=headers.get("signature", b"").decode(),
                key_id=headers.get("signaturekeyid", b"").decode(),
                received_at=broker_time(record),
            )
        except SignatureError as error:
            raise Refused(401, error.slug, str(error)) from None
        return sender

    async def _fill(
        self, request: Request, record: Record, headers: Headers, sender: Sender, late: Late
    ) -> None:
        type_name = headers.get("ce_type", b"").decode()
        content_type = headers.get("content-type", PROTOBUF.encode()).decode()
        body = record.value or b""
        at, import_id, unit = self._standing(record, headers, sender)
        request.live = not import_id
        request.body_hash = hash_of(type_name, body)
        sent = traced(headers.get("traceparent", b"").decode(errors="replace"))
        request.meta = metadata(
            import_id=import_id,
            command_id=f"{sender.name}/{request.command_id}",
            by=sender.name,
            traceparent=request.asked.follow(sent),
        )
        if type_name not in self._service.codec.commands:
            raise Refused(404, "unknown-command", f"No service knows the command {type_name}.")
        request.asked.command = type_name.rpartition(".")[2]
        self._require_role(type_name, sender, request.live)
        if import_id and (sender.name, request.command_id) in late:
            raise Refused(*closed(import_id))
        if record.topic == self._submissions and self._service.submit is not None:
            submit = self._service.submissions.get(type_name, self._service.submit)
            by = (sender.name, request.command_id)
            made = await submit(body, content_type, by, at=at, import_id=import_id)
            request.ticket, request.command, request.extra = made.ticket, made.command, made.extra
            return
        request.ticket = self._ticket(record)
        envelope = {
            "at": at,
            "by": sender.name,
            "unit": unit,
            "ticket": request.ticket,
            "import_id": import_id,
        }
        request.command = self._service.codec.command(type_name, body, content_type, envelope)
        hashed = hash_of_command(self._service, request.ticket, request.command)
        request.body_hash = hashed or request.body_hash

    def _ticket(self, record: Record) -> str:
        ticket = (record.key or b"").decode()
        if not is_ticket(ticket):
            raise Refused(400, "bad-ticket", "The record's key is no ticket id.")
        bucket = bucket_of(ticket, self._buckets)
        if record.partition != bucket:
            where = f"Ticket {ticket} belongs to partition {bucket}, not {record.partition}."
            raise Refused(400, "wrong-partition", where)
        return ticket

    def _require_role(self, type_name: str, sender: Sender, live: bool) -> None:
        roles = self._roles.get(type_name.rpartition(".")[2], frozenset())
        if live and sender.role not in roles:
            raise Refused(403, "role-missing", f"A {sender.role} may not send {type_name}.")

    def _standing(
        self, record: Record, headers: Headers, sender: Sender
    ) -> tuple[datetime, str, str]:
        """When it counts, for which import, for which unit: only an importer may say so."""
        import_id = headers.get("ce_importid", b"").decode()
        acting_for = headers.get("ce_actingfor", b"").decode()
        if not import_id:
            if acting_for:
                raise Refused(403, "may-not-act-for", "Only an importer may act for another.")
            return broker_time(record), "", sender.unit
        if sender.role != "importer":
            raise Refused(403, "not-an-importer", f"{sender.name} may not import.")
        if self._imports is None:
            raise Refused(*OFF)
        if not is_id(import_id) or (acting_for and not is_id(acting_for)):
            wanted = f"ce_importid and ce_actingfor may have {MOST_ID} printable characters."
            raise Refused(400, "bad-import", wanted)
        try:
            at = datetime.fromisoformat(headers["ce_importtime"].decode())
        except (KeyError, ValueError):
            raise Refused(400, "bad-time", "ce_importtime must be an RFC 3339 time.") from None
        if at.tzinfo is None or at > broker_time(record):
            raise Refused(400, "bad-time", "ce_importtime must have a zone and not lie ahead.")
        self._imports.note(sender.name, import_id)
        return at, import_id, acting_for

    # Decide

    def decide(
        self,
        draft: Draft | None,
        request: Request,
        repeats: Mapping[tuple[str, str], Repeated],
    ) -> Reply:
        """Put the outcome into the draft; the reply is sent after the commit."""
        if request.problem is not None:
            return _refused(request, *request.problem)
        known = repeats.get((request.sender, request.command_id))
        if known is not None:
            bucket = bucket_of(known.ticket, self._buckets)
            answer = repeated_answer(self._service, bucket, request.body_hash, known)
            return _reply(request, known.ticket, answer)
        assert draft is not None
        topic = replies_of(request.sender)
        hashed = kept_hash(self._service, request.body_hash)
        key = CommandKey(request.sender, request.command_id, hashed, 0, b"", topic)
        decide_command(
            self._service,
            draft,
            request.command,
            key,
            request.meta,
            live=request.live,
            extra=request.extra,
        )
        answer = Answer(key.status, key.body, draft.version, None)
        return _reply(request, request.ticket, answer, key=key)


def _refused(request: Request, status: int, slug: str, detail: str) -> Reply:
    title = slug.replace("-", " ").capitalize() + "."
    problem = Problem(status, slug, title, detail[:_MOST_DETAIL])
    answer = Answer(status, problem.body(), None, None)
    return _reply(request, request.ticket, answer, stored=False)


def _legible(command_id: str) -> str:
    """The id as an answer can name it, whatever was sent: the store and its indexes hold it."""
    cut = command_id[:MOST_ID]
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)


def _reply(
    request: Request,
    ticket: str,
    answer: Answer,
    *,
    stored: bool = True,
    key: CommandKey | None = None,
) -> Reply:
    return Reply(request.sender, request.command_id, ticket, answer, stored, key, request.asked)
