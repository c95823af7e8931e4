"""Opening personal fields at intake: in batches, kept for five minutes, never waited for long."""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from services.datasync.adapters.serving import Sealed, Unopened
from services.kernel.clock import Clock
from services.kernel.gather import Gather

log = logging.getLogger("hotline.datasync")
MOST_FIELDS = 500
MOST_BYTES = 400_000  # of sealed bytes in one request: intake takes bodies of 1 MB
KEPT = timedelta(minutes=5)
MOST_KEPT = 10_000
MOST_BYTES_KEPT = 2_000  # of one field; longer ones are asked for again
REST = timedelta(seconds=5)
TIMEOUT_S = 2.0


# A POST to `/v1/personal/open`: body and headers, to the body of a 200. Raises OSError.
AskIntake = Callable[[bytes, Mapping[str, str]], Awaitable[bytes]]
Wanted = tuple[str, Sealed]  # purpose, field: each purpose leaves a record of its own


@dataclass(frozen=True, slots=True)
class _Known:
    text: str | None
    until: datetime


class IntakeOpener:
    """Asks `intake`, as whom `credential` says.

    What is asked while a request is under way goes with the next, whoever asks and what for.
    After a failure intake is left alone for a while, so that its absence delays a reader once.
    """

    def __init__(
        self,
        intake: AskIntake,
        credential: Callable[[], str],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._intake, self._credential, self._clock = intake, credential, clock
        self._timeout_s = timeout_s
        self._ask_again_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._kept: OrderedDict[Wanted, _Known] = OrderedDict()  # in the order of their ends
        self._gathered = Gather(self._ask)

    async def open(self, fields: Sequence[Sealed], purpose: str) -> list[str | None]:
        """The plain texts in the same order; None where one cannot be read. Raises Unopened."""
        now = self._clock.now()
        wanted = [(purpose, field) for field in fields]
        texts = {w: known.text for w in wanted if (known := self._known(w, now))}
        missing = list(dict.fromkeys(w for w in wanted if w not in texts))
        if missing:
            if now < self._ask_again_at:
                raise Unopened("intake is left alone for a while")
            texts.update(await self._gathered(missing))
        return [texts[w] for w in wanted]

    def _known(self, wanted: Wanted, now: datetime) -> _Known | None:
        known = self._kept.get(wanted)
        return known if known is not None and now < known.until else None

    async def _ask(
        self, asked: Sequence[Sequence[Wanted]]
    ) -> Sequence[Mapping[Wanted, str | None]]:
        wanted = list(dict.fromkeys(w for part in asked for w in part))
        found: dict[Wanted, str | None] = {}
        try:
            async with asyncio.timeout(self._timeout_s):
                for batch in _batches(wanted):
                    found.update(zip(batch, await self._post(batch), strict=True))
        except (OSError, LookupError, ValueError, TypeError) as error:
            self._ask_again_at = self._clock.now() + REST
            log.warning("personal fields stay sealed: %s", str(error) or "no answer in time")
            raise Unopened("intake did not open them") from error
        self._keep(found)
        return [found] * len(asked)

    async def _post(self, batch: Sequence[Wanted]) -> list[str | None]:
        answer = await self._intake(
            orjson.dumps({"fields": [_asked(*wanted) for wanted in batch]}),
            {
                "Authorization": f"Bearer {self._credential()}",
                "Content-Type": "application/json",
                "Idempotency-Key": uuid.uuid4().hex,
            },
        )
        texts: list[str | None] = orjson.loads(answer)["texts"]
        return texts

    def _keep(self, found: Mapping[Wanted, str | None]) -> None:
        now = self._clock.now()
        for wanted, text in found.items():
            if len(wanted[1].data) <= MOST_BYTES_KEPT:
                self._kept[wanted] = _Known(text, now + KEPT)
                self._kept.move_to_end(wanted)
        kept = self._kept
        while kept and (len(kept) > MOST_KEPT or next(iter(kept.values())).until <= now):
            kept.popitem(last=False)


def _asked(purpose: str, field: Sealed) -> dict[str, str]:
    return {
        "ticket": field.ticket,
        "person_id": field.person_id,
        "field": field.field,
        "sealed": base64.b64encode(field.data).decode(),
        "purpose": purpose,
    }


def _batches(wanted: Sequence[Wanted]) -> Iterator[list[Wanted]]:
    batch: list[Wanted] = []
    size = 0
    for one in wanted:
        length = len(one[1].data)
        if batch and (len(batch) == MOST_FIELDS or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += length
    if batch:
        yield batch
