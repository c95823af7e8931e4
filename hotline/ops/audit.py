"""`python -m hotline.ops.audit`: known weaknesses of what we ship, by pip-audit.

Where its advisories cannot be reached it says so and passes: it must never pass in silence.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TIMEOUT_S = 300.0
_LOCKED = ("export", "--frozen", "--no-default-groups", "--no-emit-project", "-q", "-o")
_AUDIT = ("--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json", "-r")


def verdict(report: Any) -> tuple[int, str]:
    """Exit code and sentence of pip-audit's report; None: it could not make one."""
    packages = report["dependencies"] if isinstance(report, dict) else []
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        return 0, "audit: SKIPPED: the advisories cannot be reached from here."
    weak = [
        f"{package['name']} {package['version']}: {found['id']}"
        for package in audited
        for found in package["vulns"]
    ]
    if weak:
        return 1, "audit: renew or replace " + "; ".join(weak) + "."
    left_out = [p["name"] for p in packages if "skip_reason" in p]
    besides = f" Not known there: {', '.join(left_out)}." if left_out else ""
    return 0, f"audit: no known weakness in {len(audited)} packages.{besides}"


def main() -> None:
    """Exit code 1 where something is known to be weak."""
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder) / "requirements.txt"
        subprocess.run([BIN / "uv", *_LOCKED, locked], check=True, timeout=TIMEOUT_S)
        try:
            done = subprocess.run(
                [BIN / "pip-audit", *_AUDIT, locked],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            report = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            report = None
    code, sentence = verdict(report)
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
