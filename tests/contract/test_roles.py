"""The page of roles says whom the code admits (design: who may call)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Depends, FastAPI

from hotline.contracts import openapi, roles
from hotline.programs import PROGRAMS
from services.kernel.identity import Role
from services.kernel.security import role


def test_the_page_is_what_the_code_admits() -> None:
    assert roles.DOCUMENT.read_text("utf-8") == roles.text(), "run `make contracts`"


def test_every_way_in_stands_there_once_and_admits_somebody() -> None:
    found = roles.rows()
    assert {service for service, _, _ in found} == set(PROGRAMS)
    assert len({row[:2] for row in found}) == len(found)
    assert [row for row in found if not row[2]] == []


def test_a_right_that_is_given_in_the_code_alone_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: FastAPI = openapi.APPS["dispatch"]()

    @made.get("/v1/all")
    async def everything(_: Any = Depends(role(Role.CHANNEL))) -> None:  # noqa: B008
        """A route that the page does not know."""

    monkeypatch.setattr(roles, "APPS", {**openapi.APPS, "dispatch": lambda: made})
    assert ("dispatch", "GET /v1/all", frozenset({"channel"})) in roles.rows()
    assert roles.DOCUMENT.read_text("utf-8") != roles.text()
