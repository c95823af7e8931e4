"""Registries over HTTP: an administrator looks at them and publishes the next version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from services.kernel.clock import Clock
from services.kernel.describe import answers, problems
from services.kernel.http import StrictModel, idempotency_key, if_match
from services.kernel.problems import Problem
from services.kernel.registry import (
    BY_US,
    EVER,
    SHIPPED,
    Changed,
    Entry,
    Registry,
    Reused,
    Unfit,
    UnknownName,
)
from services.kernel.security import Principal, Role, role

_ADMINISTRATOR = role(Role.ADMINISTRATOR)
_READERS = role(Role.ADMINISTRATOR, Role.SUPERVISOR, Role.ANALYST, Role.OPERATOR, Role.STAFF)
NAME = Annotated[
    str,
    Path(max_length=100, description="Name of the registry, such as `calendar/cn`."),
]
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")


class Named(BaseModel):
    """One registry and what is in effect now."""

    name: str
    version: int = Field(description="In effect now; 0 is what was shipped.")
    newest: int = Field(description="Published last; it may take effect later.")


class Published(BaseModel):
    """One published version."""

    name: str
    version: int
    effective_at: datetime = Field(description="Decisions about what happens from then on use it.")
    source: str = Field(description="Number of the notice, or the reason.")
    by: str
    at: datetime
    document: Any = None


class Publication(StrictModel):
    """The next version of a registry, as a whole."""

    document: dict[str, Any] = Field(description="In the form of the shipped file.")
    source: str = Field(
        min_length=1, max_length=500, description="Number of the notice, or the reason."
    )
    effective_at: AwareDatetime | None = Field(
        default=None,
        description="Some seconds ahead at least; as soon as can be where it is left out.",
    )


def registry_router(registry: Registry, clock: Clock) -> APIRouter:
    """`GET /v1/registry`, `GET` and `POST /v1/registry/{name}`."""
    router = APIRouter(prefix="/v1/registry", tags=["registry"])

    @router.get("", dependencies=[Depends(_READERS)])
    async def registries() -> list[Named]:
        """Every registry of the service, with the versions in effect and published last."""
        now = clock.now()
        return [
            Named(name=name, version=registry.version(name, now), newest=registry.newest(name))
            for name in registry.names()
        ]

    @router.get("/{name:path}", dependencies=[Depends(_READERS)], responses=problems(404))
    async def versions(name: NAME) -> list[Published]:
        """Every version that was published, the newest first; what was shipped stands last."""
        with _explained(name):
            return [*map(_published, registry.entries(name)), *_shipped(registry, name)]

    @router.post(
        "/{name:path}",
        status_code=201,
        response_class=Response,
        responses=answers(Published, 201) | problems(404, 412),
    )
    async def publish(
        name: NAME,
        body: Publication,
        principal: Annotated[Principal, Depends(_ADMINISTRATOR)],
        key: Annotated[str, Depends(idempotency_key)],
        expected: Annotated[int | None, Depends(if_match)],
    ) -> Response:
        """Publish the next version; whoever reads `hotline.registry.v1` is told."""
        if _NOT_PRINTED.search(body.source):
            raise Problem(422, "invalid-request", "source must have no control characters.")
        with _explained(name):
            made = await registry.publish(
                name,
                body.document,
                source=body.source,
                by=principal.name,
                key=key,
                effective_at=body.effective_at,
                expected=expected,
            )
        text = _published(made).model_dump_json(exclude={"document"}).encode()
        return Response(text, 201, {"ETag": f'"{made.version}"'}, "application/json")

    return router


def _published(entry: Entry) -> Published:
    return Published(
        name=entry.name,
        version=entry.version,
        effective_at=entry.effective_at,
        source=entry.source,
        by=entry.by,
        at=entry.at,
        document=orjson.loads(entry.document),
    )


def _shipped(registry: Registry, name: str) -> list[Published]:
    document = registry.shipped(name)
    if document is None:
        return []
    return [
        Published(
            name=name, version=0, effective_at=EVER, source=SHIPPED, by=BY_US, at=EVER,
            document=document,
        )
    ]  # fmt: skip


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """What the registry refuses, as a problem."""
    try:
        yield
    except UnknownName:
        raise Problem(
            404, "unknown-registry", f"There is no registry {name[:100]!r} here."
        ) from None
    except Unfit as error:
        raise Problem(422, "unfit-document", "The document was not taken.", str(error)) from None
    except Changed:
        raise Problem(
            412,
            "version-mismatch",
            "Another version was published meanwhile.",
            "Read the registry again, then publish under its newest version as If-Match.",
        ) from None
    except Reused:
        raise Problem(
            422,
            "command-id-reused",
            "The command id was used for another entry.",
            "Send a changed entry under a new Idempotency-Key.",
        ) from None
