"""The committed messages are what the pinned compiler makes of `proto/`."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import google.protobuf
import pytest

from hotline.contracts.generate import generate, generated
from hotline.contracts.protos import COMPILER, PROTO, ROOT, ContractError

GENCODE = re.compile(r"^# Protobuf Python Version: (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated")
    generate(out)
    return out


def contents(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in generated(out)}


def test_every_generated_file_is_committed_as_it_is_made_and_no_other(fresh: Path) -> None:
    made, kept = contents(fresh), contents(ROOT)
    assert kept.keys() == made.keys(), "run `make contracts`"
    assert [n for n in made if made[n] != kept[n]] == [], "run the same"


def test_another_proto_makes_other_files(tmp_path: Path) -> None:
    changed = tmp_path / "proto"
    shutil.copytree(PROTO, changed)
    file = changed / "hotline/datasync/v1/feed.proto"
    file.write_text(file.read_text().replace("uint32 bucket = 2;", "uint64 bucket = 2;"))
    generate(tmp_path, changed)
    name = "hotline/datasync/v1/feed_pb2.py"
    assert contents(tmp_path)[name] != contents(ROOT)[name]


def test_a_proto_that_does_not_compile_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "bad.proto").write_text('syntax = "proto3"; message {}')
    with pytest.raises(ContractError, match=r"bad\.proto"):
        generate(tmp_path, tmp_path)


def test_compiler_and_runtime_are_pinned_together() -> None:
    """A runtime older than the compiler refuses to import what it wrote."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = [w.partition("#")[0].strip() for w in project["project"]["dependencies"]]
    tools = project["dependency-groups"]["dev"]
    versions = {v for t in contents(ROOT).values() for v in GENCODE.findall(t.decode())}
    assert len(versions) == 1
    gencode = versions.pop()
    major, minor = gencode.split(".")[:2]
    assert f"protobuf>={gencode},<{int(major) + 1}" in pinned
    assert any(w.startswith(f"grpcio-tools>={COMPILER},<") for w in tools)
    installed = tuple(int(n) for n in google.protobuf.__version__.split(".")[:2])
    assert (int(major), int(minor)) <= installed < (int(major) + 1, 0)
