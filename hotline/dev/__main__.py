"""`python -m hotline.dev [FOLDER]`: broker and store alone, until Ctrl-C.

Prints one line of JSON when they are ready: {"bootstrap": …, "dsn": …}. Default folder: `.run`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from hotline.dev import interrupt
from hotline.dev.stack import Stack


async def main(root: Path) -> None:
    """Run until one of the two ends unasked."""
    async with Stack(root, say=_say) as running:
        print(json.dumps(asdict(running.info)), flush=True)
        await running.watch()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(interrupt.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".run"))))
