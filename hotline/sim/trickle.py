"""A channel through which new matters trickle in over HTTP, at random, so many per second."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime

import httpx

from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.sim.matters import as_json


class ChannelRefused(Exception):
    """Intake does not take what it should take: the text says what it answered."""


async def trickle(
    intake_url: str, token: str, matters: Iterator[SubmitMatter], rate: float
) -> None:
    """Until cancelled. A service that is busy or away gets the same matter again, as it may.

    Raises ChannelRefused.
    """
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=intake_url, headers=headers, timeout=10.0) as http:
        while True:
            await asyncio.sleep(random.expovariate(rate))
            await _post(http, next(matters))


async def _post(http: httpx.AsyncClient, matter: SubmitMatter) -> None:
    while True:
        try:
            answer = await http.post(
                "/v1/tickets",
                json=as_json(matter),
                headers={"Idempotency-Key": matter.external_id},
            )
        except httpx.TransportError:
            await asyncio.sleep(1.0)
            continue
        if answer.status_code == 503:
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
            continue
        if answer.status_code >= 400:
            raise ChannelRefused(f"{answer.status_code} {answer.text[:300]}")
        return


def name_of_run(now: datetime) -> str:
    """Begins the external ids of a run's matters, so that no two runs share one."""
    return f"sim-{now:%Y%m%d%H%M%S}"
