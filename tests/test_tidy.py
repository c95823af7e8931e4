"""The house stays in order: who may import whom, and how long anything may get."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICES = ("intake", "dispatch", "deadline", "evaluation", "datasync")
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION = 300, 60, 25
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"}


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of ours; generated code is not ours to tidy."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    found = [ROOT / name for name in listed if not name.endswith("_pb2.py")]
    return tuple(path for path in found if path.exists())


def under(*parts: str) -> list[Path]:
    folder = ROOT.joinpath(*parts)
    return [path for path in sources() if folder in path.parents]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def domain_breaches(service: str, names: Iterator[str]) -> list[str]:
    allowed = (f"services.{service}.domain", "services.kernel.decider")
    return [
        name
        for name in names
        if not name.startswith(allowed) and name.partition(".")[0] not in sys.stdlib_module_names
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_imports_the_standard_library_itself_and_the_decider_only(service: str) -> None:
    files = under("services", service, "domain")
    assert files, f"{service} has no domain"
    for path in files:
        assert not domain_breaches(service, imports(path)), path


def test_the_domain_rule_can_fail() -> None:
    assert domain_breaches("intake", iter(["asyncpg"])) == ["asyncpg"]
    assert domain_breaches("intake", iter(["services.dispatch.domain.ticket"]))


@pytest.mark.parametrize("service", SERVICES)
def test_services_never_import_each_other(service: str) -> None:
    others = tuple(f"services.{name}" for name in SERVICES if name != service)
    for path in under("services", service):
        assert not [name for name in imports(path) if name.startswith(others)], path


def test_the_kernel_knows_no_service() -> None:
    words = tuple(f"services.{name}" for name in SERVICES)
    packages = tuple(f"hotline.{name}" for name in SERVICES)
    for path in under("services", "kernel"):
        assert not [name for name in imports(path) if name.startswith(words + packages)], path


def test_the_domain_reads_no_clock_and_makes_no_ids() -> None:
    banned = {"now", "utcnow", "today", "uuid4", "urandom", "token_hex"}
    for service in SERVICES:
        for path in under("services", service, "domain"):
            calls = {
                node.func.attr
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert not calls & banned, path


def test_nothing_is_called_utils() -> None:
    for path in sources():
        assert path.stem not in BANNED_NAMES, path


def test_no_file_and_no_function_gets_too_long() -> None:
    lengths = []
    for path in sources():
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= LONGEST_FILE, f"{path}: {lines} lines"
        for name, length in functions(path):
            assert length <= LONGEST_FUNCTION, f"{path}: {name} has {length} lines"
            lengths.append(length)
    short = sum(length <= USUAL_FUNCTION for length in lengths)
    assert short / len(lengths) >= 0.9


def test_what_tests_are_told_by_the_environment_no_service_takes_for_a_setting() -> None:
    told = re.compile(r'environ\.get\("(\w+)"')
    names = {n for f in (ROOT / "tests").rglob("*.py") for n in told.findall(f.read_text("utf-8"))}
    assert "DRILLS" in names
    assert not {name for name in names if name.startswith("HOTLINE_")}
