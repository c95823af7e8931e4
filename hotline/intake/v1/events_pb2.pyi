import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hotline.intake.v1 import facts_pb2 as _facts_pb2
from hotline.kernel.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_CONSULTATION: _ClassVar[Kind]
    KIND_HELP: _ClassVar[Kind]
    KIND_COMPLAINT: _ClassVar[Kind]
    KIND_REPORT: _ClassVar[Kind]
    KIND_SUGGESTION: _ClassVar[Kind]

class Urgency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    URGENCY_UNSPECIFIED: _ClassVar[Urgency]
    URGENCY_NORMAL: _ClassVar[Urgency]
    URGENCY_URGENT: _ClassVar[Urgency]
    URGENCY_CRITICAL: _ClassVar[Urgency]
KIND_UNSPECIFIED: Kind
KIND_CONSULTATION: Kind
KIND_HELP: Kind
KIND_COMPLAINT: Kind
KIND_REPORT: Kind
KIND_SUGGESTION: Kind
URGENCY_UNSPECIFIED: Urgency
URGENCY_NORMAL: Urgency
URGENCY_URGENT: Urgency
URGENCY_CRITICAL: Urgency

class TicketReceived(_message.Message):
    __slots__ = ("channel", "external_id", "kind", "urgency", "category", "area", "title", "person_id", "description", "contact", "address", "latitude", "longitude", "called_number", "code_digest", "stated_due_at", "about_unit", "confidential", "facts", "repeats_being_handled", "repeats_handled", "related", "received_by", "called_mode", "transferred_by", "transferred_at")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CODE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    STATED_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    ABOUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENTIAL_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    REPEATS_BEING_HANDLED_FIELD_NUMBER: _ClassVar[int]
    REPEATS_HANDLED_FIELD_NUMBER: _ClassVar[int]
    RELATED_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BY_FIELD_NUMBER: _ClassVar[int]
    CALLED_MODE_FIELD_NUMBER: _ClassVar[int]
    TRANSFERRED_BY_FIELD_NUMBER: _ClassVar[int]
    TRANSFERRED_AT_FIELD_NUMBER: _ClassVar[int]
    channel: str
    external_id: str
    kind: Kind
    urgency: Urgency
    category: str
    area: str
    title: str
    person_id: str
    description: bytes
    contact: bytes
    address: bytes
    latitude: float
    longitude: float
    called_number: str
    code_digest: str
    stated_due_at: _timestamp_pb2.Timestamp
    about_unit: str
    confidential: bool
    facts: _facts_pb2.KnownFacts
    repeats_being_handled: _containers.RepeatedScalarFieldContainer[str]
    repeats_handled: _containers.RepeatedScalarFieldContainer[str]
    related: _containers.RepeatedScalarFieldContainer[str]
    received_by: str
    called_mode: str
    transferred_by: str
    transferred_at: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[str] = ..., external_id: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., urgency: _Optional[_Union[Urgency, str]] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., title: _Optional[str] = ..., person_id: _Optional[str] = ..., description: _Optional[bytes] = ..., contact: _Optional[bytes] = ..., address: _Optional[bytes] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., called_number: _Optional[str] = ..., code_digest: _Optional[str] = ..., stated_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., about_unit: _Optional[str] = ..., confidential: _Optional[bool] = ..., facts: _Optional[_Union[_facts_pb2.KnownFacts, _Mapping]] = ..., repeats_being_handled: _Optional[_Iterable[str]] = ..., repeats_handled: _Optional[_Iterable[str]] = ..., related: _Optional[_Iterable[str]] = ..., received_by: _Optional[str] = ..., called_mode: _Optional[str] = ..., transferred_by: _Optional[str] = ..., transferred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CallAnswered(_message.Message):
    __slots__ = ("channel", "called_number", "called_mode", "waited_s", "operator", "recording")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CALLED_MODE_FIELD_NUMBER: _ClassVar[int]
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    channel: str
    called_number: str
    called_mode: str
    waited_s: int
    operator: str
    recording: str
    def __init__(self, channel: _Optional[str] = ..., called_number: _Optional[str] = ..., called_mode: _Optional[str] = ..., waited_s: _Optional[int] = ..., operator: _Optional[str] = ..., recording: _Optional[str] = ...) -> None: ...

class CallMissed(_message.Message):
    __slots__ = ("channel", "external_id", "called_number", "called_mode", "waited_s", "person_id", "caller")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    CALLED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CALLED_MODE_FIELD_NUMBER: _ClassVar[int]
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    channel: str
    external_id: str
    called_number: str
    called_mode: str
    waited_s: int
    person_id: str
    caller: bytes
    def __init__(self, channel: _Optional[str] = ..., external_id: _Optional[str] = ..., called_number: _Optional[str] = ..., called_mode: _Optional[str] = ..., waited_s: _Optional[int] = ..., person_id: _Optional[str] = ..., caller: _Optional[bytes] = ...) -> None: ...

class CalledBack(_message.Message):
    __slots__ = ("operator", "reached", "recording", "became")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    BECAME_FIELD_NUMBER: _ClassVar[int]
    operator: str
    reached: bool
    recording: str
    became: str
    def __init__(self, operator: _Optional[str] = ..., reached: _Optional[bool] = ..., recording: _Optional[str] = ..., became: _Optional[str] = ...) -> None: ...

class TicketAccepted(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "kind", "urgency", "category", "area", "title", "stated_due_at", "about_unit", "statutory_days", "directory_hint")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATED_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    ABOUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    STATUTORY_DAYS_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_HINT_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    kind: Kind
    urgency: Urgency
    category: str
    area: str
    title: str
    stated_due_at: _timestamp_pb2.Timestamp
    about_unit: str
    statutory_days: int
    directory_hint: str
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., urgency: _Optional[_Union[Urgency, str]] = ..., category: _Optional[str] = ..., area: _Optional[str] = ..., title: _Optional[str] = ..., stated_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., about_unit: _Optional[str] = ..., statutory_days: _Optional[int] = ..., directory_hint: _Optional[str] = ...) -> None: ...

class TicketRefused(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "reason_zh", "reason_en", "right_place", "matched")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REASON_ZH_FIELD_NUMBER: _ClassVar[int]
    REASON_EN_FIELD_NUMBER: _ClassVar[int]
    RIGHT_PLACE_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    reason_zh: str
    reason_en: str
    right_place: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., reason_zh: _Optional[str] = ..., reason_en: _Optional[str] = ..., right_place: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ...) -> None: ...

class TicketDiverted(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "line", "receipt", "matched")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    line: str
    receipt: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., line: _Optional[str] = ..., receipt: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ...) -> None: ...

class DiversionRepeated(_message.Message):
    __slots__ = ("line", "receipt", "attempt")
    LINE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    line: str
    receipt: str
    attempt: int
    def __init__(self, line: _Optional[str] = ..., receipt: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class DiversionReturned(_message.Message):
    __slots__ = ("receipt", "line", "reason")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    receipt: str
    line: str
    reason: str
    def __init__(self, receipt: _Optional[str] = ..., line: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DiversionAcknowledged(_message.Message):
    __slots__ = ("receipt", "line")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    receipt: str
    line: str
    def __init__(self, receipt: _Optional[str] = ..., line: _Optional[str] = ...) -> None: ...

class TicketTransferred(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "line", "reason_zh", "reason_en", "matched")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    REASON_ZH_FIELD_NUMBER: _ClassVar[int]
    REASON_EN_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    line: str
    reason_zh: str
    reason_en: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., line: _Optional[str] = ..., reason_zh: _Optional[str] = ..., reason_en: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ...) -> None: ...

class TransferReturned(_message.Message):
    __slots__ = ("line", "reason")
    LINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    line: str
    reason: str
    def __init__(self, line: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class HandoverAcknowledged(_message.Message):
    __slots__ = ("line", "reference", "receipt")
    LINE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    line: str
    reference: str
    receipt: str
    def __init__(self, line: _Optional[str] = ..., reference: _Optional[str] = ..., receipt: _Optional[str] = ...) -> None: ...

class TicketLinked(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "earlier_ticket", "reason_zh", "reason_en", "matched")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    EARLIER_TICKET_FIELD_NUMBER: _ClassVar[int]
    REASON_ZH_FIELD_NUMBER: _ClassVar[int]
    REASON_EN_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    earlier_ticket: str
    reason_zh: str
    reason_en: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., earlier_ticket: _Optional[str] = ..., reason_zh: _Optional[str] = ..., reason_en: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ...) -> None: ...

class SupplementAsked(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "missing", "reason_zh", "reason_en", "matched")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    REASON_ZH_FIELD_NUMBER: _ClassVar[int]
    REASON_EN_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    missing: _containers.RepeatedScalarFieldContainer[str]
    reason_zh: str
    reason_en: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., missing: _Optional[_Iterable[str]] = ..., reason_zh: _Optional[str] = ..., reason_en: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ...) -> None: ...

class SupplementSupplied(_message.Message):
    __slots__ = ("elements", "person_id", "description", "contact", "address")
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    elements: _containers.RepeatedScalarFieldContainer[str]
    person_id: str
    description: bytes
    contact: bytes
    address: bytes
    def __init__(self, elements: _Optional[_Iterable[str]] = ..., person_id: _Optional[str] = ..., description: _Optional[bytes] = ..., contact: _Optional[bytes] = ..., address: _Optional[bytes] = ...) -> None: ...

class TicketAnswered(_message.Message):
    __slots__ = ("rule_set", "rule_set_version", "number", "rule", "article", "reason_zh", "reason_en", "matched", "article_version", "answer_zh", "answer_en")
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    REASON_ZH_FIELD_NUMBER: _ClassVar[int]
    REASON_EN_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    ARTICLE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ANSWER_ZH_FIELD_NUMBER: _ClassVar[int]
    ANSWER_EN_FIELD_NUMBER: _ClassVar[int]
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    article: str
    reason_zh: str
    reason_en: str
    matched: _containers.RepeatedScalarFieldContainer[str]
    article_version: str
    answer_zh: str
    answer_en: str
    def __init__(self, rule_set: _Optional[str] = ..., rule_set_version: _Optional[str] = ..., number: _Optional[int] = ..., rule: _Optional[str] = ..., article: _Optional[str] = ..., reason_zh: _Optional[str] = ..., reason_en: _Optional[str] = ..., matched: _Optional[_Iterable[str]] = ..., article_version: _Optional[str] = ..., answer_zh: _Optional[str] = ..., answer_en: _Optional[str] = ...) -> None: ...

class AnswerUnhelpful(_message.Message):
    __slots__ = ("article",)
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    article: str
    def __init__(self, article: _Optional[str] = ...) -> None: ...

class AnswerReviewed(_message.Message):
    __slots__ = ("article", "right", "reviewer", "reason")
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    article: str
    right: bool
    reviewer: str
    reason: str
    def __init__(self, article: _Optional[str] = ..., right: _Optional[bool] = ..., reviewer: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ArticleOverdue(_message.Message):
    __slots__ = ("article", "version", "unit", "review_on")
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ON_FIELD_NUMBER: _ClassVar[int]
    article: str
    version: str
    unit: str
    review_on: str
    def __init__(self, article: _Optional[str] = ..., version: _Optional[str] = ..., unit: _Optional[str] = ..., review_on: _Optional[str] = ...) -> None: ...

class DecisionOverridden(_message.Message):
    __slots__ = ("rule", "operator", "reason")
    RULE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    rule: str
    operator: str
    reason: str
    def __init__(self, rule: _Optional[str] = ..., operator: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RefusalObjected(_message.Message):
    __slots__ = ("rule", "reason")
    RULE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    rule: str
    reason: str
    def __init__(self, rule: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ObjectionReviewed(_message.Message):
    __slots__ = ("upheld", "reviewer", "reason")
    UPHELD_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    upheld: bool
    reviewer: str
    reason: str
    def __init__(self, upheld: _Optional[bool] = ..., reviewer: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CategoryCorrected(_message.Message):
    __slots__ = ("category", "kind", "urgency", "old_category", "operator", "reason", "statutory_days", "directory_hint")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    OLD_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STATUTORY_DAYS_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_HINT_FIELD_NUMBER: _ClassVar[int]
    category: str
    kind: Kind
    urgency: Urgency
    old_category: str
    operator: str
    reason: str
    statutory_days: int
    directory_hint: str
    def __init__(self, category: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., urgency: _Optional[_Union[Urgency, str]] = ..., old_category: _Optional[str] = ..., operator: _Optional[str] = ..., reason: _Optional[str] = ..., statutory_days: _Optional[int] = ..., directory_hint: _Optional[str] = ...) -> None: ...

class TicketWithdrawn(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class MatterUrged(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class PersonForgotten(_message.Message):
    __slots__ = ("person_id", "basis")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    basis: str
    def __init__(self, person_id: _Optional[str] = ..., basis: _Optional[str] = ...) -> None: ...

class HistoryClosed(_message.Message):
    __slots__ = ("import_id", "until", "final")
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    import_id: str
    until: _timestamp_pb2.Timestamp
    final: bool
    def __init__(self, import_id: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., final: _Optional[bool] = ...) -> None: ...
