"""The checked-in OpenAPI documents are what the services serve, valid, and tell a client enough."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from jsonschema import Draft202012Validator

from hotline.contracts import openapi
from hotline.contracts.channels import COMMANDED
from hotline.contracts.openapi import written
from services.kernel.security import undeclared_routes
from tests.support.documents import Document, references, resolved

SCHEMA = Path(__file__).parent / "schemas" / "openapi-3.1.json"
SERVICES = tuple(openapi.APPS)

each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    """(`POST /v1/tickets`, operation)."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_the_checked_in_documents_are_what_is_generated_now_and_no_others() -> None:
    kept = {path.name: path.read_text("utf-8") for path in openapi.FOLDER.iterdir()}
    made = openapi.texts()
    assert kept.keys() == made.keys(), "run `make contracts`"
    assert [name for name in made if made[name] != kept[name]] == [], "run `make contracts`"


@each_service
def test_the_document_is_valid(service: str, validator: Draft202012Validator) -> None:
    document = written(service)
    assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(document)] == []
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@each_service
def test_a_page_has_a_most_and_a_usual_length(service: str) -> None:
    """What is held in memory for one answer is bounded; the same schema refuses more (400, 422)."""
    for name, operation in operations(written(service)):
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "limit":
                schema = parameter["schema"]
                assert 1 <= schema["minimum"] <= schema["default"] <= schema["maximum"], name
                assert schema["maximum"] <= 1_000, name


def without_responses(document: Document) -> None:
    next(operations(document))[1]["responses"] = {}


def of_another_version(document: Document) -> None:
    document["openapi"] = "2.0"


def with_a_parameter_of_no_place(document: Document) -> None:
    next(operations(document))[1]["parameters"][0]["in"] = "somewhere"


def with_a_word_of_its_own(document: Document) -> None:
    next(operations(document))[1]["sumary"] = "?"


@pytest.mark.parametrize(
    "spoil",
    [without_responses, of_another_version, with_a_parameter_of_no_place, with_a_word_of_its_own],
)
def test_the_schema_finds_a_seeded_defect(
    validator: Draft202012Validator, spoil: Callable[[Document], None]
) -> None:
    spoiled = copy.deepcopy(written("dispatch"))
    spoil(spoiled)
    assert not validator.is_valid(spoiled)


@each_service
def test_every_reference_leads_somewhere(service: str) -> None:
    document = written(service)
    found = list(references(document))
    assert found
    for reference in found:
        assert resolved(document, reference), reference


@each_service
def test_every_route_declares_its_roles_in_the_code_and_in_the_document(service: str) -> None:
    assert undeclared_routes(openapi.APPS[service]()) == []
    document = written(service)
    assert document["security"] == [{"token": []}]
    for name, operation in operations(document):
        assert operation["x-roles"], name
        assert f"Roles: {', '.join(operation['x-roles'])}." in operation["description"]


def test_a_route_without_roles_is_found_also_in_a_router() -> None:
    app, router = FastAPI(docs_url=None, redoc_url=None), APIRouter(prefix="/v1")

    @app.get("/v1/open")
    async def one() -> None: ...

    @router.get("/within")
    async def other() -> None: ...

    app.include_router(router)
    assert undeclared_routes(app) == ["/v1/open", "/v1/within"]


@each_service
def test_an_operation_has_an_id_of_its_own_and_says_what_it_does(service: str) -> None:
    found = list(operations(written(service)))
    ids = [operation["operationId"] for _, operation in found]
    assert len(ids) == len(set(ids)) > 0
    for name, operation in found:
        assert operation["operationId"].isidentifier(), name
        assert operation["summary"].endswith((".", "?")), name
        assert operation["tags"], name


@each_service
def test_every_parameter_and_every_field_of_a_body_is_described(service: str) -> None:
    document = written(service)
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter["description"], f"{name}: {parameter['name']}"
        body = operation.get("requestBody")
        if body is not None:
            schema = resolved(document, body["content"]["application/json"]["schema"]["$ref"])
            assert schema["description"]
            for field, part in schema["properties"].items():
                assert "description" in part or "$ref" in part, f"{name}: {field}"


@each_service
def test_every_post_takes_a_key_and_tells_the_problems_of_its_body(service: str) -> None:
    for name, operation in operations(written(service)):
        if name.startswith("POST"):
            needed = [p["name"] for p in operation["parameters"] if p["required"]]
            assert "Idempotency-Key" in needed, name
        told = operation["responses"].keys()
        assert {"401", "403", "500", "503"} <= told, name
        takes_a_body = "requestBody" in operation
        assert [status in told for status in ("413", "415", "422")] == [takes_a_body] * 3, name


@each_service
def test_every_good_answer_has_a_schema(service: str) -> None:
    for name, operation in operations(written(service)):
        good = [r for status, r in operation["responses"].items() if status.startswith("2")]
        assert good, name
        for response in good:
            assert all(media["schema"] for media in response["content"].values()), name
            assert response["content"], name
            assert response["description"] != "Successful Response", name


@pytest.mark.parametrize("service", COMMANDED)
def test_every_command_is_an_operation_with_the_roles_of_its_rule(service: str) -> None:
    told = {operation["operationId"]: operation for _, operation in operations(written(service))}
    for rule in import_module(f"services.{service}.service").COMMANDS:
        name = rule.command.__name__
        operation = told[name[0].lower() + name[1:]]
        if rule.verb:
            assert operation["x-roles"] == sorted(rule.roles)
            assert {"404", "409", "412"} <= operation["responses"].keys()
            assert operation["responses"]["200"]["headers"].keys() == {"ETag", "Hotline-Position"}
        else:
            assert set(operation["x-roles"]) >= rule.roles
