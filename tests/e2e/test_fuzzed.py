"""Schemathesis calls every route of every service as its description says and as it does not: one
by one, then in sequences in which an answer feeds the next call.

No call may end in a 5xx, and every answer must be one that the description names. The tickets are
real ones, which change under the calls. FUZZ_S says for how long each service is called.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Town
from tests.e2e.test_hostile import MATTER

SECONDS = int(os.environ.get("FUZZ_S", "12"))
LONG = 60  # in which some sequence surely followed an answer to the next call
DESCRIPTIONS = Path("docs/openapi")
# Called for as long as it runs, it answers for as long as it runs: its own tests read it.
ENDLESS = "/v1/feeds/{subscription}/events"
CALLERS = {
    "intake": "staff",
    "dispatch": "supervisor",
    "deadline": "supervisor",
    "evaluation": "supervisor",
    "datasync": "staff",
}
TICKETS = 10
# Phases, and the seconds that they have.
ONE_BY_ONE = ("examples,coverage,fuzzing", SECONDS - SECONDS // 3)
IN_SEQUENCE = ("stateful", SECONDS // 3)
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,missing_required_header,unsupported_method"
)


@pytest.fixture(scope="module")
def tickets(town: Town) -> list[str]:
    """Which every service that has them knows."""
    made, places = [], []
    token = {"Authorization": f"Bearer {town.token('supervisor')}"}
    with httpx.Client(headers=token, timeout=10.0) as http:
        for n in range(TICKETS):
            url, key = f"{town.running.urls['intake']}/v1/tickets", {"Idempotency-Key": f"fuzz-{n}"}
            answer = http.post(url, json=MATTER, headers=key)
            made.append(answer.json()["ticket"])
            places.append(answer.headers["Hotline-Position"])
        url, seen = f"{town.running.urls['datasync']}/v1/tickets", ", ".join(places)
        assert http.get(url, headers={"Hotline-After": seen}).status_code == 200
    return made


def callable_part(description: dict[str, Any], tickets: list[str]) -> dict[str, Any]:
    """Without the endless route, and without Hotline-After: it asks to wait for a position, and of
    one that does not exist 503 is the right answer. A ticket is one of these: an unknown one is
    waited for, and answered before anything else is looked at."""
    description["paths"].pop(ENDLESS, None)
    for path in description["paths"].values():
        for operation in path.values():
            kept = [p for p in operation.get("parameters", []) if p["name"] != "Hotline-After"]
            operation["parameters"] = kept
            for parameter in kept:
                if parameter["name"] == "ticket":
                    parameter["schema"] = {"type": "string", "enum": tickets}
    return description


@pytest.mark.timeout(SECONDS * 3 + 120)
@pytest.mark.parametrize("service", CALLERS)
def test_no_call_ends_in_a_server_error(
    town: Town, tmp_path: Path, tickets: list[str], service: str
) -> None:
    description = json.loads((DESCRIPTIONS / f"{service}.json").read_text())
    routes = len(description["paths"])
    (tmp_path / "openapi.json").write_text(json.dumps(callable_part(description, tickets)))
    said = called(town, service, tmp_path, *ONE_BY_ONE)
    generated = re.search(r"(\d+) generated, \1 passed", said)
    assert generated is not None, said
    assert int(generated[1]) > 2 * routes
    said = called(town, service, tmp_path, *IN_SEQUENCE)
    ran = re.search(r"Scenarios: +(\d+)\s+API Links: +(\d+) covered", said)
    assert ran is not None, said
    assert int(ran[1]) > 0, said
    if SECONDS >= LONG:
        assert int(ran[2]) > 0, said


def called(town: Town, service: str, folder: Path, phases: str, seconds: int) -> str:
    """What Schemathesis reports; every check has passed. How fast it makes its calls up is none."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json"),
            *("--url", town.running.urls[service], "--phases", phases),
            *("--header", f"Authorization: Bearer {town.token(CALLERS[service])}"),
            *("--checks", CHECKS, "--max-time", str(seconds), "--request-timeout", "10"),
            *("--suppress-health-check", "filter_too_much,too_slow"),
            *("--warnings", "off", "--no-color", "--generation-database", ":memory:"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS * 3 + 50,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    return done.stdout
