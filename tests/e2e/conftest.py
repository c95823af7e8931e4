"""All five services as processes of their own, for the tests that call them from outside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotline.cli.cities import units
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import Services, services
from hotline.dev.stack import StackInfo
from services.kernel.tokens import dev_token
from tests.support.stack import new_namespace

CITY = "sample"


@dataclass(frozen=True)
class Town:
    """Where the services are; `token` is of a role, for a unit where it has one."""

    info: StackInfo
    namespace: str
    run_dir: Path
    running: Services

    def token(self, role: str, unit: str | None = None) -> str:
        return dev_token(role, unit or role, unit, run_dir=self.run_dir)


@pytest.fixture(scope="package")
def town(stack: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Started once, in a loop and a thread of their own, whatever the tests' loops do."""
    run_dir, namespace = tmp_path_factory.mktemp("town"), new_namespace()
    make_senders(run_dir, city_senders(units(CITY)))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    @asynccontextmanager
    async def up() -> AsyncIterator[Town]:
        env = {"HOTLINE_LOG": "warning"}
        async with services(
            stack, namespace, run_dir=run_dir, city=CITY, env=env, say=lambda _: None
        ) as running:
            yield Town(stack, namespace, run_dir, running)

    block = up()
    made = asyncio.run_coroutine_threadsafe(block.__aenter__(), loop).result(120)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(block.__aexit__(None, None, None), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
