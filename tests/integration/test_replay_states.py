"""The states of a whole history, folded by several processes from the topic alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from hotline.bench.past import loops
from hotline.bench.replay import dispatch
from hotline.dev.stack import StackInfo
from hotline.replay.states import History, replay, workers
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.names import TICKETS, topic_of
from services.kernel.topics import make_topics, ticket_topics

BUCKETS = 4


async def test_every_process_folds_its_share_and_each_position_counts_once(
    stack: StackInfo, namespace: str
) -> None:
    await make_topics(stack.bootstrap, namespace, ticket_topics(BUCKETS))
    topic = topic_of(namespace, TICKETS)
    past = [fact for ticket in loops(30, BUCKETS) for fact in ticket]
    codec, decider = dispatch()
    mine = [fact for fact in past if fact.source == codec.source]
    last = max((f for f in mine if f.bucket == mine[0].bucket), key=lambda f: f.position)
    first = next(f for f in mine if f.ticket == last.ticket)
    # Behind the last: a type of a later release, then a fork; who has not heard of it says more.
    unknown = replace(last, type="hotline.dispatch.v1.Sung", position=last.position + 1)
    forked = replace(unknown, position=last.position + 2)
    stale = replace(first, position=last.position + 3)
    bus = KafkaBus(stack.bootstrap, "test", lambda: datetime.now(UTC))
    try:
        for _ in range(2):  # a relay that repeats itself
            await bus.publish([to_record(fact, topic) for fact in past])
        tail = [to_record(unknown, topic), to_record(forked, topic, 2), to_record(stale, topic)]
        await bus.publish(tail)
    finally:
        await bus.close()
    expected: dict[str, object] = {}
    for fact in mine:
        state = expected.get(fact.ticket, decider.initial)
        expected[fact.ticket] = decider.evolve(state, codec.decode(fact))
    assert decider.evolve(expected[last.ticket], codec.decode(stale)) != expected[last.ticket]
    history = History(stack.bootstrap, dispatch, namespace, BUCKETS)
    with workers(2) as pool:
        for shares in (1, 2, BUCKETS + 1):
            assert await asyncio.to_thread(replay, history, pool, shares) == expected
