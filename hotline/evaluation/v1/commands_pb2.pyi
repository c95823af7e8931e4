from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RecordVisit(_message.Message):
    __slots__ = ("contacted", "solved", "satisfied", "generated")
    CONTACTED_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    GENERATED_FIELD_NUMBER: _ClassVar[int]
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool
    def __init__(self, contacted: _Optional[bool] = ..., solved: _Optional[bool] = ..., satisfied: _Optional[bool] = ..., generated: _Optional[bool] = ...) -> None: ...

class RecordVisitAttempt(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...
