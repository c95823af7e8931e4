import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DispatchTicket(_message.Message):
    __slots__ = ("to_unit", "co_handlers")
    TO_UNIT_FIELD_NUMBER: _ClassVar[int]
    CO_HANDLERS_FIELD_NUMBER: _ClassVar[int]
    to_unit: str
    co_handlers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, to_unit: _Optional[str] = ..., co_handlers: _Optional[_Iterable[str]] = ...) -> None: ...

class ConfirmDispatch(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RecordContact(_message.Message):
    __slots__ = ("note",)
    NOTE_FIELD_NUMBER: _ClassVar[int]
    note: str
    def __init__(self, note: _Optional[str] = ...) -> None: ...

class NoteProgress(_message.Message):
    __slots__ = ("note",)
    NOTE_FIELD_NUMBER: _ClassVar[int]
    note: str
    def __init__(self, note: _Optional[str] = ...) -> None: ...

class RequestReturn(_message.Message):
    __slots__ = ("reason", "suggested_unit")
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    suggested_unit: str
    def __init__(self, reason: _Optional[str] = ..., suggested_unit: _Optional[str] = ...) -> None: ...

class GrantReturn(_message.Message):
    __slots__ = ("to_unit",)
    TO_UNIT_FIELD_NUMBER: _ClassVar[int]
    to_unit: str
    def __init__(self, to_unit: _Optional[str] = ...) -> None: ...

class RefuseReturn(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ReplyTicket(_message.Message):
    __slots__ = ("is_true", "our_duty", "contacted", "solved", "why_not", "public_answer", "internal_note", "promised_by")
    IS_TRUE_FIELD_NUMBER: _ClassVar[int]
    OUR_DUTY_FIELD_NUMBER: _ClassVar[int]
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_ANSWER_FIELD_NUMBER: _ClassVar[int]
    INTERNAL_NOTE_FIELD_NUMBER: _ClassVar[int]
    PROMISED_BY_FIELD_NUMBER: _ClassVar[int]
    is_true: bool
    our_duty: bool
    contacted: bool
    solved: bool
    why_not: str
    public_answer: str
    internal_note: str
    promised_by: _timestamp_pb2.Timestamp
    def __init__(self, is_true: _Optional[bool] = ..., our_duty: _Optional[bool] = ..., contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., why_not: _Optional[str] = ..., public_answer: _Optional[str] = ..., internal_note: _Optional[str] = ..., promised_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SendBackReply(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ApproveReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OrderRedo(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ArchiveTicket(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...
