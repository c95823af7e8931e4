"""In what a citizen says every text is classified, and what is personal is sealed (R35)."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from hotline.dispatch.v1 import commands_pb2 as dispatch_commands
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import commands_pb2 as evaluation_commands
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import commands_pb2 as intake_commands
from hotline.intake.v1 import events_pb2 as intake
from hotline.kernel.v1 import options_pb2

# What may hold words, places or names; numbers of things, flags, enums and times do not.
_MAY_TELL = {
    FieldDescriptor.TYPE_STRING,
    FieldDescriptor.TYPE_BYTES,
    FieldDescriptor.TYPE_DOUBLE,
    FieldDescriptor.TYPE_FLOAT,
}
# In which a citizen's own words stand: a new one is added here, and never taken out.
CITIZENS = {
    "hotline.intake.v1.SubmitMatter",
    "hotline.intake.v1.TicketReceived",
    "hotline.intake.v1.SupplyElements",
    "hotline.intake.v1.SupplementSupplied",
    "hotline.intake.v1.WithdrawTicket",
    "hotline.intake.v1.TicketWithdrawn",
    "hotline.intake.v1.UrgeMatter",
    "hotline.intake.v1.MatterUrged",
    "hotline.intake.v1.ObjectToRefusal",
    "hotline.intake.v1.RefusalObjected",
    "hotline.intake.v1.PersonForgotten",
    "hotline.intake.v1.RecordMissedCall",
    "hotline.intake.v1.CallMissed",
}
_FILES = (
    intake, intake_commands, dispatch, dispatch_commands, evaluation, evaluation_commands,
)  # fmt: skip
MESSAGES = {
    d.full_name: d for file in _FILES for d in file.DESCRIPTOR.message_types_by_name.values()
}
PERSONAL = (options_pb2.CLASSIFICATION_PERSONAL, options_pb2.CLASSIFICATION_CONFIDENTIAL)


def classified(field: Any) -> int:
    found: int = field.GetOptions().Extensions[options_pb2.classification]
    return found


def unclassified(descriptor: Any) -> list[str]:
    return [f.name for f in descriptor.fields if f.type in _MAY_TELL and not classified(f)]


def personal(descriptor: Any) -> list[Any]:
    return [field for field in descriptor.fields if classified(field) in PERSONAL]


@pytest.mark.parametrize("name", sorted(CITIZENS))
def test_every_field_of_a_citizens_message_is_classified(name: str) -> None:
    assert unclassified(MESSAGES[name]) == [], "say who may read it: options.proto"


def test_every_message_with_a_personal_field_is_a_citizens() -> None:
    found = {name for name, descriptor in MESSAGES.items() if personal(descriptor)}
    assert found
    assert found <= CITIZENS


def test_a_fact_holds_personal_fields_as_sealed_bytes_beside_the_person() -> None:
    for name in CITIZENS:
        descriptor = MESSAGES[name]
        is_fact = bool(descriptor.GetOptions().Extensions[options_pb2.stage])
        if is_fact and personal(descriptor):
            assert {f.type for f in personal(descriptor)} == {FieldDescriptor.TYPE_BYTES}, name
            assert "person_id" in descriptor.fields_by_name, name


def test_a_field_without_a_class_is_noticed() -> None:
    assert "note" in unclassified(MESSAGES["hotline.dispatch.v1.ProgressNoted"])
