"""Events of all services: from protobuf to what views, feeds and departments read."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import ItemsView, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from google.protobuf.message import DecodeError, Message

from hotline.kernel.v1 import answer_pb2, options_pb2
from services.datasync.adapters.json_form import Forms, forms_of, read
from services.datasync.domain.facts import Fact
from services.datasync.domain.sharing import FieldClass
from services.kernel import facts as kernel

log = logging.getLogger("hotline.datasync")
SERVICES = ("intake", "dispatch", "deadline", "evaluation")


@cache
def event_types() -> Mapping[str, type[Message]]:
    """Every event that may stand on the tickets topic, by its full name."""
    modules = [import_module(f"hotline.{service}.v1.events_pb2") for service in SERVICES]
    return {name: cls for m in (*modules, answer_pb2) for name, cls in _messages(m)}


def _messages(module: ModuleType) -> Iterator[tuple[str, type[Message]]]:
    for name, descriptor in module.DESCRIPTOR.message_types_by_name.items():
        yield descriptor.full_name, getattr(module, name)


@cache
def classes(type_name: str) -> Mapping[str, FieldClass]:
    """The classification of each field of an event; empty for an unknown type."""
    cls = event_types().get(type_name)
    if cls is None:
        return {}
    return {field.name: _class(field) for field in cls.DESCRIPTOR.fields}


def _class(field: Any) -> FieldClass:
    number: int = field.GetOptions().Extensions[options_pb2.classification]
    if not number:
        return FieldClass.INTERNAL
    name = options_pb2.Classification.Name(number)
    return FieldClass(name.removeprefix("CLASSIFICATION_").lower())


class Fields(Mapping[str, Any]):
    """An event's fields in proto3 JSON form, each converted only when it is asked for; none where
    the type is unknown or the body is not of it. Of most facts nobody asks, so nor is the body
    read before."""

    __slots__ = ("_body", "_forms", "_message", "_type", "_whole")

    def __init__(self, type_name: str, body: bytes) -> None:
        self._type, self._body = type_name, body
        self._message: Message | None = None
        self._forms: Forms | None = None  # until the body was read
        self._whole: dict[str, Any] | None = None

    def _read(self) -> Forms:
        self._message = parse(self._type, self._body)
        self._forms = {} if self._message is None else forms_of(self._message.DESCRIPTOR)
        return self._forms

    def __getitem__(self, name: str) -> Any:
        forms = self._read() if self._forms is None else self._forms
        form = forms[name]
        if form is None:
            return getattr(self._message, name)
        value = form(self._message)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> ItemsView[str, Any]:
        """All of them, converted once however many departments are served the event."""
        if self._whole is None:
            forms = self._read() if self._forms is None else self._forms
            self._whole = {} if self._message is None else read(self._message, forms)
        return self._whole.items()

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items())

    def __len__(self) -> int:
        return len(self.items())


def parse(type_name: str, body: bytes) -> Message | None:
    """The event itself; None where the type is unknown or the bytes are not of it."""
    cls = event_types().get(type_name)
    if cls is None:
        return None
    try:
        return cls.FromString(body)
    except DecodeError:
        log.warning("a body is not of its type %s", type_name)
        return None


def to_fact(fact: kernel.Fact) -> Fact:
    """A record of the tickets topic as the views read it."""
    return Fact(
        fact.source,
        fact.ticket,
        fact.version,
        fact.position,
        fact.type,
        fact.time,
        fact.stage,
        Fields(fact.type, fact.data),
        fact.data,
        hashlib.sha256(fact.data).digest(),
        fact.traceparent,
    )
