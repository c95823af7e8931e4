"""The fields of a domain value: a struct, or the dataclass that a document shows as it is."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, NamedTuple

from msgspec import Struct, structs


class Member(NamedTuple):
    """A field by name; `default` is for one that is not `required`."""

    name: str
    type: Any
    default: Any
    required: bool


def members(cls: type) -> tuple[Member, ...]:
    """In their order; none of a class of another kind."""
    if issubclass(cls, Struct):
        return tuple(Member(f.name, f.type, f.default, f.required) for f in structs.fields(cls))
    if not dataclasses.is_dataclass(cls):
        return ()
    hints = typing.get_type_hints(cls)
    return tuple(
        Member(f.name, hints[f.name], f.default, f.default is dataclasses.MISSING)
        for f in dataclasses.fields(cls)
    )
