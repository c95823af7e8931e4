"""R35: a contact comes by Kafka sealed, but for the time that a channel's entry gives it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from nacl.public import PrivateKey

from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.intake.v1.events_pb2 import KIND_COMPLAINT, URGENCY_NORMAL
from services.intake.adapters.books import Books
from services.intake.adapters.boxes import Box, Boxes
from services.intake.adapters.channels import load_channels, parse_channels
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import load
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.kernel.codec import PROTOBUF
from services.kernel.decider import replace
from services.kernel.kafka_commands import Refused
from services.kernel.personal import MasterKeys

LAST = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 4, tzinfo=UTC)  # in China
MIDNIGHT = datetime(2026, 3, 31, 16, tzinfo=UTC)


def desk(*, told: bool = True, until: date | None = LAST) -> Desk:
    """A city whose `web` may send unsealed until that day; `told`: it has a key of the week."""
    city = load("sample")
    channels = dict(city.catalogue.switchboard.channels)
    channels["web"] = replace(channels["web"], unsealed_until=until)
    switchboard = replace(city.catalogue.switchboard, channels=channels)
    city = replace(city, catalogue=replace(city.catalogue, switchboard=switchboard))
    vault = MemoryVault(Rows(), MasterKeys([b"m" * 32]), b"i" * 32, "86")
    boxes = Boxes()
    if told:
        boxes.take({"2026-w14": Box("2026-w14", PrivateKey.generate())})
    return Desk(vault, Books(city), boxes=boxes)


async def taken(desk: Desk, at: datetime, import_id: str = "", contact: str = "1380013") -> bool:
    """Else it was refused for that it is not sealed, and nothing of the person is kept."""
    matter = SubmitMatter(
        channel="web", kind=KIND_COMPLAINT, category="traffic/road", area="yingzhou",
        title="Pothole", contact=contact, urgency=URGENCY_NORMAL,
    )  # fmt: skip
    body = matter.SerializeToString()
    try:
        await desk.submit(body, PROTOBUF, ("web", "w1"), at=at, import_id=import_id)
    except Refused as refused:
        found = refused.problem[:2]
    else:
        return True
    assert found == (422, "unsealed")
    assert persons(desk) == 0
    return False


def persons(desk: Desk) -> int:
    assert isinstance(desk.vault, MemoryVault)
    return len(desk.vault.rows.wrapped)


async def test_without_an_entry_that_gives_time_an_unsealed_contact_is_refused() -> None:
    assert not await taken(desk(until=None), NOON)


async def test_a_channel_has_time_until_the_end_of_its_last_day_in_the_city() -> None:
    assert await taken(desk(), MIDNIGHT - timedelta(seconds=1))
    assert not await taken(desk(), MIDNIGHT)


async def test_an_import_has_no_time_for_it_states_its_own() -> None:
    assert not await taken(desk(), NOON, import_id="history")


async def test_whom_nobody_told_a_key_cannot_seal() -> None:
    assert await taken(desk(told=False, until=None), NOON)


async def test_who_names_nobody_need_not_seal() -> None:
    assert await taken(desk(until=None), NOON, contact="")


@pytest.mark.parametrize("wrong", ["soon", 7, ""])
def test_the_day_of_an_entry_is_checked_when_it_is_published(wrong: object) -> None:
    _, document = load_channels("sample")
    channels = [{**c, "unsealed_until": wrong} for c in document["channels"][:1]]
    with pytest.raises(ValueError, match="unsealed_until"):
        parse_channels({**document, "channels": channels}, "channels")
