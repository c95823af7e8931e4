"""`docs/openapi/<service>.json`: what each service answers over HTTP, for authors of clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from fastapi import FastAPI
from google.protobuf.descriptor_pb2 import DescriptorProto
from prometheus_client import CollectorRegistry

from hotline.contracts.protos import ROOT, sources
from services.datasync.adapters import http as datasync
from services.deadline.adapters import http as deadline
from services.deadline.service import COMMANDS as TIMING
from services.dispatch.adapters import http as dispatch
from services.dispatch.adapters.codec import CODEC as DISPATCH
from services.dispatch.service import COMMANDS as DISPATCHING
from services.evaluation.adapters import http as evaluation
from services.evaluation.adapters.codec import CODEC as EVALUATION
from services.evaluation.service import COMMANDS as EVALUATING
from services.intake.adapters import http as intake
from services.intake.adapters.codec import CODEC as INTAKE
from services.intake.service import COMMANDS as TAKING_IN
from services.kernel.codec import Codec
from services.kernel.service import CommandRule

FOLDER = ROOT / "docs" / "openapi"
Document = dict[str, Any]

_NOTHING = cast(Any, None)  # a port that only an answer needs
_DESK: Any = SimpleNamespace(vault=None, books=None, boxes=None)
_CODECS: Mapping[str, Codec] = {"intake": INTAKE, "dispatch": DISPATCH, "evaluation": EVALUATION}


def _runtime(name: str, commands: tuple[CommandRule, ...] = ()) -> Any:
    """What an application reads of its process before it answers."""
    service = SimpleNamespace(name=name, commands=commands)
    registry = CollectorRegistry()
    return SimpleNamespace(service=service, readiness=None, registry=registry, clock=None)


APPS: Mapping[str, Callable[[], FastAPI]] = {
    "intake": lambda: intake.app(
        _runtime("intake", TAKING_IN), _DESK, _NOTHING, _NOTHING, _NOTHING
    ),
    "dispatch": lambda: dispatch.app(_runtime("dispatch", DISPATCHING), _NOTHING, _NOTHING),
    "deadline": lambda: deadline.app(
        _runtime("deadline", TIMING), _NOTHING, _NOTHING, _NOTHING, _NOTHING
    ),
    "evaluation": lambda: evaluation.app(
        _runtime("evaluation", EVALUATING), _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING
    ),
    "datasync": lambda: datasync.app(_runtime("datasync"), _NOTHING, _NOTHING, _NOTHING),
}


def document(service: str) -> Document:
    """As the service serves it, with the comments of the protos. Raises ContractError."""
    found = APPS[service]().openapi()
    for name, schema in found["components"]["schemas"].items():
        _comment(schema, _message_of(service, name))
    return found


def texts() -> dict[str, str]:
    """File name and content of every document as it is checked in."""
    return {
        f"{service}.json": json.dumps(document(service), ensure_ascii=False, indent=2) + "\n"
        for service in APPS
    }


def written(service: str) -> Document:
    """The document as it is checked in."""
    found: Document = json.loads((FOLDER / f"{service}.json").read_text("utf-8"))
    return found


def _message_of(service: str, schema: str) -> str:
    """The message of a request body: by its command, else by its own name."""
    known = _CODECS[service].commands.values() if service in _CODECS else ()
    named = {entry.cls.__name__: entry.name for entry in known}
    return named.get(schema, f"hotline.{service}.v1.{schema}")


def _comment(schema: Document, message: str) -> None:
    source = sources().get(message)
    if source is None or not isinstance(source.proto, DescriptorProto):
        return
    for n, field in enumerate(source.proto.field):
        if source.comment_of(n) and field.name in schema["properties"]:
            schema["properties"][field.name].setdefault("description", source.comment_of(n))


def main() -> None:
    """Write the documents, and remove those of services that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = texts()
    for path in FOLDER.glob("*.json"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
