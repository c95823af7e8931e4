"""Opening sealed personal fields: for a purpose, in batches, leaving a record of each (R35)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Base64Bytes, BaseModel, Field

from services.intake.adapters.vault import OpenedField, Vault
from services.kernel.describe import problems
from services.kernel.http import CleanText, StrictModel, idempotency_key
from services.kernel.identity import Principal, Role
from services.kernel.personal import FieldCipher, Unreadable
from services.kernel.security import role

MOST_FIELDS = 500
Word = Annotated[CleanText, Field(max_length=64)]
Purpose = Annotated[CleanText, Field(max_length=200, pattern=r"\S")]
# A unit may open only what it handles, and intake does not know who handles what.
Reader = Annotated[Principal, Depends(role(Role.STAFF, Role.SUPERVISOR, Role.SERVICE))]


class SealedField(StrictModel):
    """One sealed field of one ticket, as the fact has it, and what it is opened for."""

    ticket: Word = Field(description="Number of the ticket.")
    person_id: Word = Field(description="As the fact names the person.")
    field: Word = Field(description="Such as `contact`.")
    sealed: Base64Bytes = Field(description="The sealed bytes of the fact, in base64.")
    purpose: Purpose = Field(description="Why it is read; it is kept with the record.")


class SealedFields(StrictModel):
    """What is to be opened, for whichever purposes."""

    fields: list[SealedField] = Field(
        min_length=1, max_length=MOST_FIELDS, description="Answered in this order."
    )


class OpenedTexts(BaseModel):
    """In the order of the fields; null: the person was forgotten, or the bytes are unreadable."""

    texts: list[str | None]


def opening_router(vault: Vault) -> APIRouter:
    """The route by which others open personal fields."""
    router = APIRouter(prefix="/v1/personal", tags=["personal"])

    @router.post("/open", dependencies=[Depends(idempotency_key)], responses=problems(422))
    async def open_personal_fields(body: SealedFields, caller: Reader) -> OpenedTexts:
        """Read sealed fields; a repeat reads, and is recorded, again."""
        texts = await open_fields(vault, body.fields, caller.name)
        return OpenedTexts(texts=texts)

    return router


async def open_fields(vault: Vault, fields: Sequence[SealedField], by: str) -> list[str | None]:
    """The texts in order, None for those that cannot be read; recorded before anyone reads them."""
    keys = await vault.keys({field.person_id for field in fields})
    texts = [_text(keys.get(field.person_id), field) for field in fields]
    read = [
        OpenedField(field.ticket, field.person_id, field.field, by, field.purpose)
        for field, text in zip(fields, texts, strict=True)
        if text is not None
    ]
    if read:
        await vault.opened(read)
    return texts


def _text(key: bytes | None, field: SealedField) -> str | None:
    if key is None:
        return None
    try:
        return FieldCipher(key, field.ticket, field.field).decrypt(field.sealed).decode()
    except (Unreadable, UnicodeDecodeError):
        return None
