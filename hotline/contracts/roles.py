"""`python -m hotline.contracts.roles`: `docs/roles.md`, who may do what, by HTTP and by Kafka.

A reviewer sees in one diff who gained or lost a right: the page is compared with the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from hotline.contracts.openapi import APPS
from hotline.contracts.protos import ROOT
from services.dispatch.service import COMMANDS as DISPATCHING
from services.evaluation.adapters import windows_http
from services.evaluation.service import COMMANDS as EVALUATING
from services.intake.service import COMMANDS as TAKING_IN
from services.kernel.identity import Role
from services.kernel.security import OPEN_PATHS, roles_of, routes_of

DOCUMENT = ROOT / "docs" / "roles.md"
BY_KAFKA = {"intake": TAKING_IN, "dispatch": DISPATCHING, "evaluation": EVALUATING}
IMPORTERS = frozenset({Role.IMPORTER.value})  # act for all others, within their import
Row = tuple[str, str, frozenset[str]]  # service, way in, roles
_NOTHING = cast(object, None)
_HEAD = """\
# Who may do what

Every route and every command by Kafka, and the roles that it admits; whoever has none of them is
answered 403. A **unit** and a **department** act and read only for themselves, a **citizen** only
with number and code, an **importer** only while imports are switched on. Open to everybody:
{open}. Generated from the code by `make contracts`.

"""


def rows() -> list[Row]:
    """All of them, in the order of the page."""
    found = [row for name, app in _applications().items() for row in _routes(name, app)]
    for service, rules in BY_KAFKA.items():
        ways = ((f"Kafka {rule.command.__name__}", rule.roles | IMPORTERS) for rule in rules)
        found += [(service, *way) for way in ways]
    return sorted(found, key=lambda row: row[:2])


def text() -> str:
    """The page as it is checked in."""
    roles = [role.value for role in Role]
    head = _HEAD.format(open=", ".join(f"`{path}`" for path in sorted(OPEN_PATHS)))
    lines = [f"| service | way in | {' | '.join(roles)} |", "|---" * (len(roles) + 2) + "|"]
    for service, way, admitted in rows():
        marks = " | ".join("●" if role in admitted else " " for role in roles)
        lines.append(f"| {service} | {way} | {marks} |")
    return head + "\n".join(lines) + "\n"


def _applications() -> Mapping[str, FastAPI]:
    none = cast("windows_http.Values", _NOTHING)
    live = windows_http.app(
        none,
        none,
        cast("windows_http.Registry", _NOTHING),
        cast("windows_http.Readiness", _NOTHING),
        security=cast("windows_http.Security", _NOTHING),
        figures=CollectorRegistry(),
    )
    return {**{name: make() for name, make in APPS.items()}, "windows": live}


def _routes(service: str, app: FastAPI) -> Iterator[Row]:
    for route in routes_of(app):
        if route.path not in OPEN_PATHS:
            for method in sorted(route.methods):
                admitted = frozenset(role.value for role in roles_of(route.dependant))
                yield service, f"{method} {route.path}", admitted


def main() -> None:
    """Write the page."""
    DOCUMENT.write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
