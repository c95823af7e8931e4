"""`python -m hotline.dev.jgo_download FOLDER COORDINATE…`: jars by jgo, four at a time."""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import MavenContext

_TIMEOUT_S = 30


def download(coordinate: str, repository: Path, target: Path) -> str:
    """Put one jar into `target` and return its file name."""
    group, artifact, version = coordinate.split(":")
    context = MavenContext(repo_cache=repository, timeout=_TIMEOUT_S)
    file = context.project(group, artifact).at_version(version).artifact().resolve()
    return Path(shutil.move(file, target)).name


def main(target: Path, coordinates: list[str]) -> int:
    """Print each file name when it is there; the last line says why it failed, if it did."""
    with (
        tempfile.TemporaryDirectory(dir=target.parent) as repository,
        ThreadPoolExecutor(4) as pool,
    ):
        tasks = [pool.submit(download, each, Path(repository), target) for each in coordinates]
        try:
            for task in tasks:
                print(task.result(), flush=True)
        except (OSError, RuntimeError) as error:
            pool.shutdown(cancel_futures=True)
            print(f"{type(error).__name__}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
