import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClockStarted(_message.Message):
    __slots__ = ("clock", "run", "unit", "started_at", "due_at", "provisional", "policy", "calendar", "start_event", "basis", "stated_due_at", "kind", "urgency", "category", "length", "imported", "warn_at", "warn_mark", "level", "statutory_days", "limit_days", "start_type")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    START_EVENT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    STATED_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    STATUTORY_DAYS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_DAYS_FIELD_NUMBER: _ClassVar[int]
    START_TYPE_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    started_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    provisional: bool
    policy: str
    calendar: str
    start_event: str
    basis: str
    stated_due_at: _timestamp_pb2.Timestamp
    kind: str
    urgency: str
    category: str
    length: str
    imported: bool
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    level: str
    statutory_days: int
    limit_days: int
    start_type: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provisional: _Optional[bool] = ..., policy: _Optional[str] = ..., calendar: _Optional[str] = ..., start_event: _Optional[str] = ..., basis: _Optional[str] = ..., stated_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ..., urgency: _Optional[str] = ..., category: _Optional[str] = ..., length: _Optional[str] = ..., imported: _Optional[bool] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ..., level: _Optional[str] = ..., statutory_days: _Optional[int] = ..., limit_days: _Optional[int] = ..., start_type: _Optional[str] = ...) -> None: ...

class ClockWarned(_message.Message):
    __slots__ = ("clock", "run", "unit", "mark", "due_at", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    mark: str
    due_at: _timestamp_pb2.Timestamp
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., mark: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class ClockPaused(_message.Message):
    __slots__ = ("clock", "run", "reason", "paused_at")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PAUSED_AT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    reason: str
    paused_at: _timestamp_pb2.Timestamp
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., reason: _Optional[str] = ..., paused_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClockResumed(_message.Message):
    __slots__ = ("clock", "run", "resumed_at", "due_at", "provisional", "ladder_at", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    RESUMED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    LADDER_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    resumed_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    provisional: bool
    ladder_at: _timestamp_pb2.Timestamp
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., resumed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provisional: _Optional[bool] = ..., ladder_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class ClockStopped(_message.Message):
    __slots__ = ("clock", "run", "unit", "stopped_at", "in_time", "end_type", "end_event")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    STOPPED_AT_FIELD_NUMBER: _ClassVar[int]
    IN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TYPE_FIELD_NUMBER: _ClassVar[int]
    END_EVENT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    stopped_at: _timestamp_pb2.Timestamp
    in_time: bool
    end_type: str
    end_event: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., stopped_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., in_time: _Optional[bool] = ..., end_type: _Optional[str] = ..., end_event: _Optional[str] = ...) -> None: ...

class DeadlineMissed(_message.Message):
    __slots__ = ("clock", "run", "unit", "due_at", "hotline_silent", "ladder_at")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    HOTLINE_SILENT_FIELD_NUMBER: _ClassVar[int]
    LADDER_AT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    hotline_silent: bool
    ladder_at: _timestamp_pb2.Timestamp
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., hotline_silent: _Optional[bool] = ..., ladder_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MissWithdrawn(_message.Message):
    __slots__ = ("clock", "run", "unit", "due_at", "stopped_at")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    STOPPED_AT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    stopped_at: _timestamp_pb2.Timestamp
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stopped_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReturnWindowClosed(_message.Message):
    __slots__ = ("run", "unit", "due_at")
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    def __init__(self, run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExtensionAsked(_message.Message):
    __slots__ = ("clock", "run", "unit", "working_days", "reason", "document", "due_at", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    document: str
    due_at: _timestamp_pb2.Timestamp
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., working_days: _Optional[int] = ..., reason: _Optional[str] = ..., document: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class HotlineAlarmed(_message.Message):
    __slots__ = ("clock", "run", "unit", "working_days", "due_at", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    working_days: _containers.RepeatedScalarFieldContainer[int]
    due_at: _timestamp_pb2.Timestamp
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., working_days: _Optional[_Iterable[int]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class ExtensionGranted(_message.Message):
    __slots__ = ("clock", "run", "unit", "working_days", "due_at", "provisional", "by", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    working_days: int
    due_at: _timestamp_pb2.Timestamp
    provisional: bool
    by: str
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., working_days: _Optional[int] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provisional: _Optional[bool] = ..., by: _Optional[str] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class ExtensionRefused(_message.Message):
    __slots__ = ("clock", "run", "unit", "working_days", "reason", "by", "by_silence", "due_at", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    BY_SILENCE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    by: str
    by_silence: bool
    due_at: _timestamp_pb2.Timestamp
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., working_days: _Optional[int] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ..., by_silence: _Optional[bool] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class LimitSet(_message.Message):
    __slots__ = ("clock", "run", "unit", "length", "special", "document", "due_at", "provisional", "by", "warn_at", "warn_mark")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    length: str
    special: bool
    document: str
    due_at: _timestamp_pb2.Timestamp
    provisional: bool
    by: str
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., length: _Optional[str] = ..., special: _Optional[bool] = ..., document: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provisional: _Optional[bool] = ..., by: _Optional[str] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ...) -> None: ...

class UnitReminded(_message.Message):
    __slots__ = ("clock", "run", "unit", "due_at", "next_at")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    next_at: _timestamp_pb2.Timestamp
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnitUrged(_message.Message):
    __slots__ = ("clock", "run", "unit", "due_at", "next_at")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    next_at: _timestamp_pb2.Timestamp
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BureauNotified(_message.Message):
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

class TicketUrged(_message.Message):
    __slots__ = ("number", "unit", "from_citizen", "reason", "by", "asked_event", "asked_at")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    FROM_CITIZEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    ASKED_EVENT_FIELD_NUMBER: _ClassVar[int]
    ASKED_AT_FIELD_NUMBER: _ClassVar[int]
    number: int
    unit: str
    from_citizen: bool
    reason: str
    by: str
    asked_event: str
    asked_at: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., unit: _Optional[str] = ..., from_citizen: _Optional[bool] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ..., asked_event: _Optional[str] = ..., asked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UrgeAnswered(_message.Message):
    __slots__ = ("number", "unit", "answer")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    number: int
    unit: str
    answer: str
    def __init__(self, number: _Optional[int] = ..., unit: _Optional[str] = ..., answer: _Optional[str] = ...) -> None: ...

class SupervisionOpened(_message.Message):
    __slots__ = ("number", "units", "reason", "clock", "run", "next_at", "by")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    number: int
    units: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    clock: str
    run: int
    next_at: _timestamp_pb2.Timestamp
    by: str
    def __init__(self, number: _Optional[int] = ..., units: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., clock: _Optional[str] = ..., run: _Optional[int] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by: _Optional[str] = ...) -> None: ...

class SupervisionIssued(_message.Message):
    __slots__ = ("number", "document", "by")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    number: int
    document: str
    by: str
    def __init__(self, number: _Optional[int] = ..., document: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class SupervisionAnswered(_message.Message):
    __slots__ = ("number", "unit", "feedback")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    number: int
    unit: str
    feedback: str
    def __init__(self, number: _Optional[int] = ..., unit: _Optional[str] = ..., feedback: _Optional[str] = ...) -> None: ...

class SupervisionReturned(_message.Message):
    __slots__ = ("number", "reason", "by")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    number: int
    reason: str
    by: str
    def __init__(self, number: _Optional[int] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class SupervisionRaised(_message.Message):
    __slots__ = ("number", "level", "reason", "by")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    number: int
    level: str
    reason: str
    by: str
    def __init__(self, number: _Optional[int] = ..., level: _Optional[str] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class SupervisionClosed(_message.Message):
    __slots__ = ("number", "conclusion", "by")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONCLUSION_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    number: int
    conclusion: str
    by: str
    def __init__(self, number: _Optional[int] = ..., conclusion: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class MissDisputed(_message.Message):
    __slots__ = ("clock", "run", "unit", "reason")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    reason: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DisputeRuled(_message.Message):
    __slots__ = ("clock", "run", "unit", "excused", "reason", "by")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    EXCUSED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    excused: bool
    reason: str
    by: str
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., excused: _Optional[bool] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class MatterChanged(_message.Message):
    __slots__ = ("kind", "urgency", "category", "statutory_days", "corrected_at")
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    STATUTORY_DAYS_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_AT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    urgency: str
    category: str
    statutory_days: int
    corrected_at: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[str] = ..., urgency: _Optional[str] = ..., category: _Optional[str] = ..., statutory_days: _Optional[int] = ..., corrected_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MatterWithdrawn(_message.Message):
    __slots__ = ("withdrawn_at", "end_event")
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    END_EVENT_FIELD_NUMBER: _ClassVar[int]
    withdrawn_at: _timestamp_pb2.Timestamp
    end_event: str
    def __init__(self, withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_event: _Optional[str] = ...) -> None: ...

class ClockReplanned(_message.Message):
    __slots__ = ("clock", "run", "unit", "due_at", "provisional", "calendar", "old_due_at", "by", "warn_at", "warn_mark", "length", "policy", "corrected_at", "limit_days")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    OLD_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    WARN_AT_FIELD_NUMBER: _ClassVar[int]
    WARN_MARK_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_AT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_DAYS_FIELD_NUMBER: _ClassVar[int]
    clock: str
    run: int
    unit: str
    due_at: _timestamp_pb2.Timestamp
    provisional: bool
    calendar: str
    old_due_at: _timestamp_pb2.Timestamp
    by: str
    warn_at: _timestamp_pb2.Timestamp
    warn_mark: str
    length: str
    policy: str
    corrected_at: _timestamp_pb2.Timestamp
    limit_days: int
    def __init__(self, clock: _Optional[str] = ..., run: _Optional[int] = ..., unit: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provisional: _Optional[bool] = ..., calendar: _Optional[str] = ..., old_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by: _Optional[str] = ..., warn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warn_mark: _Optional[str] = ..., length: _Optional[str] = ..., policy: _Optional[str] = ..., corrected_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit_days: _Optional[int] = ...) -> None: ...
