"""What becomes of child processes whose parent is killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil


async def dies_with(script: str, folder: Path) -> bool:
    """Run the script, which is given the folder and prints the id of a child; kill it: does the
    child end?"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    await parent.communicate()
    return psutil.wait_procs([child], timeout=10)[1] == []
