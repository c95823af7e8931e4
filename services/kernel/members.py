"""The fields of a domain value: a struct, or the dataclass that a document shows as it is."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, NamedTuple, get_type_hints

from msgspec import NODEFAULT, Struct, structs

NONE = object()  # the default of a field that has to be given


class Member(NamedTuple):
    """A field by name."""

    name: str
    type: Any
    default: Any

    @property
    def required(self) -> bool:
        return self.default is NONE


def members(cls: type) -> tuple[Member, ...]:
    """In their order; none of a class of another kind. A default that is made anew is made once."""
    if issubclass(cls, Struct):
        return tuple(Member(f.name, f.type, _default(f, NODEFAULT)) for f in structs.fields(cls))
    if not is_dataclass(cls):
        return ()
    types = get_type_hints(cls)
    return tuple(Member(f.name, types[f.name], _default(f, MISSING)) for f in fields(cls))


def _default(field: Any, nothing: object) -> Any:
    if field.default is not nothing:
        return field.default
    return NONE if field.default_factory is nothing else field.default_factory()
