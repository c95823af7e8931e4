"""What a Dockerfile says, instruction by instruction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """`name` in capitals; `words` of the exec form, or None where it is the shell's."""

    name: str
    text: str

    @property
    def words(self) -> list[str] | None:
        start = self.text.find("[")
        if start < 0:
            return None
        found: list[str] = json.loads(self.text[start:])
        return found


def stages(text: str) -> list[list[Instruction]]:
    """The instructions of each stage; what stands before the first FROM is left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: list[list[Instruction]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            found.append([])
        elif name and found:
            found[-1].append(Instruction(name, " ".join(rest.split())))
    return found


def only(stage: list[Instruction], name: str) -> Instruction:
    """The one instruction of this name."""
    [found] = [each for each in stage if each.name == name]
    return found


def variables(stage: list[Instruction]) -> dict[str, str]:
    """What ENV sets."""
    pairs = (part for each in stage if each.name == "ENV" for part in each.text.split())
    return dict(part.split("=", 1) for part in pairs)
