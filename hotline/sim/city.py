"""Simulated people at work on a real broker: reads the facts, sends their signed commands."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hotline.client.commands import Signer
from hotline.dev.senders import city_senders, signer
from hotline.sim.actors import Act, People, Seen, follow
from services.kernel.bus import Bus, Outgoing, Place, Reader, Record
from services.kernel.names import TICKETS, topic_of

POLL = 2_000
GATHER_S = 0.05  # what people do in the meantime is sent together
SENDING = 8  # batches on their way to the broker at the same time


def signers(run_dir: Path, units: Sequence[str], namespace: str, buckets: int) -> dict[str, Signer]:
    """Everybody who sends, by name, with the keys of the run folder."""
    names = [sender.name for sender in city_senders(units)]
    return {name: signer(run_dir, name, namespace, buckets) for name in names}


class City:
    """`see` is told of every new fact in topic order, before anybody acts on it."""

    def __init__(
        self,
        bus: Bus,
        senders: Mapping[str, Signer],
        namespace: str,
        buckets: int,
        people: People,
        see: Callable[[Seen], None],
    ) -> None:
        self._bus, self._senders, self._people, self._see = bus, senders, people, see
        self._topic, self._buckets = topic_of(namespace, TICKETS), buckets
        self._due: list[tuple[float, int, Act, str]] = []
        self._waits: set[tuple[str, str]] = set()
        self._numbered = 0
        self._outbox: list[Outgoing] = []
        self._sending: set[asyncio.Task[None]] = set()
        self.ready = asyncio.Event()

    async def run(self, back: int = 0) -> None:
        """Until cancelled, beginning `back` records before the end of each partition.

        Going back, people take up again what they were about to do. Raises BusUnavailable.
        """
        reader = await self._bus.reader(
            [(self._topic, p) for p in range(self._buckets)], from_end=True
        )
        try:
            ends = await reader.ends()
            for place, end in ends.items():
                reader.seek(place, max(0, end - back))
            self.ready.set()
            while True:
                await self._step(reader, ends)
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)
            await reader.stop()

    async def _step(self, reader: Reader, ends: Mapping[Place, int]) -> None:
        for record in await reader.fetch(POLL, 0.1):
            fact = _seen(record)
            if fact is not None:
                if record.offset >= ends[record.topic, record.partition]:
                    self._see(fact)
                self._take(fact)
        self._act(time.monotonic())
        await self._send()
        await asyncio.sleep(GATHER_S)

    def _take(self, fact: Seen) -> None:
        self._waits.discard((fact.ticket, fact.type))
        for act in follow(fact, self._people):
            command_id = act.command_id(fact)
            if act.delay_s:
                self._numbered += 1
                self._waits.add((act.ticket, act.done_by))
                due = time.monotonic() + act.delay_s
                heapq.heappush(self._due, (due, self._numbered, act, command_id))
            else:
                self._outbox.append(self._signed(act, command_id))

    def _act(self, now: float) -> None:
        """What has come due and was not done already, by these people or by somebody else."""
        while self._due and self._due[0][0] <= now:
            _, _, act, command_id = heapq.heappop(self._due)
            if (act.ticket, act.done_by) in self._waits:
                self._waits.discard((act.ticket, act.done_by))
                self._outbox.append(self._signed(act, command_id))

    def _signed(self, act: Act, command_id: str) -> Outgoing:
        sender = self._senders[act.sender]
        return sender.command(act.ticket, act.message, command_id, datetime.now(UTC))

    async def _send(self) -> None:
        """Without waiting for the broker; raises what an earlier sending failed with."""
        for task in [t for t in self._sending if t.done()]:
            self._sending.discard(task)
            task.result()
        if not self._outbox:
            return
        if len(self._sending) >= SENDING:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        records, self._outbox = self._outbox, []
        self._sending.add(asyncio.create_task(self._bus.publish(records)))


def _seen(record: Record) -> Seen | None:
    """None for a record that is no fact."""
    headers = dict(record.headers)
    try:
        return Seen(
            headers["ce_type"].decode().rpartition(".")[2],
            f"{headers['ce_source'].decode()}/{headers['ce_id'].decode()}",
            headers["ce_subject"].decode(),
            record.value or b"",
            "ce_importid" in headers,
        )
    except (KeyError, UnicodeDecodeError):
        return None
