"""Names of schemas, topics and groups; a namespace is a city of its own on the same broker."""

from __future__ import annotations

import re
from functools import lru_cache
from struct import unpack_from

from hotline import __version__

TICKETS = "hotline.tickets.v1"
COMMANDS = "hotline.commands.v1"
SUBMISSIONS = "hotline.submissions.v1"
REGISTRY = "hotline.registry.v1"
WATERMARKS = "hotline.watermarks.v1"
MEASURES = "hotline.measures.v1"
PARKED = "hotline.parked.v1"


def schema_of(namespace: str, service: str) -> str:
    """The schema of a service, which a rebuild may drop."""
    return f"{namespace}_{service}" if namespace else service


def vault_of(namespace: str, service: str) -> str:
    """The schema that no rebuild drops."""
    return f"{schema_of(namespace, service)}_vault"


def topic_of(namespace: str, name: str) -> str:
    """A topic's or group's name within the namespace."""
    return f"{namespace}.{name}" if namespace else name


def replies_of(sender: str) -> str:
    """Where the outcomes of a sender's Kafka commands go."""
    return f"hotline.replies.{sender}.v1"


def department_of(department: str) -> str:
    """A department's own topic."""
    return f"hotline.department.{department.lower()}.v1"


def client_of(service: str, instance: str) -> str:
    """What a process calls itself at the brokers, with its release: `dispatch-0@0.1.0`."""
    return f"{service}-{instance}@{__version__}"


def release_of(client: str) -> tuple[str, str]:
    """The process and its release; empty of a release that did not say so yet."""
    process, at, release = client.rpartition("@")
    return (process, release) if at else (client, "")


_TICKET = re.compile(r"[A-Za-z0-9_.-]{3,64}")


def is_ticket(text: str) -> bool:
    """Whether it has the form of a ticket id, in which `routes.TICKET` takes it too."""
    return _TICKET.fullmatch(text) is not None


_SEED, _M, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Kafka's own hash of a key (DefaultPartitioner), unsigned 32 bits."""
    length = len(data)
    h = _SEED ^ length
    for k in unpack_from(f"<{length >> 2}I", data):
        k = (k * _M) & _MASK
        h = ((h * _M) ^ ((k ^ (k >> 24)) * _M)) & _MASK
    rest = data[length & ~3 :]
    if rest:
        h = ((h ^ int.from_bytes(rest, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


def full_position(service: str, bucket: int, position: int) -> str:
    """A fact's place in the log, as `Hotline-Position` and answers have it."""
    return f"{service}/{bucket}/{position}"


@lru_cache(maxsize=20_000)
def bucket_of(ticket: str, buckets: int) -> int:
    """The ticket's bucket = its partition on every ticket topic."""
    return (murmur2(ticket.encode()) & 0x7FFFFFFF) % buckets


def stream_in(bucket: int, name: str, buckets: int) -> str:
    """A stream name beginning with `name` that belongs to the bucket."""
    candidates = (f"{name}-{n}" for n in range(1_000_000))
    return next(c for c in candidates if bucket_of(c, buckets) == bucket)
