"""What `hotline adopt` says is to be done next."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from hotline.cli.main import cli
from services.kernel.adopting import Adopted


@pytest.mark.parametrize(("disowned", "hinted"), [(0, False), (2, True)])
def test_timers_that_went_with_disowned_facts_need_a_rebuild(
    monkeypatch: pytest.MonkeyPatch, disowned: int, hinted: bool
) -> None:
    async def adopted(*_: Any) -> Adopted:
        return Adopted(2, 1, 0, disowned)

    monkeypatch.setattr("hotline.cli.adopt._adopted", adopted)
    where = ["--kafka", "kafka:9092", "--dsn", "postgresql://store/hotline"]
    said = CliRunner().invoke(cli, ["adopt", "deadline", "3", "--yes", *where])
    assert said.exit_code == 0, said.output
    assert f"{disowned} disowned" in said.output
    assert ("hotline rebuild deadline --from kafka" in said.output) is hinted
