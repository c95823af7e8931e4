from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RequestExtension(_message.Message):
    __slots__ = ("clock", "working_days", "reason", "document")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    working_days: int
    reason: str
    document: str
    def __init__(self, clock: _Optional[str] = ..., working_days: _Optional[int] = ..., reason: _Optional[str] = ..., document: _Optional[str] = ...) -> None: ...

class GrantExtension(_message.Message):
    __slots__ = ("clock", "working_days")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    clock: str
    working_days: int
    def __init__(self, clock: _Optional[str] = ..., working_days: _Optional[int] = ...) -> None: ...

class RefuseExtension(_message.Message):
    __slots__ = ("clock", "reason")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    clock: str
    reason: str
    def __init__(self, clock: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PauseClocks(_message.Message):
    __slots__ = ("clock", "reason")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    clock: str
    reason: str
    def __init__(self, clock: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResumeClocks(_message.Message):
    __slots__ = ("clock",)
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    clock: str
    def __init__(self, clock: _Optional[str] = ...) -> None: ...

class SetLimit(_message.Message):
    __slots__ = ("clock", "working_days", "calendar_days", "hours", "special", "written_application", "document")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    WORKING_DAYS_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_DAYS_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_APPLICATION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    clock: str
    working_days: int
    calendar_days: int
    hours: int
    special: bool
    written_application: bool
    document: str
    def __init__(self, clock: _Optional[str] = ..., working_days: _Optional[int] = ..., calendar_days: _Optional[int] = ..., hours: _Optional[int] = ..., special: _Optional[bool] = ..., written_application: _Optional[bool] = ..., document: _Optional[str] = ...) -> None: ...
