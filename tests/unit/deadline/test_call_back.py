"""The call-back clock (R3): two running hours from a missed call to the call back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain.clock import Phase
from tests.unit.deadline.test_policy import AT, CITIES, run


@pytest.mark.parametrize("city", CITIES)
def test_a_missed_call_is_to_be_called_back_within_two_hours(city: str) -> None:
    missed = intake.CallMissed(channel="phone", waited_s=31)
    clock = run((missed, AT), city=city).state.by_name["call_back"]
    assert clock.due_at == AT + timedelta(hours=2)
    back = intake.CalledBack(operator="operator-7")
    ended = run((missed, AT), (back, AT + timedelta(hours=1)), city=city)
    assert ended.state.by_name["call_back"].phase is Phase.STOPPED
