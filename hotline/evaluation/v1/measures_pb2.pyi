import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Measure(_message.Message):
    __slots__ = ("id", "unit", "category", "area", "at", "contacted", "solved", "satisfied", "on_time", "weight", "kind", "bucket", "position", "confirmed_on_time", "visited", "released", "promise_missed")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Measure.Kind]
        KIND_SCORE: _ClassVar[Measure.Kind]
        KIND_ACCEPTED: _ClassVar[Measure.Kind]
    KIND_UNSPECIFIED: Measure.Kind
    KIND_SCORE: Measure.Kind
    KIND_ACCEPTED: Measure.Kind
    ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_ON_TIME_FIELD_NUMBER: _ClassVar[int]
    VISITED_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    PROMISE_MISSED_FIELD_NUMBER: _ClassVar[int]
    id: str
    unit: str
    category: str
    area: str
    at: _timestamp_pb2.Timestamp
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    weight: int
    kind: Measure.Kind
    bucket: int
    position: int
    confirmed_on_time: bool
    visited: bool
    released: bool
    promise_missed: bool
    def __init__(self, id: _Optional[str] = ..., unit: _Optional[str] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., satisfied: _Optional[bool] = ..., on_time: _Optional[bool] = ..., weight: _Optional[int] = ..., kind: _Optional[_Union[Measure.Kind, str]] = ..., bucket: _Optional[int] = ..., position: _Optional[int] = ..., confirmed_on_time: _Optional[bool] = ..., visited: _Optional[bool] = ..., released: _Optional[bool] = ..., promise_missed: _Optional[bool] = ...) -> None: ...

class Windows(_message.Message):
    __slots__ = ("counted", "hours", "days", "unit", "category", "area", "released")
    class CountedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    counted: _containers.ScalarMap[int, int]
    hours: _containers.RepeatedCompositeFieldContainer[Window]
    days: _containers.RepeatedCompositeFieldContainer[Window]
    unit: str
    category: str
    area: str
    released: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, counted: _Optional[_Mapping[int, int]] = ..., hours: _Optional[_Iterable[_Union[Window, _Mapping]]] = ..., days: _Optional[_Iterable[_Union[Window, _Mapping]]] = ..., unit: _Optional[str] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., released: _Optional[_Iterable[str]] = ...) -> None: ...

class Window(_message.Message):
    __slots__ = ("start", "entries", "visited", "contacted", "solved", "satisfied", "on_time", "confirmed_on_time", "promise_missed")
    START_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    VISITED_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_ON_TIME_FIELD_NUMBER: _ClassVar[int]
    PROMISE_MISSED_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    entries: int
    visited: int
    contacted: int
    solved: int
    satisfied: int
    on_time: int
    confirmed_on_time: int
    promise_missed: int
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., entries: _Optional[int] = ..., visited: _Optional[int] = ..., contacted: _Optional[int] = ..., solved: _Optional[int] = ..., satisfied: _Optional[int] = ..., on_time: _Optional[int] = ..., confirmed_on_time: _Optional[int] = ..., promise_missed: _Optional[int] = ...) -> None: ...
