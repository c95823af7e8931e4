import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DispatchQueued(_message.Message):
    __slots__ = ("category", "area", "reason", "accepted_at", "about_unit")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    ABOUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    category: str
    area: str
    reason: str
    accepted_at: _timestamp_pb2.Timestamp
    about_unit: str
    def __init__(self, category: _Optional[str] = ..., area: _Optional[str] = ..., reason: _Optional[str] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., about_unit: _Optional[str] = ...) -> None: ...

class TicketDispatched(_message.Message):
    __slots__ = ("unit", "co_handlers", "level", "category", "area", "basis", "directory_version", "round", "forced", "about_unit", "directory_hint")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CO_HANDLERS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_VERSION_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    FORCED_FIELD_NUMBER: _ClassVar[int]
    ABOUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_HINT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    co_handlers: _containers.RepeatedScalarFieldContainer[str]
    level: str
    category: str
    area: str
    basis: str
    directory_version: str
    round: int
    forced: bool
    about_unit: str
    directory_hint: str
    def __init__(self, unit: _Optional[str] = ..., co_handlers: _Optional[_Iterable[str]] = ..., level: _Optional[str] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., basis: _Optional[str] = ..., directory_version: _Optional[str] = ..., round: _Optional[int] = ..., forced: _Optional[bool] = ..., about_unit: _Optional[str] = ..., directory_hint: _Optional[str] = ...) -> None: ...

class TicketRefiled(_message.Message):
    __slots__ = ("category", "old_category")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    OLD_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    category: str
    old_category: str
    def __init__(self, category: _Optional[str] = ..., old_category: _Optional[str] = ...) -> None: ...

class DispatchConfirmed(_message.Message):
    __slots__ = ("unit",)
    UNIT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    def __init__(self, unit: _Optional[str] = ...) -> None: ...

class ReturnRequested(_message.Message):
    __slots__ = ("unit", "reason", "suggested_unit", "number")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: str
    suggested_unit: str
    number: int
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[str] = ..., suggested_unit: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class ReturnGranted(_message.Message):
    __slots__ = ("unit", "next_unit", "number")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NEXT_UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    next_unit: str
    number: int
    def __init__(self, unit: _Optional[str] = ..., next_unit: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class ReturnRefused(_message.Message):
    __slots__ = ("unit", "reason", "number")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: str
    number: int
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class ReturnWindowEnded(_message.Message):
    __slots__ = ("unit",)
    UNIT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    def __init__(self, unit: _Optional[str] = ...) -> None: ...

class CitizenContacted(_message.Message):
    __slots__ = ("unit", "note")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    unit: str
    note: str
    def __init__(self, unit: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ProgressNoted(_message.Message):
    __slots__ = ("unit", "note")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    unit: str
    note: str
    def __init__(self, unit: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class TicketReplied(_message.Message):
    __slots__ = ("unit", "is_true", "our_duty", "contacted", "solved", "why_not", "public_answer", "internal_note", "promised_by")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    IS_TRUE_FIELD_NUMBER: _ClassVar[int]
    OUR_DUTY_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_ANSWER_FIELD_NUMBER: _ClassVar[int]
    INTERNAL_NOTE_FIELD_NUMBER: _ClassVar[int]
    PROMISED_BY_FIELD_NUMBER: _ClassVar[int]
    unit: str
    is_true: bool
    our_duty: bool
    contacted: bool
    solved: bool
    why_not: str
    public_answer: str
    internal_note: str
    promised_by: _timestamp_pb2.Timestamp
    def __init__(self, unit: _Optional[str] = ..., is_true: _Optional[bool] = ..., our_duty: _Optional[bool] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., why_not: _Optional[str] = ..., public_answer: _Optional[str] = ..., internal_note: _Optional[str] = ..., promised_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReplySentBack(_message.Message):
    __slots__ = ("unit", "reason")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: str
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ReplyApproved(_message.Message):
    __slots__ = ("unit", "replied_at")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REPLIED_AT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    replied_at: _timestamp_pb2.Timestamp
    def __init__(self, unit: _Optional[str] = ..., replied_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TicketCompleted(_message.Message):
    __slots__ = ("unit", "solved", "category", "area", "level", "round")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    unit: str
    solved: bool
    category: str
    area: str
    level: str
    round: int
    def __init__(self, unit: _Optional[str] = ..., solved: _Optional[bool] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., level: _Optional[str] = ..., round: _Optional[int] = ...) -> None: ...

class RedoOrdered(_message.Message):
    __slots__ = ("unit", "reason", "number")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: str
    number: int
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class TicketArchived(_message.Message):
    __slots__ = ("unit", "reason", "withdrawn_at")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: str
    withdrawn_at: _timestamp_pb2.Timestamp
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[str] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
