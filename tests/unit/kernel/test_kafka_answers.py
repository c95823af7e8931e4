"""Commands by Kafka through a process: decided once, answered always."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from hotline.dispatch.v1 import commands_pb2
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Outgoing
from services.kernel.codec import rfc3339
from services.kernel.commands import hash_of_command
from services.kernel.names import COMMANDS, bucket_of
from services.kernel.service import CommandRule, Service
from tests.support.desks import NoteProgress, desk
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process
from tests.support.senders import KnownSenders, Signer, changed
from tests.support.virtual import START

TICKET, OTHER = "T-1", "T-2"
DPR, CLERK = Signer("dpr", "unit"), Signer("clerk", "staff")
CHANNEL, IMPORTER = Signer("web", "channel"), Signer("old-city", "importer")
SIGNERS = (DPR, CLERK, CHANNEL, IMPORTER)


def ruled() -> Service:
    """The desk, with a rule who may note."""
    rule = CommandRule("note", NoteProgress, frozenset({"unit", "staff"}))
    return replace(desk(), commands=(rule,))


@pytest.fixture
def town(town: City) -> City:
    town.know(*SIGNERS)
    return town


@pytest.fixture
async def dispatch(town: City) -> Process:
    return await town.process(ruled())


def answers(town: City, signer: Signer = DPR) -> list[CommandAnswered]:
    return [CommandAnswered.FromString(r.value) for r in town.log(signer.replies)]


def problem(answer: CommandAnswered) -> tuple[int, str]:
    return answer.status, orjson.loads(answer.body)["type"].rpartition("/")[2]


async def sent(town: City, dispatch: Process, *records: Outgoing) -> list[CommandAnswered]:
    """All answers so far, once the records were read as one batch."""
    await town.publish(*records)
    await dispatch.read()
    return answers(town)


async def test_a_command_is_decided_at_the_brokers_time_and_answered(
    town: City, dispatch: Process
) -> None:
    town.clock.advance(minutes=1)
    (answer,) = await sent(town, dispatch, DPR.note(TICKET, "called", "c1", START))
    (fact,) = await dispatch.ledger(TICKET)
    assert (fact.time, fact.by, fact.command_id) == (town.clock.now(), "dpr", "dpr/c1")
    assert (answer.command_id, answer.ticket_id, answer.status) == ("c1", TICKET, 201)
    assert orjson.loads(answer.body)["facts"] == ["ProgressNoted"]
    assert answer.position == f"dispatch/{fact.bucket}/{fact.position}"


@pytest.mark.parametrize("together", [True, False])
async def test_the_same_command_twice_is_one_fact_and_the_same_answer(
    town: City, dispatch: Process, together: bool
) -> None:
    command = DPR.note(TICKET, "called", "c1", START)
    found = await (sent if together else sent_apart)(town, dispatch, command, command)
    assert len(await dispatch.ledger(TICKET)) == 1
    assert {a.SerializeToString() for a in found} == {found[0].SerializeToString()}
    assert len(found) == (1 if together else 2)


async def test_many_repeats_on_one_ticket_are_all_answered(town: City, dispatch: Process) -> None:
    commands = [DPR.note(TICKET, f"note {n}", f"c{n}", START) for n in range(6)]
    first = await sent(town, dispatch, *commands)
    again = (await sent(town, dispatch, *commands, DPR.note(TICKET, "new", "c7", START)))[6:]
    assert [a.SerializeToString() for a in again[:6]] == [a.SerializeToString() for a in first]
    assert again[6].status == 200
    assert len(await dispatch.ledger(TICKET)) == 7


async def test_over_http_and_then_by_kafka_is_one_command(town: City, dispatch: Process) -> None:
    command = NoteProgress(START, "dpr", "called")
    hashed = hash_of_command(dispatch.service, TICKET, command)
    assert hashed is not None
    assert dispatch.runtime.performer is not None
    by_http = await dispatch.runtime.performer.perform(
        TICKET, command, sender="dpr", key="c1", body_hash=hashed, meta={"by": "dpr"}
    )
    (by_kafka,) = await sent(town, dispatch, DPR.note(TICKET, "called", "c1", START))
    assert (by_kafka.status, by_kafka.body) == (by_http.status, by_http.body)
    assert (by_kafka.version, by_kafka.position) == (by_http.version, by_http.position)
    assert len(await dispatch.ledger(TICKET)) == 1


async def test_json_and_protobuf_are_the_same_command(town: City, dispatch: Process) -> None:
    json = DPR.command(TICKET, "c1", START, b'{"note": "called"}', content_type="application/json")
    first, again = await sent_apart(town, dispatch, DPR.note(TICKET, "called", "c1", START), json)
    assert first.SerializeToString() == again.SerializeToString()


async def sent_apart(town: City, dispatch: Process, *records: Outgoing) -> list[CommandAnswered]:
    for record in records:
        await sent(town, dispatch, record)
    return answers(town)


@pytest.mark.parametrize("send", [sent, sent_apart])
@pytest.mark.parametrize("other", [(TICKET, "wrote"), (OTHER, "called")])
async def test_a_command_id_for_another_command_is_refused(
    town: City, dispatch: Process, send: Any, other: tuple[str, str]
) -> None:
    commands = [DPR.note(TICKET, "called", "c1", START), DPR.note(*other, "c1", START)]
    found = await send(town, dispatch, *commands)
    assert sorted(a.status for a in found) == [201, 422]
    assert problem(next(a for a in found if a.status == 422))[1] == "command-id-reused"
    assert len(await dispatch.ledger(TICKET)) + len(await dispatch.ledger(OTHER)) == 1


async def test_senders_choose_their_ids_for_themselves(town: City, dispatch: Process) -> None:
    await sent(
        town,
        dispatch,
        DPR.note(TICKET, "called", "c1", START),
        CLERK.note(TICKET, "wrote", "c1", START),
    )
    assert [f.by for f in await dispatch.ledger(TICKET)] == ["dpr", "clerk"]
    assert [a.status for a in answers(town, CLERK)] == [200]


async def test_a_rejection_is_an_answer_with_its_rule(town: City, dispatch: Process) -> None:
    command = DPR.note(TICKET, "", "c1", START)
    first, again = await sent_apart(town, dispatch, command, command)
    assert first.SerializeToString() == again.SerializeToString()
    assert first.status == 422
    assert orjson.loads(first.body)["rule"] == "R26"
    assert await dispatch.ledger(TICKET) == []


GOOD = DPR.note(TICKET, "called", "c1", START)
BODY = commands_pb2.NoteProgress(note="called").SerializeToString()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (changed(GOOD, signature="AAAA"), (401, "bad-signature")),
        (changed(GOOD, signature=None), (401, "missing-signature")),
        (changed(GOOD, signaturekeyid="k2"), (401, "unknown-key")),
        (changed(GOOD, ce_id="c2"), (401, "bad-signature")),
        (changed(GOOD, ce_type=None), (401, "bad-signature")),
        (changed(GOOD, ce_time=rfc3339(START + timedelta(minutes=6))), (401, "bad-signature")),
        (replace(GOOD, value=b""), (401, "bad-signature")),
        (replace(GOOD, key=OTHER.encode()), (401, "bad-signature")),
        (DPR.note(TICKET, "called", "c1", START - timedelta(minutes=6)), (401, "stale-signature")),
        (changed(GOOD, ce_id=None), (400, "command-id-missing")),
        (DPR.note(TICKET, "called", "c\0", START), (400, "command-id-missing")),
        (DPR.note("T\0x", "called", "c1", START), (400, "bad-ticket")),
        (
            DPR.command(TICKET, "c1", START, BODY, type_name="hotline.dispatch.v1.Sing"),
            (404, "unknown-command"),
        ),
        (
            DPR.command(TICKET, "c1", START, BODY, type_name="hotline.opera.v1.Sing"),
            (404, "unknown-command"),
        ),
        (DPR.command(TICKET, "c1", START, b"\xff"), (400, "bad-body")),
        (DPR.command(TICKET, "c1", START, BODY, content_type="text/plain"), (400, "bad-body")),
        (changed(GOOD, **{"content-type": "application/json"}), (401, "bad-signature")),
        (
            DPR.command(TICKET, "c1", START, BODY, signed={"ce_actingfor": "HPD"}),
            (403, "may-not-act-for"),
        ),
        (
            DPR.command(
                TICKET, "c1", START, BODY, signed={"ce_importid": "i", "ce_importtime": "2011"}
            ),
            (403, "not-an-importer"),
        ),
    ],
)
async def test_what_may_not_be_decided_is_answered_and_nothing_is_written(
    town: City, dispatch: Process, record: Outgoing, expected: tuple[int, str]
) -> None:
    (answer,) = await sent(town, dispatch, record)
    assert problem(answer) == expected
    assert await dispatch.store.next_positions(range(BUCKETS)) == dict.fromkeys(range(BUCKETS), 1)
    assert await dispatch.store.answers([("dpr", "c1")]) == {}


async def test_a_wrong_partition_is_answered_with_the_right_one(
    town: City, dispatch: Process
) -> None:
    ticket = next(t for t in (f"T-{n}" for n in range(99)) if bucket_of(t, BUCKETS) == 1)
    wrong = DPR.command(ticket, "c1", START, BODY, partition=2)
    (answer,) = await sent(town, dispatch, wrong)
    assert problem(answer) == (400, "wrong-partition")
    assert "belongs to partition 1, not 2" in orjson.loads(answer.body)["detail"]
    assert await dispatch.ledger(ticket) == []


async def test_a_forged_record_does_not_take_the_id_of_a_real_one(
    town: City, dispatch: Process
) -> None:
    found = await sent(town, dispatch, changed(GOOD, signature="AAAA"), GOOD)
    assert [a.status for a in found] == [401, 201]
    found = await sent(town, dispatch, changed(GOOD, signature="AAAA"), GOOD)
    assert [a.status for a in found[2:]] == [401, 201]


async def test_a_sender_that_nobody_knows_gets_no_topic(town: City, dispatch: Process) -> None:
    stranger = Signer("stranger", "unit")
    await sent(town, dispatch, stranger.note(TICKET, "called", "c1", START))
    assert await dispatch.ledger(TICKET) == []
    assert dispatch.inbox.rows[COMMANDS, bucket_of(TICKET, BUCKETS)].next_offset == 1


async def test_a_role_may_send_its_own_commands_only(town: City, dispatch: Process) -> None:
    await sent(town, dispatch, CHANNEL.note(TICKET, "called", "c1", START))
    (answer,) = answers(town, CHANNEL)
    assert problem(answer) == (403, "role-missing")
    assert await dispatch.ledger(TICKET) == []


async def test_a_command_of_another_service_is_left_to_it(town: City, dispatch: Process) -> None:
    theirs = DPR.command(TICKET, "c1", START, BODY, type_name="hotline.intake.v1.SubmitMatter")
    assert await sent(town, dispatch, theirs) == []


async def test_an_importer_states_the_time_itself(town: City, dispatch: Process) -> None:
    then = START - timedelta(days=400)
    stated = {"ce_importid": "i1", "ce_importtime": rfc3339(then), "ce_actingfor": "DPR"}
    await dispatch.store.close_buckets(range(BUCKETS), [], [], 0.0)
    await sent(town, dispatch, IMPORTER.command(TICKET, "c1", START, BODY, signed=stated))
    (fact,) = await dispatch.ledger(TICKET)
    assert (fact.time, fact.import_id, fact.by) == (then, "i1", "old-city")


@pytest.mark.parametrize(
    "time", ["yesterday", "2011-03-01T09:00:00", rfc3339(START + timedelta(1))]
)
async def test_an_importer_states_no_time_ahead_and_none_without_a_zone(
    town: City, dispatch: Process, time: str
) -> None:
    stated = {"ce_importid": "i1", "ce_importtime": time}
    await sent(town, dispatch, IMPORTER.command(TICKET, "c1", START, BODY, signed=stated))
    (answer,) = answers(town, IMPORTER)
    assert problem(answer) == (400, "bad-time")
    assert await dispatch.ledger(TICKET) == []


async def test_an_answer_that_was_not_sent_is_sent_at_the_next_round(
    town: City, dispatch: Process
) -> None:
    dispatch.store.forgetful = 1
    await town.publish(GOOD)
    with pytest.raises(Exception, match="lost in commit"):
        await dispatch.read()
    assert answers(town) == []
    assert await dispatch.runtime.replies.send_unsent() == 1
    assert await dispatch.runtime.replies.send_unsent() == 0
    await dispatch.worker.reclaim()
    await dispatch.read()
    (answer,) = answers(town)
    assert answer.status == 201
    assert len(await dispatch.ledger(TICKET)) == 1


async def test_a_sender_without_a_topic_keeps_nobody_elses_answers_back(town: City) -> None:
    lost = Signer("lost", "unit")
    town.senders = KnownSenders(*SIGNERS, lost)
    dispatch = await town.process(ruled())
    await town.publish(lost.note(OTHER, "called", "c0", START), GOOD)
    await dispatch.read()
    await asyncio.sleep(0)
    assert [a.status for a in answers(town)] == [201]
    assert await dispatch.runtime.replies.send_unsent() == 0
    town.bus.create(lost.replies, 1)
    assert await dispatch.runtime.replies.send_unsent() == 1
    assert [a.command_id for a in answers(town, lost)] == ["c0"]
