"""Channels as data (R3): a new one needs no code, and what is not its own is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hotline.intake.v1 import commands_pb2, events_pb2
from services.intake.adapters import limiting
from services.intake.adapters.books import Books
from services.intake.adapters.channels import parse_channels
from services.intake.adapters.codec import CODEC, MissedCall, SubmittedMatter
from services.intake.adapters.desk import Desk
from services.intake.adapters.limiting import Limits
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.intake.domain import rejections
from services.intake.domain.channels import ChannelKind
from services.intake.domain.deciding import decider
from services.intake.domain.events import Event, TicketDiverted
from services.intake.domain.matter import Kind, MatterFacts, Urgency
from services.intake.domain.ticket import Ticket
from services.intake.service import outcome
from services.kernel import yaml_file
from services.kernel.codec import PROTOBUF
from services.kernel.decider import Rejection, replace
from services.kernel.kafka_commands import Refused
from services.kernel.personal import MasterKeys
from services.kernel.problems import Problem
from tests.unit.intake.matters import CITY, NOON, matter

FILE = """
version: "1"
answering: {within_s: 15, connected_percent: 95, over_hours: 24}
channels:
  - {id: phone, name: {zh: 电话, en: Telephone}, kind: telephone}
  - id: kiosk
    name: {zh: 自助终端, en: Kiosk}
    kind: other
    callers: [kiosk-1]
    states: [description, contact]
    per_minute: 2
    templates:
      accepted: {zh: "已受理{ticket}", en: "Taken in as {ticket}"}
      refused: {zh: "{reason}去{right_place}", en: "{reason} Go to {right_place}"}
"""
NEW = parse_channels(yaml_file.parse(FILE, "file"), "file")
EXTENDED = replace(CITY, catalogue=replace(CITY.catalogue, switchboard=NEW))
DECIDER = decider(Books(EXTENDED).laid_down)


def when(**changes: Any) -> Sequence[Event]:
    stated = {"channel": "kiosk", "by": "kiosk-1", "stated": ("description",)}
    return DECIDER.decide(replace(matter(), **(stated | changes)), Ticket())


def test_r3_a_new_channel_needs_no_code() -> None:
    """R3, S1."""
    received: Any = when()[0]
    assert received.channel == "kiosk"
    assert NEW.channels["kiosk"].kind is ChannelKind.OTHER


@pytest.mark.parametrize(
    ("changes", "rejection", "said"),
    [
        ({"channel": "moon"}, rejections.UnknownChannel, "no such channel. (moon)"),
        ({"by": "other"}, rejections.NotTheChannelsCaller, "belongs to others"),
        (
            {"stated": ("description", "facts", "confidential")},
            rejections.NotStatedThere,
            "(confidential; facts)",
        ),
    ],
)
def test_r3_what_is_not_the_channels_is_refused_in_words(
    changes: dict[str, Any], rejection: type[Rejection], said: str
) -> None:
    """R3."""
    with pytest.raises(rejection) as caught:
        when(**changes)
    assert said in caught.value.message


def test_r11_an_emergency_goes_on_whatever_its_channel_may_state() -> None:
    """R11 before R3."""
    urgent = replace(
        matter(emergency_ongoing=True), channel="kiosk", by="kiosk-1", stated=("facts",)
    )
    assert isinstance(DECIDER.decide(urgent, Ticket())[1], TicketDiverted)


def test_what_is_imported_came_through_channels_of_its_time() -> None:
    assert when(channel="telegraph", by="importer", stated=None)


def test_a_channel_without_lists_takes_all_that_a_matter_may_state() -> None:
    assert when(channel="phone", by="anybody", stated=("facts", "description"))


def test_r3_an_answer_speaks_in_the_words_of_its_channel() -> None:
    """R3: templates; where a channel has none, the answer has no message."""
    accepted = DECIDER.fold(when())
    told = outcome("T-1", accepted, NEW)
    assert told["message"] == {"zh": "已受理T-1", "en": "Taken in as T-1"}
    refused = DECIDER.fold(DECIDER.decide(court(), Ticket()))
    message = outcome("T-1", refused, NEW)["message"]
    assert "12368" in message["zh"]
    assert message["en"].startswith("This is the duty of an organ outside the government")
    plain = DECIDER.fold(when(channel="phone"))
    assert "message" not in outcome("T-1", plain, NEW)


def test_r18_a_text_message_asks_for_what_is_missing_in_the_citizens_language() -> None:
    lacking = replace(matter(Kind.HELP, missing=("address", "contact")), channel="sms", stated=())
    asked = DECIDER.fold(decider(Books(CITY).laid_down).decide(lacking, Ticket()))
    message = outcome("T-1", asked, CITY.catalogue.switchboard)["message"]
    assert message["zh"].startswith("请补充：详细地址、联系方式。")
    assert message["en"].startswith("Please supply: address, contact.")


def test_r5_a_text_message_gives_the_answer_itself() -> None:
    asks = replace(matter(Kind.CONSULTATION, kb_answer="KB-4"), channel="sms", stated=())
    facts = decider(Books(CITY).laid_down).decide(asks, Ticket())
    said = CITY.catalogue.articles["KB-4"].answer
    told = outcome("T-1", DECIDER.fold(facts), CITY.catalogue.switchboard)
    assert told["message"] == {"zh": f"答复：{said.zh}", "en": f"Answer: {said.en}"}
    assert told["answer"]["text"] == {"zh": said.zh, "en": said.en}
    answered: Any = facts[1]
    before = replace(answered, article_version="", answer_zh="", answer_en="")
    old = outcome("T-1", DECIDER.fold([facts[0], before]), CITY.catalogue.switchboard)
    assert old["message"]["zh"].startswith("答复：知识库已有答复（KB-4）")


def court() -> Any:
    return replace(matter(Kind.HELP, organ="court"), channel="kiosk", by="kiosk-1", stated=())


async def test_r3_a_channel_sends_so_many_a_minute_and_is_told_when_to_go_on() -> None:
    """R3."""
    limits, ids = Limits(), count()
    vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "86")

    async def wait_s(at: datetime, channel: str = "kiosk") -> int:
        return await limits.wait_s(channel, 2, at, ("kiosk-1", f"k{next(ids)}"), vault.turns)

    assert [await wait_s(NOON) for _ in range(3)] == [0, 0, 60]
    assert await wait_s(NOON + timedelta(seconds=59, microseconds=1)) == 1
    assert await wait_s(NOON, "other") == 0
    for minutes in (60, 1, 30):
        later = NOON + timedelta(minutes=minutes)
        assert [await wait_s(later) for _ in range(3)] == [0, 0, 60]


async def test_r3_the_limit_holds_for_http_and_for_submissions_and_not_for_imports() -> None:
    """R3: 429 with Retry-After, by Kafka as the answer's problem."""
    vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "86")
    desk = Desk(vault, Books(EXTENDED))
    assert desk.zone == ZoneInfo("Asia/Shanghai")
    new, importer = ("kiosk-1", "k3"), ("importer", "k3")
    posted = SubmittedMatter("kiosk", "traffic/road", "yingzhou", "Pothole", Kind.HELP)
    for key in ("k1", "k2"):
        await desk.received(posted, NOON, ("kiosk-1", key))
    with pytest.raises(Problem) as caught:
        await desk.received(posted, NOON, new)
    assert (caught.value.status_code, caught.value.type) == (429, "/problems/channel-limit")
    assert caught.value.headers == {"Retry-After": "60"}
    body = _body()
    with pytest.raises(Refused, match="again after 60 s"):
        await desk.submit(body, PROTOBUF, new, at=NOON, import_id="")
    urgent = replace(posted, facts=MatterFacts(emergency_ongoing=True))
    assert (await desk.received(urgent, NOON, new)).command.facts.emergency_ongoing
    missed = MissedCall("kiosk", "12345", 30, "13800138000")
    with pytest.raises(Problem):
        await desk.missed(missed, NOON, new)
    made = await desk.submit(body, PROTOBUF, importer, at=NOON, import_id="old")
    assert made.command.stated is None
    call = commands_pb2.RecordMissedCall(channel="kiosk", called_number="12345", caller="1")
    missing = call.SerializeToString()
    with pytest.raises(Refused, match="again after 60 s"):
        await desk.submit_missed_call(missing, PROTOBUF, new, at=NOON, import_id="")
    for _ in range(3):
        await desk.submit_missed_call(missing, PROTOBUF, importer, at=NOON, import_id="old")


async def test_r3_a_submission_that_is_read_again_takes_no_further_turn() -> None:
    """As when a batch is undone, or a sender repeats what was taken: by sender, id and minute."""
    vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "86")
    desk, body = Desk(vault, Books(EXTENDED)), _body()
    call = commands_pb2.RecordMissedCall(channel="kiosk", called_number="12345", caller="1")

    async def reads(sender: str, key: str, at: datetime = NOON) -> None:
        await desk.submit(body, PROTOBUF, (sender, key), at=at, import_id="")

    for _ in range(3):  # of two a minute
        await reads("kiosk-1", "k1")
        missing = call.SerializeToString()
        by = ("kiosk-1", "k2")
        await desk.submit_missed_call(missing, PROTOBUF, by, at=NOON, import_id="")
    for sender, key in (("kiosk-1", "k3"), ("kiosk-2", "k1")):
        for _ in range(2):
            with pytest.raises(Refused, match="again after 60 s"):
                await reads(sender, key)
    later = NOON + timedelta(minutes=1)
    for key in ("k1", "k4"):
        await reads("kiosk-1", key, later)
    with pytest.raises(Refused):
        await reads("kiosk-1", "k5", later)


async def test_r3_of_turns_that_were_taken_a_process_remembers_the_last_few_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limiting, "_MOST_TAKEN", 2)
    limits, asked = Limits(), 0

    async def take(*_: object) -> int:
        nonlocal asked
        asked += 1
        return 1

    for key in ("k1", "k2", "k1", "k3", "k1", "k2"):
        assert await limits.wait_s("kiosk", 60, NOON, ("kiosk-1", key), take) == 0
    assert asked == 4  # k2 was forgotten


def test_r3_what_comes_by_kafka_without_an_urgency_is_normal_as_over_http() -> None:
    body = commands_pb2.SubmitMatter.FromString(_body())
    body.ClearField("urgency")
    name = body.DESCRIPTOR.full_name
    found = CODEC.command(name, body.SerializeToString(), PROTOBUF, {})
    assert found.urgency is SubmittedMatter("kiosk", "", "", "").urgency is Urgency.NORMAL


def _body() -> bytes:
    return commands_pb2.SubmitMatter(
        channel="kiosk",
        kind=events_pb2.KIND_HELP,
        urgency=events_pb2.URGENCY_NORMAL,
        category="traffic/road",
        area="yingzhou",
        title="Pothole",
    ).SerializeToString()


async def test_only_what_differs_from_leaving_it_out_counts_as_stated() -> None:
    vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "86")
    desk = Desk(vault, Books(EXTENDED))
    posted = SubmittedMatter(
        "web", "traffic/road", "yingzhou", "Pothole", Kind.HELP, description="deep", latitude=0.0
    )
    made = await desk.received(posted, NOON, ("me", "k1"))
    assert made.command.stated == ("description", "latitude")
    assert (await desk.received(posted, NOON, ("me", "k1"), import_id="old")).command.stated is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("id: phone, ", "", "channels.0: missing ['id']"),
        ("id: kiosk", "id: phone", "channels.1: phone stands there twice"),
        ("kind: other", "kind: pigeon", "kind: 'pigeon' is not one of telephone, internet, other"),
        ("[kiosk-1]", "[]", "callers must be a list of texts"),
        ("[description, contact]", "[colour]", "states: 'colour' is not one of urgency,"),
        ("[description, contact]", "[title]", "states: 'title' is not one of"),
        ("per_minute: 2", "per_minute: -2", "per_minute: -2 is no number from 0"),
        ("accepted:", "praised:", "templates: unknown ['praised']"),
        ("{ticket}", "{code}", "templates.accepted: {code} is not one of"),
        ("within_s: 15", "within_s: 0", "answering.within_s: 0 is no number from 1"),
        ("connected_percent: 95", "connected_percent: 101", "is no number from 1 to 100"),
        ("answering: {", "answers: {", "the file: unknown ['answers']"),
    ],
)
def test_a_mistake_in_the_channels_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in FILE
    with pytest.raises(ValueError, match=r"^file: ") as caught:
        parse_channels(yaml_file.parse(FILE.replace(old, new, 1), "file"), "file")
    assert sentence in str(caught.value)
