"""A matter on its way in: numbered, sealed, and made into a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson

from hotline.intake.v1 import commands_pb2
from services.intake.adapters.books import Books
from services.intake.adapters.boxes import REGISTRY as BOX_ENTRY
from services.intake.adapters.boxes import SEALED_TO, Boxed, Boxes
from services.intake.adapters.calling import missed
from services.intake.adapters.channels import OPTIONAL
from services.intake.adapters.codec import CODEC, MissedCall, SubmittedMatter
from services.intake.adapters.in_hand import InHand
from services.intake.adapters.limiting import Limits
from services.intake.adapters.vault import Vault
from services.intake.domain.commands import SubmitMatter
from services.intake.domain.matter import NO_FACTS, Earlier, Progress
from services.intake.domain.number import ticket_number
from services.intake.domain.similar import Recent
from services.intake.domain.ticket import digest_of
from services.kernel.kafka_commands import Refused
from services.kernel.personal import FieldCipher
from services.kernel.problems import Problem
from services.kernel.service import Submission

SUBMIT = commands_pb2.SubmitMatter.DESCRIPTOR.full_name
MISSED = commands_pb2.RecordMissedCall.DESCRIPTOR.full_name
By = tuple[str, str]  # sender and command id
_UNTOLD = b'"code":null'  # within a text its quotes would be escaped


class Comparison(Protocol):
    """Looks up what a matter repeats (R16). Raises StoreUnavailable."""

    async def earlier(self, new: Recent, *, is_new: bool) -> tuple[Earlier, ...]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """`books` are the city's: a ticket's date is the city's date. Without `recent`, what was
    received before, nothing is compared (R16).
    """

    vault: Vault
    books: Books
    recent: Comparison | None = None
    boxes: Boxed = field(default_factory=Boxes)
    limits: Limits = field(default_factory=Limits)
    in_hand: InHand = field(default_factory=InHand)

    @property
    def zone(self) -> ZoneInfo:
        return self.books.city.zone

    async def submit(
        self, body: bytes, content_type: str, by: By, *, at: datetime, import_id: str
    ) -> Submission:
        """A record of the submissions topic, sealed to a box or not. Raises BadBody, Refused.

        An emergency is not held up (R11).
        """
        matter, sealed = self._parsed(SUBMIT, body, content_type)
        with _refused():
            if not (sealed or _is_emergency(matter)):
                self._require_sealed(matter.contact, matter.channel, None if import_id else at)
            return await self.received(matter, at, by, import_id=import_id)

    async def submit_missed_call(
        self, body: bytes, content_type: str, by: By, *, at: datetime, import_id: str
    ) -> Submission:
        """The same of a missed call (R3)."""
        call, sealed = self._parsed(MISSED, body, content_type)
        with _refused():
            if not sealed:
                self._require_sealed(call.caller, call.channel, None if import_id else at)
            return await self.missed(call, at, by, import_id=import_id)

    async def missed(
        self, call: MissedCall, at: datetime, by: By, *, import_id: str = ""
    ) -> Submission:
        """The command of a missed call. Raises Problem as `received`."""
        if not import_id:
            await self._require_turn(call.channel, at, by)
        return await missed(call, at, by[0], vault=self.vault, zone=self.zone)

    def _parsed(self, type_name: str, body: bytes, content_type: str) -> tuple[Any, bool]:
        """What came, and whether it was sealed."""
        media, *parameters = (part.strip() for part in content_type.split(";"))
        named = dict(p.split("=", 1) for p in parameters if "=" in p)
        box = named.get(SEALED_TO)
        plain = body if box is None else self.boxes.opened_by(box, body)
        return CODEC.command(type_name, plain, media, {}), box is not None

    def _require_sealed(self, who: str, name: str, at: datetime | None) -> None:
        """The topic is kept for a week, where a forgotten person's contact would be found (R35):
        whoever can seal has to, but on a channel that its entry gives time. `at` None: an import,
        whose own time says nothing of when it was sent. Raises Problem."""
        try:
            box = self.boxes.current()
        except LookupError:  # nobody was told a key yet
            return
        channel = None if at is None else self.books.at(at).catalogue.switchboard.channels.get(name)
        until = channel and channel.unsealed_until
        if not who or (until and at and at.astimezone(self.zone).date() <= until):
            return
        raise Problem(
            422,
            "unsealed",
            "A contact comes by Kafka sealed only.",
            f"Seal the body to the key {box.id} (GET /v1/submissions/key, or {BOX_ENTRY!r} on the "
            f"registry's topic) and say `content-type: …; {SEALED_TO}={box.id}`.",
            rule="R35",
        )

    async def received(
        self, matter: SubmittedMatter, at: datetime, by: By, *, import_id: str = ""
    ) -> Submission:
        """The command of a matter that arrived at `at`; only the sender learns the code.

        What is imported was decided long ago, and is not compared (R16). Raises Problem where the
        channel has sent too many (R3); an emergency waits for no turn (R11).
        """
        if not import_id and not _is_emergency(matter):
            await self._require_turn(matter.channel, at, by)
        person = await self.vault.person(matter.contact)
        day = at.astimezone(self.zone).date()
        ticket = ticket_number(day, await self.vault.serial(day))
        new = Recent(
            ticket,
            person.id,
            matter.category,
            matter.area,
            matter.title,
            matter.latitude,
            matter.longitude,
            Progress.NOT_HANDLED,
            at,
        )
        earlier = () if import_id else await self._earlier(new, matter.new_circumstance)

        def sealed(field: str, plain: str) -> bytes:
            return FieldCipher(person.key, ticket, field).seal(plain)

        command = SubmitMatter(
            at=at,
            ticket=ticket,
            channel=matter.channel,
            external_id=matter.external_id,
            kind=matter.kind,
            urgency=matter.urgency,
            category=matter.category,
            area=matter.area,
            title=matter.title,
            person_id=person.id,
            description=sealed("description", matter.description),
            contact=sealed("contact", matter.contact),
            address=sealed("address", matter.address),
            code_digest=digest_of(ticket, self.vault.code(ticket)),
            facts=matter.facts or NO_FACTS,
            latitude=matter.latitude,
            longitude=matter.longitude,
            called_number=matter.called_number,
            transferred_by=matter.transferred_by,
            transferred_at=matter.transferred_at,
            stated_due_at=matter.stated_due_at,
            confidential=matter.confidential,
            earlier=earlier,
            by=by[0],
            call=matter.call,
            stated=None if import_id else _stated(matter),
            handed_over_by=matter.handed_over_by,
            handover_reference=matter.handover_reference,
        )
        return Submission(ticket, command, {"code": None})

    async def _require_turn(self, name: str, at: datetime, by: By) -> None:
        channel = self.books.at(at).catalogue.switchboard.channels.get(name)
        if channel is None or not channel.per_minute:
            return
        per_minute = channel.per_minute
        if wait_s := await self.limits.wait_s(name, per_minute, at, by, self.vault.turns):
            raise Problem(
                429,
                "channel-limit",
                "The channel has sent more than its rate limit.",
                f"{per_minute} a minute: again after {wait_s} s.",
                rule="R3",
                headers={"Retry-After": str(wait_s)},
            )

    async def _earlier(self, new: Recent, is_new: bool) -> tuple[Earlier, ...]:
        return () if self.recent is None else await self.recent.earlier(new, is_new=is_new)

    def confide(self, body: bytes) -> bytes:
        """The answer to a new matter, with the code that no store holds."""
        if _UNTOLD not in body:
            return body
        code = self.vault.code(orjson.loads(body)["ticket"])
        return body.replace(_UNTOLD, b'"code":"%b"' % code.encode(), 1)


@contextmanager
def _refused() -> Iterator[None]:
    """What an answer over HTTP would say, as the answer of a record."""
    try:
        yield
    except Problem as problem:
        slug = problem.type.removeprefix("/problems/")
        raise Refused(problem.status_code, slug, str(problem.detail)) from None


def _is_emergency(matter: SubmittedMatter) -> bool:
    return matter.facts is not None and matter.facts.emergency_ongoing


def _stated(matter: SubmittedMatter) -> tuple[str, ...]:
    """What it fills beside what every matter has."""
    return tuple(n for n, default in OPTIONAL.items() if getattr(matter, n) != default)
