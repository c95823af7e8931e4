"""How much room the brokers have, as they say themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_TEXT, _TAGS = CompactString("utf-8"), ("tags", TaggedFields)


@dataclass(frozen=True, slots=True)
class Room:
    """Of one disk of one broker, in bytes."""

    broker: int
    total: int
    free: int


class BrokersTooOld(Exception):
    """They do not tell the room on their disks, as brokers do since Kafka 3.3 (KIP-827)."""


async def rooms(admin: AIOKafkaAdminClient, brokers: Iterable[int]) -> list[Room]:
    """Raises KafkaError, BrokersTooOld."""
    found = []
    for broker in brokers:
        try:
            answer = await admin._send_request_to_node(broker, _LogDirs())
        except (NotImplementedError, IncompatibleBrokerVersion) as error:  # aiokafka has both
            raise BrokersTooOld from error
        for code, _, _, total, free, _ in answer.results:
            if code or answer.error_code:
                raise for_code(code or answer.error_code)
            found.append(Room(broker, total, free))
        if answer.error_code:
            raise for_code(answer.error_code)
    return found


class _Answer(Response):
    API_KEY = 35
    API_VERSION = 4
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "results",
            CompactArray(
                ("error_code", Int16),
                ("log_dir", _TEXT),
                (
                    "topics",
                    CompactArray(
                        ("name", _TEXT),
                        (
                            "partitions",
                            CompactArray(
                                ("partition_index", Int32),
                                ("partition_size", Int64),
                                ("offset_lag", Int64),
                                ("is_future_key", Boolean),
                                _TAGS,
                            ),
                        ),
                        _TAGS,
                    ),
                ),
                ("total_bytes", Int64),
                ("usable_bytes", Int64),
                _TAGS,
            ),
        ),
        _TAGS,
    )


class _Question(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 35
    API_VERSION = 4
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic", _TEXT), ("partitions", CompactArray(Int32)), _TAGS),
        ),
        _TAGS,
    )


class _LogDirs(Request[_Question]):
    """aiokafka's own asks in a version that does not tell the room. Of no topic's share."""

    API_KEY = 35

    def build(self, struct: type[_Question]) -> _Question:
        return struct([], {})
