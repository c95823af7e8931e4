"""Opening personal fields at intake, on the vault's twin."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from services.intake.adapters.opening import MOST_FIELDS, opening_router
from services.intake.adapters.vault import OpenedField, Person
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.personal import FieldCipher, MasterKeys
from services.kernel.security import Security, undeclared_routes

TEXT = "138 0013 8000，颍州区"
PURPOSE = "call back"


class Desk(Security):
    """An application whose caller has whatever role the test says."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.role = Role.STAFF
        self.vault = MemoryVault(Rows(), MasterKeys([b"m" * 32]), b"i" * 32, "86")
        self.app = create_app("intake", self._ready, security=self, registry=CollectorRegistry())
        self.app.include_router(opening_router(self.vault))
        transport = httpx.ASGITransport(self.app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://intake")

    async def _ready(self) -> dict[str, bool]:
        return {}

    async def principal(self, request: Request) -> Principal:
        return Principal("li", frozenset({self.role}))

    async def post(self, *fields: dict[str, Any], purpose: str = PURPOSE) -> httpx.Response:
        body = {"fields": [{"purpose": purpose} | field for field in fields]}
        headers = {"Idempotency-Key": "o-1"}
        return await self.http.post("/v1/personal/open", json=body, headers=headers)

    async def texts(self, *fields: dict[str, Any]) -> list[str | None]:
        answer = await self.post(*fields)
        assert answer.status_code == 200, answer.text
        found: list[str | None] = answer.json()["texts"]
        return found


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    yield made
    await made.http.aclose()


def sealed(person: Person, text: str = TEXT, **changes: str) -> dict[str, str]:
    """A contact of ticket t1; `changes` say that it is something else."""
    data = base64.b64encode(
        FieldCipher(person.key, "t1", "contact").encrypt(text.encode())
    ).decode()
    return {"ticket": "t1", "person_id": person.id, "field": "contact", "sealed": data} | changes


async def test_texts_come_in_the_order_in_which_they_were_asked(desk: Desk) -> None:
    one, two = [await desk.vault.person("") for _ in range(2)]
    asked = [sealed(one, "a"), sealed(two, "b"), sealed(one, "c"), sealed(two, "")]
    assert await desk.texts(*asked) == ["a", "b", "c", ""]


async def test_every_opened_field_leaves_a_record(desk: Desk) -> None:
    person = await desk.vault.person("")
    assert await desk.texts(sealed(person)) == [TEXT]
    record = OpenedField("t1", person.id, "contact", "li", PURPOSE)
    assert desk.vault.rows.opened == [record]
    await desk.texts(sealed(person))
    assert desk.vault.rows.opened == [record] * 2


async def test_each_field_has_a_purpose_of_its_own(desk: Desk) -> None:
    person = await desk.vault.person("")
    assert await desk.texts(sealed(person), sealed(person, purpose="survey")) == [TEXT, TEXT]
    assert [record.purpose for record in desk.vault.rows.opened] == [PURPOSE, "survey"]


async def test_a_forgotten_persons_fields_are_null_and_leave_no_record(desk: Desk) -> None:
    person, other = [await desk.vault.person("") for _ in range(2)]
    await desk.vault.forget(person.id)
    assert await desk.texts(sealed(person), sealed(other)) == [None, TEXT]
    assert [record.person for record in desk.vault.rows.opened] == [other.id]


@pytest.mark.parametrize(
    "changes",
    [
        {"ticket": "t2"},
        {"field": "address"},
        {"person_id": "nobody"},
        {"person_id": ""},
        {"sealed": base64.b64encode(b"damaged").decode()},
        {"sealed": ""},
    ],
)
async def test_bytes_of_another_place_are_unreadable(desk: Desk, changes: dict[str, str]) -> None:
    person = await desk.vault.person("")
    assert await desk.texts(sealed(person, **changes)) == [None]
    assert desk.vault.rows.opened == []


async def test_another_persons_key_opens_nothing(desk: Desk) -> None:
    person, other = [await desk.vault.person("") for _ in range(2)]
    assert await desk.texts(sealed(person, person_id=other.id)) == [None]


async def test_the_longest_text_that_a_matter_may_have_is_opened(desk: Desk) -> None:
    person = await desk.vault.person("")
    text = "路" * 20_000
    assert await desk.texts(sealed(person, text)) == [text]


async def test_a_batch_has_a_limit_and_no_batch_is_empty(desk: Desk) -> None:
    field = sealed(await desk.vault.person(""))
    assert await desk.texts(*[field] * MOST_FIELDS) == [TEXT] * MOST_FIELDS
    assert (await desk.post(*[field] * (MOST_FIELDS + 1))).status_code == 422
    assert (await desk.post()).status_code == 422


@pytest.mark.parametrize("purpose", ["", "  ", "x" * 201, "call\0back"])
async def test_a_purpose_is_stated_in_words(desk: Desk, purpose: str) -> None:
    answer = await desk.post(sealed(await desk.vault.person("")), purpose=purpose)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/body-invalid")
    assert desk.vault.rows.opened == []


@pytest.mark.parametrize("caller", Role)
async def test_staff_supervisors_and_services_open_and_nobody_else(
    desk: Desk, caller: Role
) -> None:
    desk.role = caller
    answer = await desk.post(sealed(await desk.vault.person("")))
    admitted = caller in (Role.STAFF, Role.SUPERVISOR, Role.SERVICE)
    assert (answer.status_code, len(desk.vault.rows.opened)) == ((200, 1) if admitted else (403, 0))


async def test_the_route_declares_its_roles_and_needs_a_key(desk: Desk) -> None:
    assert undeclared_routes(desk.app) == []
    body = {"fields": [sealed(await desk.vault.person("")) | {"purpose": PURPOSE}]}
    answer = await desk.http.post("/v1/personal/open", json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/idempotency-key-missing")
