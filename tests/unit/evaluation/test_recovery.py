"""What Faust's recovery lets in before its queues are clear would be lost: nothing may be."""

from __future__ import annotations

from unittest.mock import AsyncMock, Mock

import pytest
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.evaluation.adapters.recovery import LosslessRecovery, Tables, Transport

SOURCE = TP("hotline.measures.v1", 0)


class Consumer:
    """Reads whenever its flow is on; tells what it was allowed to read, and when."""

    def __init__(self) -> None:
        self.flow, self.steps = True, list[str]()
        self._active: set[TP] = set()

    def assignment(self) -> set[TP]:
        return {SOURCE}

    def stop_flow(self) -> None:
        self.flow = False

    def resume_flow(self) -> None:
        self.flow = True
        self.step("flow")

    def resume_partitions(self, partitions: set[TP]) -> None:
        self._active.update(partitions)
        self.step("partitions")

    async def perform_seek(self) -> None:
        self.step("seek")

    def step(self, name: str) -> None:
        reads = self.flow and SOURCE in self._active
        self.steps.append(f"{name}, reading" if reads else name)


def recovery(kind: type[Recovery], consumer: Consumer) -> Recovery:
    """One whose tables are there."""
    app = Mock(consumer=consumer, consumer_generation_id=1)
    app.on_rebalance_complete.send = AsyncMock()
    app._fetcher.maybe_start = AsyncMock()
    app.flow_control.resume.side_effect = lambda: consumer.step("clear")
    app.conf.broker_request_timeout = 1.0
    tables = Mock(changelog_topics=set(), tables={})
    tables.values.return_value = []
    made = kind(app, tables)
    made._is_changelog_tp = lambda tp: False
    return made


async def test_nothing_is_read_until_the_queues_are_clear() -> None:
    consumer = Consumer()
    await recovery(LosslessRecovery, consumer).on_recovery_completed(1)
    assert consumer.steps == ["partitions", "seek", "clear", "flow, reading"]


async def test_faust_alone_reads_what_it_then_clears() -> None:
    """When this fails, Faust has mended it, and ours can go."""
    consumer = Consumer()
    await recovery(Recovery, consumer).on_recovery_completed(1)
    assert consumer.steps[:3] == ["partitions, reading", "seek, reading", "clear, reading"]


def test_the_tables_recover_so() -> None:
    assert isinstance(Tables(Mock()).recovery, LosslessRecovery)


async def test_where_nothing_was_committed_it_goes_back_to_the_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh, begun, table = SOURCE, TP("hotline.measures.v1", 1), TP("units-changelog", 0)
    committed = AsyncMock(return_value={fresh: None, begun: 7, table: None})
    monkeypatch.setattr(driver.Consumer, "seek_to_committed", committed)
    consumer = Transport.Consumer.__new__(Transport.Consumer)
    consumer.earliest_offsets = AsyncMock(side_effect=lambda *tps: dict.fromkeys(tps, 3))
    consumer.seek_wait = AsyncMock()
    consumer._is_changelog_tp = lambda tp: tp == table
    assert await consumer.seek_to_committed() == {fresh: None, begun: 7, table: None}
    consumer.seek_wait.assert_awaited_once_with({fresh: 3})
