import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.intake.v1 import events_pb2 as _events_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MatterFacts(_message.Message):
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

class SubmitMatter(_message.Message):
    __slots__ = ("channel", "external_id", "kind", "urgency", "category", "area", "title", "description", "contact", "address", "latitude", "longitude", "called_number", "facts", "stated_due_at", "confidential", "transferred_by", "transferred_at", "new_circumstance", "call", "handed_over_by", "handover_reference")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    STATED_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENTIAL_FIELD_NUMBER: _ClassVar[int]
    TRANSFERRED_BY_FIELD_NUMBER: _ClassVar[int]
    TRANSFERRED_AT_FIELD_NUMBER: _ClassVar[int]
    NEW_CIRCUMSTANCE_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    HANDED_OVER_BY_FIELD_NUMBER: _ClassVar[int]
    HANDOVER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    channel: str
    external_id: str
    kind: _events_pb2.Kind
    urgency: _events_pb2.Urgency
    category: str
    area: str
    title: str
    description: str
    contact: str
    address: str
    latitude: float
    longitude: float
    called_number: str
    facts: MatterFacts
    stated_due_at: _timestamp_pb2.Timestamp
    confidential: bool
    transferred_by: str
    transferred_at: _timestamp_pb2.Timestamp
    new_circumstance: bool
    call: AnsweredCall
    handed_over_by: str
    handover_reference: str
    def __init__(self, channel: _Optional[str] = ..., external_id: _Optional[str] = ..., kind: _Optional[_Union[_events_pb2.Kind, str]] = ..., urgency: _Optional[_Union[_events_pb2.Urgency, str]] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., contact: _Optional[str] = ..., address: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., called_number: _Optional[str] = ..., facts: _Optional[_Union[MatterFacts, _Mapping]] = ..., stated_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., confidential: _Optional[bool] = ..., transferred_by: _Optional[str] = ..., transferred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., new_circumstance: _Optional[bool] = ..., call: _Optional[_Union[AnsweredCall, _Mapping]] = ..., handed_over_by: _Optional[str] = ..., handover_reference: _Optional[str] = ...) -> None: ...

class AnsweredCall(_message.Message):
    __slots__ = ("waited_s", "operator", "recording")
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    waited_s: int
    operator: str
    recording: str
    def __init__(self, waited_s: _Optional[int] = ..., operator: _Optional[str] = ..., recording: _Optional[str] = ...) -> None: ...

class RecordCall(_message.Message):
    __slots__ = ("channel", "called_number", "waited_s", "operator", "recording")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    channel: str
    called_number: str
    waited_s: int
    operator: str
    recording: str
    def __init__(self, channel: _Optional[str] = ..., called_number: _Optional[str] = ..., waited_s: _Optional[int] = ..., operator: _Optional[str] = ..., recording: _Optional[str] = ...) -> None: ...

class RecordMissedCall(_message.Message):
    __slots__ = ("channel", "external_id", "called_number", "waited_s", "caller")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    channel: str
    external_id: str
    called_number: str
    waited_s: int
    caller: str
    def __init__(self, channel: _Optional[str] = ..., external_id: _Optional[str] = ..., called_number: _Optional[str] = ..., waited_s: _Optional[int] = ..., caller: _Optional[str] = ...) -> None: ...

class CallBack(_message.Message):
    __slots__ = ("reached", "recording", "became")
    REACHED_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    BECAME_FIELD_NUMBER: _ClassVar[int]
    reached: bool
    recording: str
    became: str
    def __init__(self, reached: _Optional[bool] = ..., recording: _Optional[str] = ..., became: _Optional[str] = ...) -> None: ...

class WithdrawTicket(_message.Message):
    __slots__ = ("reason", "code")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    code: str
    def __init__(self, reason: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class UrgeMatter(_message.Message):
    __slots__ = ("reason", "code")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    code: str
    def __init__(self, reason: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class AcknowledgeDiversion(_message.Message):
    __slots__ = ("receipt",)
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    receipt: str
    def __init__(self, receipt: _Optional[str] = ...) -> None: ...

class SupplyElements(_message.Message):
    __slots__ = ("code", "elements", "description", "contact", "address")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    code: str
    elements: _containers.RepeatedScalarFieldContainer[str]
    description: str
    contact: str
    address: str
    def __init__(self, code: _Optional[str] = ..., elements: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., contact: _Optional[str] = ..., address: _Optional[str] = ...) -> None: ...

class ReportUnhelpful(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class ReviewAnswer(_message.Message):
    __slots__ = ("right", "reason")
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    right: bool
    reason: str
    def __init__(self, right: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class HandBack(_message.Message):
    __slots__ = ("receipt", "reason")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    receipt: str
    reason: str
    def __init__(self, receipt: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ReturnTransfer(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class OverrideDecision(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class CorrectCategory(_message.Message):
    __slots__ = ("category", "kind", "urgency", "reason")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    category: str
    kind: _events_pb2.Kind
    urgency: _events_pb2.Urgency
    reason: str
    def __init__(self, category: _Optional[str] = ..., kind: _Optional[_Union[_events_pb2.Kind, str]] = ..., urgency: _Optional[_Union[_events_pb2.Urgency, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class ObjectToRefusal(_message.Message):
    __slots__ = ("code", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: str
    reason: str
    def __init__(self, code: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ReviewObjection(_message.Message):
    __slots__ = ("uphold", "reason")
    UPHOLD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    uphold: bool
    reason: str
    def __init__(self, uphold: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class CloseHistory(_message.Message):
    __slots__ = ("import_id", "until", "final")
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    import_id: str
    until: _timestamp_pb2.Timestamp
    final: bool
    def __init__(self, import_id: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., final: _Optional[bool] = ...) -> None: ...
