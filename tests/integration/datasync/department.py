"""The twin of a department's endpoint."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

from services.datasync.adapters.sender import Answer
from services.datasync.adapters.webhook import Endpoint
from services.datasync.domain.webhook import secret_bytes

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
ENDPOINT = Endpoint("https://dot.example/hook", (secret_bytes(SECRET),), schedule_s=(10.0, 20.0))

Reply = Callable[[Sequence[dict[str, Any]]], Answer]


class Department:
    """The twin of a department's endpoint; `reply` decides what it answers to which entries."""

    def __init__(self, reply: Reply = lambda entries: Answer(200)) -> None:
        self.reply = reply
        self.entries: list[dict[str, Any]] = []
        self.calls: list[list[dict[str, Any]]] = []
        self.ids: list[str] = []
        self.open: list[set[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Answer:
        assert url == ENDPOINT.url
        sent = dict(headers)
        at = datetime.fromtimestamp(int(sent["webhook-timestamp"]), UTC)
        expected = Webhook(SECRET).sign(sent["webhook-id"], at, body.decode())
        assert sent["webhook-signature"] == expected
        entries = orjson.loads(body)["data"]["entries"]
        tickets = {e["ticket_id"] for e in entries}
        assert all(not tickets & others for others in self.open), "two in flight for one ticket"
        self.open.append(tickets)
        await self.gate.wait()
        self.open.remove(tickets)
        self.calls.append(entries)
        self.ids.append(sent["webhook-id"])
        answer = self.reply(entries)
        if answer.status == 200:
            self.entries += entries
        return answer


def unless(ticket: str, answer: Answer) -> Reply:
    return lambda entries: answer if any(e["ticket_id"] == ticket for e in entries) else Answer(200)
