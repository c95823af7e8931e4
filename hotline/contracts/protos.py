"""The contracts' sources: every `.proto` file, compiled with its comments."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorSet

from hotline.kernel.v1 import options_pb2  # its import makes our options readable

ROOT = Path(__file__).parents[2]
PROTO = ROOT / "proto"
COMPILER = "1.85"  # grpcio-tools; another one writes other files, or for another runtime
COMMANDS = "commands.proto"


class ContractError(Exception):
    """One clear sentence about what is wrong with the contracts or their tools."""


@dataclass(frozen=True, slots=True)
class Source:
    """A message or enum: full name, descriptor, its file, its place in it, and all comments."""

    name: str
    proto: DescriptorProto | EnumDescriptorProto
    file: str
    path: tuple[int, ...]
    comments: Mapping[tuple[int, ...], str]

    @property
    def comment(self) -> str:
        """Of the message or enum itself; empty without one."""
        return self.comments.get(self.path, "")

    def comment_of(self, part: int) -> str:
        """Of the field or enum value with that index."""
        return self.comments.get((*self.path, 2, part), "")


def files(root: Path = PROTO) -> list[str]:
    """Every `.proto` below `root`, as protoc wants them: relative, sorted."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.proto"))


def protoc(arguments: Sequence[str], root: Path = PROTO) -> None:
    """Run the pinned compiler over every file. Raises ContractError."""
    found = version("grpcio-tools")
    if not found.startswith(f"{COMPILER}."):
        raise ContractError(f"grpcio-tools must be {COMPILER}.x, not {found}: run `make setup`.")
    done = subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", *arguments, *files(root)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ContractError(done.stderr.strip() or "protoc failed without a word.")


@cache
def compiled() -> FileDescriptorSet:
    """All our files with their comments. Raises ContractError."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        protoc(["--include_source_info", f"--descriptor_set_out={out}"])
        return FileDescriptorSet.FromString(out.read_bytes())


@cache
def sources() -> Mapping[str, Source]:
    """Every message and enum by its full name, also those that stand inside others."""
    found: dict[str, Source] = {}
    for file in compiled().file:
        comments = {
            tuple(place.path): " ".join(place.leading_comments.split())
            for place in file.source_code_info.location
            if place.leading_comments
        }
        for n, message in enumerate(file.message_type):
            for source in _within(file.package, message, file.name, (4, n), comments):
                found[source.name] = source
        for n, enum in enumerate(file.enum_type):
            name = f"{file.package}.{enum.name}"
            found[name] = Source(name, enum, file.name, (5, n), comments)
    return found


def _within(
    scope: str,
    message: DescriptorProto,
    file: str,
    path: tuple[int, ...],
    comments: Mapping[tuple[int, ...], str],
) -> Iterator[Source]:
    name = f"{scope}.{message.name}"
    yield Source(name, message, file, path, comments)
    for n, inner in enumerate(message.nested_type):
        yield from _within(name, inner, file, (*path, 3, n), comments)
    for n, enum in enumerate(message.enum_type):
        yield Source(f"{name}.{enum.name}", enum, file, (*path, 4, n), comments)


def messages() -> dict[str, DescriptorProto]:
    """Every message that stands by itself, by full name."""
    return {
        name: source.proto
        for name, source in sources().items()
        if isinstance(source.proto, DescriptorProto) and len(source.path) == 2
    }


def published() -> list[str]:
    """Full names of the messages that a record's value may be, commands left out.

    That is: of all that are no part of another.
    """
    parts = {field.type_name.lstrip(".") for m in _all() for field in m.field if field.type_name}
    return sorted(
        name
        for name in messages()
        if name not in parts and not sources()[name].file.endswith(COMMANDS)
    )


def _all() -> list[DescriptorProto]:
    return [s.proto for s in sources().values() if isinstance(s.proto, DescriptorProto)]


def stage(message: DescriptorProto) -> str:
    """`dispatch` for STAGE_DISPATCH; empty for a message that names no stage."""
    options: Any = message.options
    number = options.Extensions[options_pb2.stage]
    return options_pb2.Stage.Name(number).removeprefix("STAGE_").lower() if number else ""
