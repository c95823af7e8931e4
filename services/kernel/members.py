"""The fields of a domain value: a struct, or the dataclass that a document shows as it is."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, NamedTuple

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
    fields: Any
    nothing: object
    if issubclass(cls, Struct):
        fields, nothing = structs.fields(cls), NODEFAULT
    elif dataclasses.is_dataclass(cls):
        fields, nothing = dataclasses.fields(cls), dataclasses.MISSING
    else:
        return ()
    hints = typing.get_type_hints(cls)
    return tuple(Member(f.name, hints[f.name], _default(f, nothing)) for f in fields)


def _default(field: Any, nothing: object) -> Any:
    if field.default is not nothing:
        return field.default
    return NONE if field.default_factory is nothing else field.default_factory()
