import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Watermark(_message.Message):
    __slots__ = ("source", "buckets")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    source: str
    buckets: _containers.RepeatedCompositeFieldContainer[BucketWatermark]
    def __init__(self, source: _Optional[str] = ..., buckets: _Optional[_Iterable[_Union[BucketWatermark, _Mapping]]] = ...) -> None: ...

class BucketWatermark(_message.Message):
    __slots__ = ("bucket", "position", "complete_until")
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    bucket: int
    position: int
    complete_until: _timestamp_pb2.Timestamp
    def __init__(self, bucket: _Optional[int] = ..., position: _Optional[int] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
