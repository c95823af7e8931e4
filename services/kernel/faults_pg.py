"""Which errors of PostgreSQL and its driver mean: try again, and which are the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from services.kernel.store import BucketForked, NotHealed, StoreUnavailable

_FAULTS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a backend that ended while its connection was being used again
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidTransactionStateError,  # paused for too long, or a standby
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # a lock not given, a fact ahead of the clock
)

_OURS = {"HL001": NotHealed, "HL002": BucketForked}  # what 004_healing.sql raises


@contextmanager
def store_faults() -> Iterator[None]:
    """Raises StoreUnavailable for what may work the next time; the rest is a defect."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate in _OURS:
            raise _OURS[error.sqlstate](str(error)) from error
        if isinstance(error, _FAULTS):
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        raise
    except _FAULTS as error:
        if isinstance(error, ValueError):  # asyncpg's DataError: the value fits no column
            raise
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
