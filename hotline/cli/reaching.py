"""Runs what asks store and brokers; what does not answer is one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg
import click
from aiokafka.errors import KafkaError

from services.kernel.topics import TopicsWrong

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What it gives. Raises ClickException."""
    try:
        return asyncio.run(work)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        raise click.ClickException(
            "No city is installed there: call `hotline migrate` first."
        ) from None
    except TopicsWrong as wrong:
        raise click.ClickException(f"{wrong}.") from None
    except KafkaError as error:
        raise click.ClickException(f"The brokers did not answer: {error!r}.") from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise click.ClickException(f"The store did not answer: {error}.") from None
