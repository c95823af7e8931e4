from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
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

class UrgeTicket(_message.Message):
    __slots__ = ("from_citizen", "reason")
    FROM_CITIZEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    from_citizen: bool
    reason: str
    def __init__(self, from_citizen: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class AnswerUrge(_message.Message):
    __slots__ = ("answer",)
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    answer: str
    def __init__(self, answer: _Optional[str] = ...) -> None: ...

class OpenSupervision(_message.Message):
    __slots__ = ("reason", "units")
    REASON_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    units: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reason: _Optional[str] = ..., units: _Optional[_Iterable[str]] = ...) -> None: ...

class IssueSupervision(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: str
    def __init__(self, document: _Optional[str] = ...) -> None: ...

class AnswerSupervision(_message.Message):
    __slots__ = ("feedback",)
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    feedback: str
    def __init__(self, feedback: _Optional[str] = ...) -> None: ...

class ReturnSupervision(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class RaiseSupervision(_message.Message):
    __slots__ = ("level", "reason")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    level: str
    reason: str
    def __init__(self, level: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CloseSupervision(_message.Message):
    __slots__ = ("conclusion",)
    CONCLUSION_FIELD_NUMBER: _ClassVar[int]
    conclusion: str
    def __init__(self, conclusion: _Optional[str] = ...) -> None: ...

class NotifyBureau(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class DisputeMiss(_message.Message):
    __slots__ = ("clock", "reason", "run")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    clock: str
    reason: str
    run: int
    def __init__(self, clock: _Optional[str] = ..., reason: _Optional[str] = ..., run: _Optional[int] = ...) -> None: ...

class RuleDispute(_message.Message):
    __slots__ = ("clock", "excused", "reason", "run")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    EXCUSED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    clock: str
    excused: bool
    reason: str
    run: int
    def __init__(self, clock: _Optional[str] = ..., excused: _Optional[bool] = ..., reason: _Optional[str] = ..., run: _Optional[int] = ...) -> None: ...
