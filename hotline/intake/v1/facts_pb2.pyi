from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class KnownFacts(_message.Message):
    __slots__ = ("emergency_line", "emergency_ongoing", "organ", "duty", "legal_procedure", "legal_status", "secrecy", "discipline", "content", "consumer_mediation", "about_unit", "about_conduct", "duty_unit", "sub_centre", "missing", "kb_answer", "other_ground")
    EMERGENCY_LINE_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_ONGOING_FIELD_NUMBER: _ClassVar[int]
    ORGAN_FIELD_NUMBER: _ClassVar[int]
    DUTY_FIELD_NUMBER: _ClassVar[int]
    LEGAL_PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    SECRECY_FIELD_NUMBER: _ClassVar[int]
    DISCIPLINE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_MEDIATION_FIELD_NUMBER: _ClassVar[int]
    ABOUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    ABOUT_CONDUCT_FIELD_NUMBER: _ClassVar[int]
    DUTY_UNIT_FIELD_NUMBER: _ClassVar[int]
    SUB_CENTRE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    KB_ANSWER_FIELD_NUMBER: _ClassVar[int]
    OTHER_GROUND_FIELD_NUMBER: _ClassVar[int]
    emergency_line: str
    emergency_ongoing: bool
    organ: str
    duty: str
    legal_procedure: str
    legal_status: str
    secrecy: str
    discipline: bool
    content: str
    consumer_mediation: str
    about_unit: str
    about_conduct: bool
    duty_unit: str
    sub_centre: str
    missing: _containers.RepeatedScalarFieldContainer[str]
    kb_answer: str
    other_ground: str
    def __init__(self, emergency_line: _Optional[str] = ..., emergency_ongoing: _Optional[bool] = ..., organ: _Optional[str] = ..., duty: _Optional[str] = ..., legal_procedure: _Optional[str] = ..., legal_status: _Optional[str] = ..., secrecy: _Optional[str] = ..., discipline: _Optional[bool] = ..., content: _Optional[str] = ..., consumer_mediation: _Optional[str] = ..., about_unit: _Optional[str] = ..., about_conduct: _Optional[bool] = ..., duty_unit: _Optional[str] = ..., sub_centre: _Optional[str] = ..., missing: _Optional[_Iterable[str]] = ..., kb_answer: _Optional[str] = ..., other_ground: _Optional[str] = ...) -> None: ...
