from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_ACCEPTANCE: _ClassVar[Stage]
    STAGE_DISPATCH: _ClassVar[Stage]
    STAGE_HANDLING: _ClassVar[Stage]
    STAGE_REPLY: _ClassVar[Stage]
    STAGE_SUPERVISION: _ClassVar[Stage]
    STAGE_COMPLETION: _ClassVar[Stage]
    STAGE_RETURN_VISIT: _ClassVar[Stage]
    STAGE_EVALUATION: _ClassVar[Stage]

class Classification(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLASSIFICATION_UNSPECIFIED: _ClassVar[Classification]
    CLASSIFICATION_PUBLIC: _ClassVar[Classification]
    CLASSIFICATION_INTERNAL: _ClassVar[Classification]
    CLASSIFICATION_PERSONAL: _ClassVar[Classification]
    CLASSIFICATION_CONFIDENTIAL: _ClassVar[Classification]
STAGE_UNSPECIFIED: Stage
STAGE_ACCEPTANCE: Stage
STAGE_DISPATCH: Stage
STAGE_HANDLING: Stage
STAGE_REPLY: Stage
STAGE_SUPERVISION: Stage
STAGE_COMPLETION: Stage
STAGE_RETURN_VISIT: Stage
STAGE_EVALUATION: Stage
CLASSIFICATION_UNSPECIFIED: Classification
CLASSIFICATION_PUBLIC: Classification
CLASSIFICATION_INTERNAL: Classification
CLASSIFICATION_PERSONAL: Classification
CLASSIFICATION_CONFIDENTIAL: Classification
STAGE_FIELD_NUMBER: _ClassVar[int]
stage: _descriptor.FieldDescriptor
CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
classification: _descriptor.FieldDescriptor
