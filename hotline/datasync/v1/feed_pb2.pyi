import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeedEntry(_message.Message):
    __slots__ = ("subscription", "bucket", "sequence", "event_id", "type", "ticket_id", "time", "digest", "rule_version", "chain", "data")
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TICKET_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    subscription: str
    bucket: int
    sequence: int
    event_id: str
    type: str
    ticket_id: str
    time: _timestamp_pb2.Timestamp
    digest: bytes
    rule_version: str
    chain: bytes
    data: bytes
    def __init__(self, subscription: _Optional[str] = ..., bucket: _Optional[int] = ..., sequence: _Optional[int] = ..., event_id: _Optional[str] = ..., type: _Optional[str] = ..., ticket_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., digest: _Optional[bytes] = ..., rule_version: _Optional[str] = ..., chain: _Optional[bytes] = ..., data: _Optional[bytes] = ...) -> None: ...
