"""Every command of docs/operations.md is one, and does on a running city what the page says."""

from __future__ import annotations

import re
import shlex

import click
import pytest
import yaml

from hotline.cli.main import cli
from tests.integration.ops.conftest import City
from tests.integration.ops.test_commands import hotline
from tests.support.images import ROOT
from tests.support.rendered import FOLDER, OVERLAYS, of_kind, rendered

in_the_city = pytest.mark.asyncio(loop_scope="package")

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCKS = [
    line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
]
SPANS = [
    " ".join(span.split())
    for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
]


@in_the_city
@pytest.mark.parametrize("line", sorted(set(BLOCKS)))
async def test_a_runbooks_command_runs(city: City, line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "hotline"
    if words[1:3] == ["ops", "drain"]:
        await city.post(1)
    code, said = await hotline(city, *words[1:])
    assert code == 0, said


def test_every_block_is_run() -> None:
    assert len(BLOCKS) >= 14
    assert {line.split()[1] for line in BLOCKS} >= {"ops", "migrate", "key", "parked", "verify"}


@pytest.mark.parametrize("span", sorted({s for s in SPANS if s.startswith("hotline ")}))
def test_a_command_in_a_sentence_is_one(span: str) -> None:
    """Names and options exist; what stands in capitals or angle brackets is the reader's."""
    found: click.Command = cli
    words = shlex.split(re.sub(r"\[.*?\]", "", span))[1:]
    while words and isinstance(found, click.Group):
        inner = found.get_command(click.Context(found), words[0])
        assert inner is not None, span
        found, words = inner, words[1:]
    options = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, span


def test_what_kubectl_is_told_is_there() -> None:
    kubectl = [span for span in SPANS if span.startswith("kubectl ")]
    assert len(kubectl) >= 8
    names = {
        f"{kind.lower()}/{r['metadata']['name']}"
        for kind in ("StatefulSet", "Job")
        for r in of_kind(rendered("production"), kind)
    }
    for span in kubectl:
        for kind, name in re.findall(r"(statefulset|job)[/ ](hotline-\w+)", span):
            assert f"{kind}/{name}" in names, span
        for pod in re.findall(r"exec (\S+)-0 ", span):
            assert f"statefulset/{pod}" in names, span
        for overlay in re.findall(r"overlays/(\w+)", span):
            assert overlay in OVERLAYS
            assert (FOLDER / "overlays" / overlay).is_dir()


def test_secrets_are_those_that_the_manifests_name() -> None:
    listed = set(re.findall(r"^ +\| `(hotline-[\w-]+)` \|", TEXT, re.MULTILINE))
    text = yaml.safe_dump_all(rendered("production"))
    wanted = set(
        re.findall(
            r"(?:secretName|name): (hotline-(?:personal|backup|tls|datasync-token|webhooks))", text
        )
    )
    assert listed == wanted


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-")
        for h in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("http"):
            assert (ROOT / "docs" / target.partition("#")[0]).exists(), target


@in_the_city
async def test_a_city_that_is_installed_twice_stays_as_it_is(city: City) -> None:
    for _ in range(2):
        code, said = await hotline(city, "migrate")
        assert (code, said) == (0, "")
