"""A matter on its way in: numbered, sealed, and made into a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from hotline.intake.v1 import commands_pb2
from services.intake.adapters.boxes import SEALED_TO, Boxed, Boxes
from services.intake.adapters.codec import CODEC, SubmittedMatter
from services.intake.adapters.vault import Vault
from services.intake.domain.commands import SubmitMatter
from services.intake.domain.matter import NO_FACTS
from services.intake.domain.number import ticket_number
from services.intake.domain.ticket import digest_of
from services.kernel.personal import FieldCipher
from services.kernel.service import Submission

SUBMIT = commands_pb2.SubmitMatter.DESCRIPTOR.full_name
_UNTOLD = b'"code":null'  # within a text its quotes would be escaped


@dataclass(frozen=True, slots=True)
class Desk:
    """`zone` is the city's: a ticket's date is the city's date."""

    vault: Vault
    zone: ZoneInfo
    boxes: Boxed = field(default_factory=Boxes)

    async def submit(
        self, body: bytes, content_type: str, sender: str, *, at: datetime, import_id: str
    ) -> Submission:
        """A record of the submissions topic, sealed to a box or not. Raises BadBody."""
        body, content_type = self._unboxed(body, content_type)
        return await self.received(CODEC.command(SUBMIT, body, content_type, {}), at, sender)

    def _unboxed(self, body: bytes, content_type: str) -> tuple[bytes, str]:
        media, *parameters = (part.strip() for part in content_type.split(";"))
        named = dict(p.split("=", 1) for p in parameters if "=" in p)
        box = named.get(SEALED_TO)
        return (body, media) if box is None else (self.boxes.opened_by(box, body), media)

    async def received(self, matter: SubmittedMatter, at: datetime, by: str) -> Submission:
        """The command of a matter that arrived at `at`; only the sender learns the code."""
        person = await self.vault.person(matter.contact)
        day = at.astimezone(self.zone).date()
        ticket = ticket_number(day, await self.vault.serial(day))

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
            stated_due_at=matter.stated_due_at,
            confidential=matter.confidential,
            by=by,
        )
        return Submission(ticket, command, {"code": None})

    def confide(self, body: bytes) -> bytes:
        """The answer to a new matter, with the code that no store holds."""
        if _UNTOLD not in body:
            return body
        code = self.vault.code(orjson.loads(body)["ticket"])
        return body.replace(_UNTOLD, b'"code":"%b"' % code.encode(), 1)
