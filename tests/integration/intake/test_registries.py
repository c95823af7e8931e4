"""What the city lays down, published over HTTP and in effect by date (R3, R7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, problem
from tests.support.loops import wait_until

KIOSK = {"id": "kiosk", "name": {"zh": "终端", "en": "Kiosk"}, "kind": "other"}


async def shipped(hall: Hall, name: str) -> Any:
    headers = hall.headers(Role.ADMINISTRATOR)
    found = await hall.http.get(f"/v1/registry/{name}", headers=headers)
    return found.json()[-1]["document"]


async def test_an_administrator_lists_and_publishes_what_the_city_lays_down(hall: Hall) -> None:
    """R3: a channel that is published takes matters once it is in effect, and not before."""
    headers = hall.headers(Role.ADMINISTRATOR)
    names = [part["name"] for part in (await hall.http.get("/v1/registry", headers=headers)).json()]
    assert names == [
        "articles", "categories", "channels", "hotlines", "rules/trial-measures", "submission-key",
    ]  # fmt: skip
    document = await shipped(hall, "channels")
    document["channels"].append(KIOSK)
    soon = datetime.now(UTC) + timedelta(seconds=7)
    body = {"document": document, "source": "notice 7", "effective_at": soon.isoformat()}
    staff = await hall.post("registry/channels", body, Role.STAFF)
    assert staff.status_code == 403
    made = await hall.post("registry/channels", body, Role.ADMINISTRATOR)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    posted = MATTER | {"channel": "kiosk"}
    early = await hall.post("tickets", posted)
    assert problem(early) == (422, "/problems/unknown-channel", "R3")

    async def taken() -> bool:
        return (await hall.post("tickets", posted)).status_code == 201

    await wait_until(taken, timeout_s=15)


async def test_a_register_against_r7_is_not_taken(hall: Hall) -> None:
    """R7."""
    document = await shipped(hall, "hotlines")
    next(x for x in document["lines"] if x["number"] == "12333")["number"] = "12399"
    body = {"document": document, "source": "notice 8"}
    refused = await hall.post("registry/hotlines", body, Role.ADMINISTRATOR)
    assert problem(refused)[:2] == (422, "/problems/unfit-document")
    assert "12399: no new departmental line" in refused.json()["detail"]
