"""One stack at a time in one folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotline.dev.failure import StackFailure
from hotline.dev.lock import exclusive


def test_a_second_run_in_the_same_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    sentence = rf"already runs.*process {os.getpid()}"
    with (
        exclusive(tmp_path),
        pytest.raises(StackFailure, match=sentence),
        exclusive(tmp_path),
    ):
        pytest.fail("both hold the lock")


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())
