"""Opening personal fields at intake: in batches, kept for five minutes, never waited for long."""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from services.datasync.adapters.serving import Sealed, Unopened
from services.kernel.clock import Clock

log = logging.getLogger("hotline.datasync")
MOST_FIELDS = 500
MOST_BYTES = 400_000  # of sealed bytes in one request: intake takes bodies of 1 MB
KEPT = timedelta(minutes=5)
MOST_KEPT = 10_000
MOST_BYTES_KEPT = 2_000  # of one field; longer ones are asked for again
REST = timedelta(seconds=5)
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class _Known:
    text: str | None
    until: datetime


class IntakeOpener:
    """Asks intake over `http`, whose base is intake's address, as whom `credential` says.

    After a failure intake is left alone for a while, so that its absence delays a reader once.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        credential: Callable[[], str],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._http, self._credential, self._clock = http, credential, clock
        self._timeout_s = timeout_s
        self._ask_again_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        # In the order of their ends. Each purpose asks for itself: each leaves its own record.
        self._kept: dict[tuple[str, Sealed], _Known] = {}

    async def open(self, fields: Sequence[Sealed], purpose: str) -> list[str | None]:
        """The plain texts in the same order; None where one cannot be read. Raises Unopened."""
        now = self._clock.now()
        texts = {f: known.text for f in fields if (known := self._known(purpose, f, now))}
        missing = list(dict.fromkeys(f for f in fields if f not in texts))
        if missing:
            if now < self._ask_again_at:
                raise Unopened("intake is left alone for a while")
            texts.update(await self._ask(missing, purpose))
        return [texts[field] for field in fields]

    def _known(self, purpose: str, field: Sealed, now: datetime) -> _Known | None:
        known = self._kept.get((purpose, field))
        return known if known is not None and now < known.until else None

    async def _ask(self, fields: Sequence[Sealed], purpose: str) -> dict[Sealed, str | None]:
        found: dict[Sealed, str | None] = {}
        try:
            async with asyncio.timeout(self._timeout_s):
                for batch in _batches(fields):
                    found.update(zip(batch, await self._post(batch, purpose), strict=True))
        except (TimeoutError, httpx.HTTPError, LookupError, ValueError) as error:
            self._ask_again_at = self._clock.now() + REST
            log.warning("personal fields stay sealed: %s", str(error) or "no answer in time")
            raise Unopened("intake did not open them") from error
        self._keep(found, purpose)
        return found

    async def _post(self, batch: Sequence[Sealed], purpose: str) -> list[str | None]:
        answer = await self._http.post(
            "/v1/personal/open",
            json={"purpose": purpose, "fields": [_asked(field) for field in batch]},
            headers={
                "Authorization": f"Bearer {self._credential()}",
                "Idempotency-Key": uuid.uuid4().hex,
            },
        )
        answer.raise_for_status()
        texts: list[str | None] = answer.json()["texts"]
        return texts

    def _keep(self, found: dict[Sealed, str | None], purpose: str) -> None:
        now = self._clock.now()
        for field, text in found.items():
            if len(field.data) <= MOST_BYTES_KEPT:
                self._kept.pop((purpose, field), None)
                self._kept[purpose, field] = _Known(text, now + KEPT)
        for key, known in list(self._kept.items()):
            if now < known.until and len(self._kept) <= MOST_KEPT:
                break
            del self._kept[key]


def _asked(field: Sealed) -> dict[str, str]:
    return {
        "ticket": field.ticket,
        "person_id": field.person_id,
        "field": field.field,
        "sealed": base64.b64encode(field.data).decode(),
    }


def _batches(fields: Sequence[Sealed]) -> Iterator[list[Sealed]]:
    batch: list[Sealed] = []
    size = 0
    for field in fields:
        if batch and (len(batch) == MOST_FIELDS or size + len(field.data) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(field)
        size += len(field.data)
    if batch:
        yield batch
