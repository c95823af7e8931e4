"""`python -m tests.support.born WHAT`: tells what it is as JSON, then does what it is told."""

from __future__ import annotations

import json
import os
import signal
import sys


def main() -> None:
    parent = f"/proc/{os.getppid()}/task"
    told = {
        "argv": sys.argv[1:],
        "env": dict(os.environ),
        "cwd": os.getcwd(),
        "pid": os.getpid(),
        "session": os.getsid(0),
        "threads_of_parent": len(os.listdir(parent)) if os.path.exists(parent) else 1,
        "imported": [name for name in sys.modules if name.startswith("services.")],
    }
    sys.stdout.write(json.dumps(told) + "\n")
    match sys.argv[1:]:
        case ["fail"]:
            raise ValueError("as it was told")
        case ["code", code]:
            sys.exit(int(code))
        case ["stay"]:
            signal.pause()


if __name__ == "__main__":
    main()
