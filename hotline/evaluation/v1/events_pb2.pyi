import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VisitScheduled(_message.Message):
    __slots__ = ("unit", "round", "category", "area", "level", "completed_at")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    round: int
    category: str
    area: str
    level: str
    completed_at: _timestamp_pb2.Timestamp
    def __init__(self, unit: _Optional[str] = ..., round: _Optional[int] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., level: _Optional[str] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VisitAttempted(_message.Message):
    __slots__ = ("round", "attempt", "reason")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    round: int
    attempt: int
    reason: str
    def __init__(self, round: _Optional[int] = ..., attempt: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class VisitCompleted(_message.Message):
    __slots__ = ("unit", "round", "contacted", "solved", "satisfied", "generated", "exhausted")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    GENERATED_FIELD_NUMBER: _ClassVar[int]
    EXHAUSTED_FIELD_NUMBER: _ClassVar[int]
    unit: str
    round: int
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool
    exhausted: bool
    def __init__(self, unit: _Optional[str] = ..., round: _Optional[int] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., satisfied: _Optional[bool] = ..., generated: _Optional[bool] = ..., exhausted: _Optional[bool] = ...) -> None: ...

class ScoreBooked(_message.Message):
    __slots__ = ("entry", "unit", "category", "area", "level", "contacted", "solved", "satisfied", "on_time", "confirmed_on_time", "visited", "formula", "visited_at", "promise_missed")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_ON_TIME_FIELD_NUMBER: _ClassVar[int]
    VISITED_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    VISITED_AT_FIELD_NUMBER: _ClassVar[int]
    PROMISE_MISSED_FIELD_NUMBER: _ClassVar[int]
    entry: int
    unit: str
    category: str
    area: str
    level: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    visited: bool
    formula: str
    visited_at: _timestamp_pb2.Timestamp
    promise_missed: bool
    def __init__(self, entry: _Optional[int] = ..., unit: _Optional[str] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., level: _Optional[str] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., satisfied: _Optional[bool] = ..., on_time: _Optional[bool] = ..., confirmed_on_time: _Optional[bool] = ..., visited: _Optional[bool] = ..., formula: _Optional[str] = ..., visited_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., promise_missed: _Optional[bool] = ...) -> None: ...

class ScoreTakenBack(_message.Message):
    __slots__ = ("entry", "unit", "reason", "category", "area", "level", "contacted", "solved", "satisfied", "on_time", "confirmed_on_time", "visited", "formula", "visited_at", "promise_missed")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_ON_TIME_FIELD_NUMBER: _ClassVar[int]
    VISITED_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    VISITED_AT_FIELD_NUMBER: _ClassVar[int]
    PROMISE_MISSED_FIELD_NUMBER: _ClassVar[int]
    entry: int
    unit: str
    reason: str
    category: str
    area: str
    level: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    visited: bool
    formula: str
    visited_at: _timestamp_pb2.Timestamp
    promise_missed: bool
    def __init__(self, entry: _Optional[int] = ..., unit: _Optional[str] = ..., reason: _Optional[str] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., level: _Optional[str] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., satisfied: _Optional[bool] = ..., on_time: _Optional[bool] = ..., confirmed_on_time: _Optional[bool] = ..., visited: _Optional[bool] = ..., formula: _Optional[str] = ..., visited_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., promise_missed: _Optional[bool] = ...) -> None: ...

class MissNoted(_message.Message):
    __slots__ = ("clock", "run", "unit")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ...) -> None: ...

class MissCleared(_message.Message):
    __slots__ = ("clock", "run", "unit")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ...) -> None: ...

class MissExcused(_message.Message):
    __slots__ = ("clock", "run", "unit", "reason", "by")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    reason: str
    by: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...
