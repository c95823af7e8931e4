"""`python -m hotline.contracts.generate`: the Python messages from `proto/`."""

from __future__ import annotations

from pathlib import Path

from hotline.contracts.protos import PROTO, ROOT, ContractError, files, protoc

SUFFIXES = ("_pb2.py", "_pb2.pyi")


def generate(out: Path = ROOT, root: Path = PROTO) -> list[Path]:
    """Write every generated file below `out`; the files written. Raises ContractError."""
    protoc([f"--python_out={out}", f"--pyi_out={out}"], root)
    return sorted(
        out / f"{name.removesuffix('.proto')}{end}" for name in files(root) for end in SUFFIXES
    )


def generated(out: Path = ROOT) -> list[Path]:
    """Every generated file that is there, also of a proto that is gone."""
    return sorted(path for end in SUFFIXES for path in (out / "hotline").rglob(f"*{end}"))


def main() -> None:
    """Regenerate, and remove what no proto stands for any more."""
    try:
        written = generate()
    except ContractError as error:
        raise SystemExit(f"hotline: {error}") from None
    for path in set(generated()) - set(written):
        path.unlink()


if __name__ == "__main__":
    main()
