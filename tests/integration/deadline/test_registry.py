"""A calendar published over HTTP (R27), on the real broker and store and on the twins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline.deadline.v1 import events_pb2 as deadline
from services.deadline.domain.calendar_data import to_data
from services.kernel.codec import to_datetime
from services.kernel.identity import Principal
from tests.integration.deadline.city import City, now, week_off
from tests.integration.deadline.hall import ADMINISTRATOR, Hall
from tests.integration.deadline.web import STAFF
from tests.support.loops import BUCKETS, Loop, memory_loop, wait_until
from tests.unit.deadline.test_own_days import FUYANG
from tests.unit.deadline.tickets import accepted, dispatched


async def test_r27_a_published_notice_takes_effect_and_moves_what_is_open(loop: Loop) -> None:
    hall = Hall(await City.of(loop))
    await hall.start()
    try:
        await _published(hall)
    finally:
        await hall.stop()


async def test_r27_a_notice_of_the_nation_moves_what_is_open_in_a_city_that_lies_on_it(
    namespace: str,
) -> None:
    async with memory_loop(namespace) as loop:
        hall = Hall(await City.of(loop), (FUYANG,))
        await hall.start()
        try:
            await _published(hall)
        finally:
            await hall.stop()


async def _published(hall: Hall) -> None:
    await hall.city.say("T001", accepted(), now())
    await hall.city.say("T001", dispatched("U1"), now())

    async def started() -> bool:
        return await hall.due("T001", "resolve") is not None

    await wait_until(started, what="the clock")
    before, promised = await hall.due("T001", "resolve"), await hall.due("T001", "promise")
    later = hall.calendar.with_notice(week_off(), notice="国办发明电〔2026〕9号")
    name, document = "calendar/cn", to_data(later)
    assert (await hall.publish(name, document, STAFF)).status_code == 403
    foreign = await hall.publish(name, {**document, "id": "us"}, ADMINISTRATOR)
    assert (foreign.status_code, foreign.json()["title"]) == (422, "The document was not taken.")
    made = await hall.publish(name, document, Principal("boss", ADMINISTRATOR.roles))
    assert (made.status_code, made.json()["version"]) == (201, 1), made.text

    async def moved() -> bool:
        return bool(await hall.due("T001", "resolve") > before)

    await wait_until(moved, timeout_s=20, what="the clock to move")
    assert await hall.due("T001", "promise") == promised
    facts = await hall.city.told("T001 resolve ClockReplanned")
    [fact] = [f for f in facts if f.type.endswith("ClockReplanned") and f.ticket == "T001"
              and deadline.ClockReplanned.FromString(f.data).clock == "resolve"]  # fmt: skip
    replanned = deadline.ClockReplanned.FromString(fact.data)
    assert (replanned.by, replanned.calendar) == ("calendar", f"{hall.on}cn@{later.version}")
    assert to_datetime(replanned.old_due_at) == before

    async def done() -> bool:
        return await hall.city.clocks.planned_by() == dict.fromkeys(range(BUCKETS), 1)

    await wait_until(done, timeout_s=20, what="every bucket")
    await _listed(hall, f"{hall.on}cn@{later.version}", before)


async def _listed(hall: Hall, label: str, before: Any) -> None:
    """R27: how many clocks the notice moved, and which, whoever asks later."""
    hall.caller.who = ADMINISTRATOR
    found = (await hall.client.get("/v1/calendar/moved")).json()
    assert (found["calendar"], found["moved"]) == (label, len(found["clocks"]))
    moved = {clock["clock"]: clock for clock in found["clocks"]}
    assert {"resolve", "contact"} <= moved.keys()
    assert not {"promise", "confirm"} & moved.keys()
    resolve = moved["resolve"]
    assert (resolve["ticket"], resolve["unit"]) == ("T001", "U1")
    assert datetime.fromisoformat(resolve["old_due_at"]) == before
    assert datetime.fromisoformat(resolve["due_at"]) == await hall.due("T001", "resolve")
    fewer = (await hall.client.get("/v1/calendar/moved?limit=1")).json()
    assert (fewer["moved"], len(fewer["clocks"])) == (found["moved"], 1)
    other = (await hall.client.get("/v1/calendar/moved?calendar=cn@1")).json()
    assert (other["moved"], other["clocks"]) == (0, [])
