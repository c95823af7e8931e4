"""Schemathesis calls every route of every service as its description says and as it does not.

No call may end in a 5xx, and every answer must be one that the description names. FUZZ_S
says for how long each service is called.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Town

SECONDS = int(os.environ.get("FUZZ_S", "12"))
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
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,missing_required_header,unsupported_method"
)


def callable_part(description: dict[str, Any]) -> dict[str, Any]:
    """Without the endless route, and without Hotline-After: it asks to wait for a position, and of
    one that does not exist 503 is the right answer."""
    description["paths"].pop(ENDLESS, None)
    for path in description["paths"].values():
        for operation in path.values():
            kept = [p for p in operation.get("parameters", []) if p["name"] != "Hotline-After"]
            operation["parameters"] = kept
    return description


@pytest.mark.timeout(SECONDS * 3 + 120)
@pytest.mark.parametrize("service", CALLERS)
def test_no_call_ends_in_a_server_error(town: Town, tmp_path: Path, service: str) -> None:
    file = tmp_path / f"{service}.json"
    description = json.loads((DESCRIPTIONS / f"{service}.json").read_text())
    file.write_text(json.dumps(callable_part(description)))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(file)),
            *("--url", town.running.urls[service]),
            *("--header", f"Authorization: Bearer {town.token(CALLERS[service])}"),
            *("--checks", CHECKS, "--max-time", str(SECONDS), "--request-timeout", "10"),
            *("--warnings", "off", "--no-color", "--generation-database", ":memory:"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS * 3 + 100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    generated = re.search(r"(\d+) generated, \1 passed", done.stdout)
    assert generated is not None, done.stdout
    assert int(generated[1]) > 2 * len(description["paths"])  # an unknown ticket is waited for
