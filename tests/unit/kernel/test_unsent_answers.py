"""No answer to a Kafka command is lost, also of one that was refused, whenever a process dies."""

from __future__ import annotations

import orjson
import pytest

from tests.support.processes import City, Process
from tests.support.senders import changed
from tests.unit.kernel.test_kafka_answers import DPR, GOOD, SIGNERS, TICKET, answers, ruled


@pytest.fixture
def town(town: City) -> City:
    town.know(*SIGNERS)
    return town


@pytest.fixture
async def dispatch(town: City) -> Process:
    return await town.process(ruled())


FORGED = changed(GOOD, signature="AAAA")


async def test_a_refusal_that_was_not_sent_is_sent_at_the_next_round(
    town: City, dispatch: Process
) -> None:
    dispatch.store.forgetful = 1
    await town.publish(FORGED)
    with pytest.raises(Exception, match="lost in commit"):
        await dispatch.read()
    assert answers(town) == []
    assert await dispatch.runtime.replies.send_unsent() == 1
    assert await dispatch.runtime.replies.send_unsent() == 0
    (answer,) = answers(town)
    assert answer.status == 401
    assert "signature" in orjson.loads(answer.body)["type"]
    assert await dispatch.ledger(TICKET) == []


async def test_a_refusal_under_an_id_does_not_pass_for_the_answer_of_the_real_command(
    town: City, dispatch: Process
) -> None:
    dispatch.store.forgetful = 1
    await town.publish(GOOD)
    with pytest.raises(Exception, match="lost in commit"):
        await dispatch.read()
    await dispatch.worker.reclaim()
    await town.publish(FORGED)
    await dispatch.read()
    assert [a.status for a in answers(town, DPR)] == [401]
    assert await dispatch.runtime.replies.send_unsent() == 1
    assert [a.status for a in answers(town, DPR)] == [401, 201]


async def test_a_refusal_that_was_sent_is_not_kept(town: City, dispatch: Process) -> None:
    await town.publish(FORGED)
    await dispatch.read()
    assert [a.status for a in answers(town)] == [401]
    assert await dispatch.store.unsent_replies(10) == []
