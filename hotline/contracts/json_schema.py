"""JSON Schema of protobuf messages, in proto3's JSON form under the proto's own field names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
)

from hotline.contracts.protos import ContractError, Source, sources
from hotline.kernel.v1 import options_pb2

REF = "#/components/schemas/"
Schema = dict[str, Any]

_SCALARS: dict[int, Schema] = {
    FieldDescriptorProto.TYPE_STRING: {"type": "string"},
    FieldDescriptorProto.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptorProto.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptorProto.TYPE_SINT32: {"type": "integer", "format": "int32"},
    FieldDescriptorProto.TYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
    FieldDescriptorProto.TYPE_UINT64: {"type": "string", "pattern": "^[0-9]{1,20}$"},
    FieldDescriptorProto.TYPE_SINT64: {"type": "string", "pattern": "^-?[0-9]{1,19}$"},
    FieldDescriptorProto.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
_INSTANT: Schema = {"type": "string", "format": "date-time"}


def schemas(names: Iterable[str], *, strict: bool = False) -> dict[str, Schema]:
    """The named messages and all that they hold, by full name; `strict` refuses other fields."""
    found: dict[str, Schema] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        source = sources()[name]
        if isinstance(source.proto, EnumDescriptorProto):
            found[name] = _enum(source.proto, source)
        else:
            found[name] = _message(source.proto, source, strict)
            waiting += _held(source.proto)
    return found


def _held(message: DescriptorProto) -> list[str]:
    """Types of ours that the message's fields have."""
    entries = {e.name: e for e in message.nested_type if e.options.map_entry}
    held = []
    for field in message.field:
        name = field.type_name.lstrip(".")
        if name.rpartition(".")[2] in entries:
            held += _held(entries[name.rpartition(".")[2]])
        elif name in sources():
            held.append(name)
    return held


def _message(message: DescriptorProto, source: Source, strict: bool) -> Schema:
    found: Schema = {"type": "object"}
    if source.comment:
        found["description"] = source.comment
    found["properties"] = {
        field.name: _described(_field(field, message), source.comment_of(n), field)
        for n, field in enumerate(message.field)
    }
    if strict:
        found["additionalProperties"] = False
    return found


def _described(schema: Schema, comment: str, field: FieldDescriptorProto) -> Schema:
    """With what the proto says beside the type; siblings of a $ref would be ignored."""
    options: Any = field.options
    number = options.Extensions[options_pb2.classification]
    beside: Schema = {"description": comment} if comment else {}
    beside["x-field-number"] = field.number
    if number:
        name = options_pb2.Classification.Name(number)
        beside["x-classification"] = name.removeprefix("CLASSIFICATION_").lower()
    if "$ref" in schema:
        return {"allOf": [schema], **beside}
    return {**schema, **beside}


def _field(field: FieldDescriptorProto, message: DescriptorProto) -> Schema:
    if field.label != FieldDescriptorProto.LABEL_REPEATED:
        return _single(field)
    entry = next((e for e in message.nested_type if field.type_name.endswith(f".{e.name}")), None)
    if entry is not None and entry.options.map_entry:
        return {"type": "object", "additionalProperties": _single(entry.field[1])}
    return {"type": "array", "items": _single(field)}


def _single(field: FieldDescriptorProto) -> Schema:
    name = field.type_name.lstrip(".")
    if name == "google.protobuf.Timestamp":
        return dict(_INSTANT)
    if name:
        return {"$ref": f"{REF}{name}"}
    if field.type not in _SCALARS:
        raise ContractError(f"{field.name}: its type has no JSON Schema yet.")
    return dict(_SCALARS[field.type])


def _enum(enum: EnumDescriptorProto, source: Source) -> Schema:
    """Without the zero value, which stands for a field that is not set."""
    meant = [(v.name, source.comment_of(n)) for n, v in enumerate(enum.value) if v.number]
    comments = [f"{name}: {comment}" for name, comment in meant if comment]
    found: Schema = {"type": "string", "enum": [name for name, _ in meant]}
    if source.comment or comments:
        found["description"] = " ".join([source.comment, *comments]).strip()
    return found
