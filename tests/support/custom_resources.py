"""Custom resources checked against their definitions, as a strict API server would."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[1] / "contract" / "kubernetes" / "crds"
_PLAIN = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object"},
}


def errors(resource: dict[str, Any]) -> list[str]:
    """What is wrong with it. Raises KeyError for a kind that is not known here."""
    validator = validators()[resource["apiVersion"], resource["kind"]]
    name = f"{resource['kind']}/{resource['metadata']['name']}"
    return [
        f"{name}: {'/'.join(map(str, e.path))}: {e.message}"
        for e in validator.iter_errors(resource)
    ]


@cache
def validators() -> dict[tuple[str, str], Draft202012Validator]:
    """By API version and kind."""
    return {key: Draft202012Validator(schema) for key, schema in _schemas()}


def _schemas() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for crd in yaml.load_all(file.read_text("utf-8"), yaml.CSafeLoader):
            if crd and crd["kind"] == "CustomResourceDefinition":
                spec = crd["spec"]
                for version in spec["versions"]:
                    schema = dict(version["schema"]["openAPIV3Schema"])
                    schema["properties"] = {**schema["properties"], **_PLAIN}
                    key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                    yield key, _closed(schema)


def _closed(schema: Any) -> Any:
    """A structural schema as JSON schema in which a field that is not named is an error."""
    if not isinstance(schema, dict):
        return schema
    found = _translated(dict(schema))
    if "properties" in found:
        found["properties"] = {k: _closed(v) for k, v in found["properties"].items()}
        if found.get("x-kubernetes-embedded-resource"):
            found["properties"] = {**_PLAIN, **found["properties"]}
        if not found.get("x-kubernetes-preserve-unknown-fields"):
            found.setdefault("additionalProperties", False)
    for key in ("additionalProperties", "items"):
        if key in found:
            found[key] = _closed(found[key])
    return found


def _translated(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 and Kubernetes' own words, said in JSON schema."""
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
        schema.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    if "(?i)" in str(schema.get("pattern", "")):
        schema["pattern"] = "(?i)" + schema["pattern"].replace("(?i)", "")
    for key, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(key), bool) and schema.pop(key):
            schema[key] = schema.pop(plain)
    return schema
