"""Topics go with the test that made them.

The tests' one broker has a small heap, and each partition keeps some twenty kilobytes of it: with
those of a thousand tests it would do nothing any more but look for room.
"""

from __future__ import annotations

from contextlib import suppress

from aiokafka.errors import KafkaError

from services.kernel.topics import admin_client


async def drop_topics(bootstrap: str, namespace: str) -> None:
    """All topics of the namespace; one that cannot be dropped harms no later test."""
    admin = admin_client(bootstrap, {})
    with suppress(KafkaError):
        await admin.start()
        if mine := [t for t in await admin.list_topics() if t.startswith(f"{namespace}.")]:
            await admin.delete_topics(mine, timeout_ms=20_000)
    await admin.close()
