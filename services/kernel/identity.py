"""Who calls: roles, and a principal that acts only for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.kernel.problems import Problem


class Role(StrEnum):
    """What a route may ask for."""

    CHANNEL = "channel"
    UNIT = "unit"
    STAFF = "staff"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    CITIZEN = "citizen"
    DEPARTMENT = "department"
    IMPORTER = "importer"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Principal:
    """A proven caller. `unit`, `department` and `ticket` are the only ones it may act for;
    `expires_at` (seconds since 1970) is when its credential ends, and with it its streams."""

    name: str
    roles: frozenset[Role]
    unit: str | None = None
    department: str | None = None
    ticket: str | None = None
    expires_at: float | None = None

    def claims(self) -> dict[str, Any]:
        """As they stand in a token or a stored credential."""
        own = {"unit": self.unit, "department": self.department, "ticket": self.ticket}
        kept = {k: v for k, v in own.items() if v is not None}
        return {"sub": self.name, "roles": sorted(self.roles), **kept, "exp": self.expires_at}


def principal_of(claims: Mapping[str, Any], roles_claim: str = "roles") -> Principal:
    """From verified claims; `roles_claim` may be a path such as `realm_access.roles`. Roles that
    we do not know are left out. Raises ValueError for claims of another form."""
    found: Any = claims
    for part in roles_claim.split("."):
        found = found.get(part, []) if isinstance(found, Mapping) else []
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, list):
        raise ValueError(f"{roles_claim} is no list")
    roles = frozenset(Role(n) for n in names if isinstance(n, str) and n in _ROLES)
    own = {key: _text(claims, key) for key in ("unit", "department", "ticket")}
    name = _text(claims, "sub")
    if not name:
        raise ValueError("sub is missing")
    return Principal(name, roles, **own, expires_at=claims.get("exp"))


_ROLES = frozenset(role.value for role in Role)


def _text(claims: Mapping[str, Any], key: str) -> str | None:
    value = claims.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise ValueError(f"{key} must be 1 to 200 printable characters")
    return value


def require_unit(principal: Principal, unit: str) -> None:
    """A unit acts and reads only for itself. Raises Problem 403."""
    _require(Role.UNIT, principal, principal.unit, unit)


def require_department(principal: Principal, department: str) -> None:
    """A department reads only its own feeds. Raises Problem 403."""
    _require(Role.DEPARTMENT, principal, principal.department, department)


def require_ticket(principal: Principal, ticket: str) -> None:
    """A citizen reads only the ticket whose code was shown. Raises Problem 403."""
    _require(Role.CITIZEN, principal, principal.ticket, ticket)


# Their duty covers every unit, department and ticket. New roles fail closed.
_UNBOUND = frozenset(
    {
        Role.STAFF,
        Role.SUPERVISOR,
        Role.ANALYST,
        Role.ADMINISTRATOR,
        Role.OPERATOR,
        Role.IMPORTER,
        Role.SERVICE,
    }
)


def _require(bound: Role, principal: Principal, own: str | None, asked: str) -> None:
    """`principal.roles` are those that the route admitted: `security.role` leaves no others."""
    if principal.roles & _UNBOUND:
        return
    if bound not in principal.roles or own != asked:
        raise Problem(403, "not-yours", f"This caller may not act for another {bound.value}.")
