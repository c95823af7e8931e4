"""The sample city's past: real tickets with their dates moved so that they lead up to now."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from hotline.dev.identity import outside_folder
from hotline.dev.lock import exclusive
from hotline.dev.senders import signer
from hotline.history.importer import City, Importer, plan
from hotline.history.nyc import read_rows, shift_to
from hotline.history.progress import Progress
from services.kernel.bus import Bus
from services.kernel.tokens import dev_token

MARK = "imported.json"
IMPORT_ID = "nyc311"
_DATA = ("kafka", "postgres", "windows")


def is_imported(root: Path) -> bool:
    """Whether an earlier start has brought the whole past in."""
    return (root / MARK).exists()


def start_over(root: Path) -> bool:
    """Remove what a start left that was broken off; False where there was none.

    Raises StackFailure when the city runs. Keys and ports stay, and so do other folders in there.
    """
    with exclusive(root):
        found = [root / name for name in _DATA if (root / name).exists()]
        if (root / "postgres").exists():
            found.append(outside_folder(root / "postgres"))
        for folder in found:
            shutil.rmtree(folder, ignore_errors=True)
    return bool(found)


async def bring_in(
    root: Path,
    bus: Bus,
    intake_url: str,
    namespace: str,
    buckets: int,
    tell: Callable[[int, int], None],
) -> Progress:
    """Import up to now, then leave the mark. `tell(done, total)`. Raises ImportStalled."""
    city = City(
        bus=bus,
        signer=signer(root, "importer", namespace, buckets),
        intake_url=intake_url,
        token=dev_token("importer", "importer", run_dir=root),
        namespace=namespace,
        buckets=buckets,
        import_id=IMPORT_ID,
    )
    until = datetime.now(UTC) - timedelta(seconds=5)
    shift = shift_to(until)
    journeys = plan(read_rows(shift=shift), until)
    importer = Importer(city, journeys, lambda p: tell(p.done, p.total))
    progress = await importer.run(until)
    _leave_mark(
        root, {"until": until.isoformat(), "weeks": shift.days // 7, "tickets": progress.total}
    )
    return progress


def _leave_mark(root: Path, content: dict[str, object]) -> None:
    draft = root / f"{MARK}.new"
    draft.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.rename(root / MARK)
