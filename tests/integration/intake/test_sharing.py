"""Personal fields on their way to departments: sealed at intake, opened only where a rule says so.

Intake, dispatch and datasync run on the real broker and store; datasync asks intake over HTTP.
"""

from __future__ import annotations

import asyncio
import base64
import functools
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.datasync.adapters.deliveries import Deliveries
from services.datasync.adapters.http import app
from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.opener import KEPT, IntakeOpener
from services.datasync.adapters.reading import Reading
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.stream import Followers
from services.datasync.adapters.view import SharingView
from services.datasync.domain.sharing import DEFAULT_FIELDS, FieldClass, Role, Rule, Sharing, Shown
from services.datasync.service import service as datasync
from services.intake.adapters.vault import OpenedField
from services.kernel.bus import Record
from services.kernel.clock import ManualClock
from services.kernel.decider import replace
from services.kernel.migrate import migrate
from services.kernel.names import department_of, schema_of, topic_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.security import Role as Caller
from services.kernel.security import Security
from services.kernel.tokens import DevTokens, dev_token
from services.kernel.topics import department_topic, make_topics
from tests.integration.datasync.stores import FEEDS
from tests.integration.intake.hall import MATTER, Hall
from tests.integration.intake.test_recent import progress
from tests.support.directories import Office
from tests.support.loops import BUCKETS, wait_until
from tests.support.stores import KERNEL
from tests.unit.datasync.test_opener import asking
from tests.unit.datasync.tickets import subscriber

PERSONAL = ("contact", "address", "description")
PLAIN = Rule("plain", Role.LEAD, fields={**DEFAULT_FIELDS, FieldClass.PERSONAL: Shown.PLAIN})
SEALED = Rule("sealed", Role.SAME_LEVEL)
ABSENT = replace(SEALED, id="absent", fields={FieldClass.INTERNAL: Shown.PLAIN})
DEPARTMENTS = ("market", "health", "emergency")
SHARING = Sharing(
    "test/1",
    (subscriber("market", PLAIN), subscriber("health", SEALED), subscriber("emergency", ABSENT)),
)


class Sharer:
    """datasync as one process has it; `clock` is the opener's alone."""

    def __init__(self, hall: Hall, feeds: PostgresFeedStore) -> None:
        self.hall, self.feeds = hall, feeds
        self.clock = ManualClock(datetime.now(UTC))
        token = functools.partial(
            dev_token, Caller.SERVICE, "datasync", run_dir=hall.run_dir, lifetime_s=60.0
        )
        self.serving = Serving(SHARING, IntakeOpener(asking(hall.http), token, self.clock))
        self.http = httpx.AsyncClient()

    async def start(self) -> None:
        loop, run_dir = self.hall.loop, self.hall.run_dir
        deliveries = Deliveries(
            SHARING,
            {},
            self.serving,
            self.feeds,
            loop.bus(),
            None,  # type: ignore[arg-type]
            self.hall.runtime.clock,
            DeliveryMeter(CollectorRegistry()),
            loop.namespace,
        )
        runtime = await loop.run(datasync(SharingView(SHARING, self.feeds, [deliveries])))
        delivering = asyncio.create_task(deliveries.run())
        loop.resources.callback(delivering.cancel)
        reading = Reading(SHARING, self.serving, self.feeds, BUCKETS, UTC)
        made = app(runtime, reading, Followers(), Security(DevTokens(run_dir), None))
        transport = httpx.ASGITransport(made, client=("127.0.0.1", 1))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://datasync")
        loop.resources.push_async_callback(self.http.aclose)

    async def file(self, ticket: str, role: Caller) -> httpx.Response:
        """The ticket file, as a caller in that role is answered."""
        return await self.http.get(f"/v1/tickets/{ticket}", headers=self.hall.headers(role))

    async def pulled(self, department: str) -> list[dict[str, Any]]:
        """The TicketReceived that the department pulls, as its fields."""
        token = dev_token(
            Caller.DEPARTMENT, department, department=department, run_dir=self.hall.run_dir
        )
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.http.get(f"/v1/feeds/{department}", headers=headers)
        assert answer.status_code == 200, answer.text
        entries = answer.json()["entries"]
        return [e["data"] for e in entries if e["type"].endswith(".TicketReceived")]


@pytest.fixture
async def sharer(hall: Hall) -> Sharer:
    assert hall.loop.info is not None
    info, namespace = hall.loop.info, hall.loop.namespace
    await make_topics(info.bootstrap, namespace, [department_topic(d) for d in DEPARTMENTS])
    await migrate(info.dsn, "datasync", namespace, [*KERNEL, *FEEDS], BUCKETS)
    schema = schema_of(namespace, "datasync")
    pool = await connect(info.dsn, schema, size=4)
    hall.loop.resources.push_async_callback(pool.close)
    await hall.loop.run(Office.of("sample").service)
    made = Sharer(hall, PostgresFeedStore(pool, schema, vault_of(namespace, "datasync")))
    await made.start()
    return made


async def received_by_all(sharer: Sharer) -> dict[str, dict[str, Any]]:
    """What each department pulls of the one ticket, once all have it."""

    async def there() -> bool:
        return all([len(await sharer.pulled(d)) == 1 for d in DEPARTMENTS])

    await wait_until(there, what="sharing")
    return {d: (await sharer.pulled(d))[0] for d in DEPARTMENTS}


async def test_a_department_reads_in_plain_what_its_rule_opens_and_no_other(
    hall: Hall, sharer: Sharer
) -> None:
    told = await hall.submit(category="market/food")
    seen = await received_by_all(sharer)
    assert {name: seen["market"][name] for name in PERSONAL} == {n: MATTER[n] for n in PERSONAL}
    for name in PERSONAL:
        sealed = base64.b64decode(seen["health"][name])
        assert MATTER[name].encode() not in sealed
        assert name not in seen["emergency"]
    person = seen["health"]["person_id"]
    assert set(await hall.opened()) == {
        OpenedField(told["ticket"], person, name, "datasync", "sharing with market")
        for name in PERSONAL
    }
    await hall.vault.forget(person)
    sharer.clock.advance(seconds=KEPT.total_seconds())
    (after,) = await sharer.pulled("market")
    assert {name: after[name] for name in PERSONAL} == dict.fromkeys(PERSONAL)
    assert after["title"] == MATTER["title"]


async def test_a_departments_topic_never_carries_personal_fields_in_plain(
    hall: Hall, sharer: Sharer
) -> None:
    await hall.submit(category="market/food")
    seen = await received_by_all(sharer)
    for department in DEPARTMENTS:
        topic = topic_of(hall.loop.namespace, department_of(department))
        records = await hall.loop.read([(topic, p) for p in range(6)], _has_received)
        values = b"".join(record.value or b"" for record in records)
        assert all(MATTER[name].encode() not in values for name in PERSONAL)
        sealed = base64.b64decode(seen["health"]["contact"])
        assert (sealed in values) is (department != "emergency")


def _has_received(records: list[Record]) -> bool:
    return any(b"TicketReceived" in (record.value or b"") for record in records)


async def test_staff_open_a_sealed_field_for_a_purpose(hall: Hall, sharer: Sharer) -> None:
    told = await hall.submit(category="market/food")
    seen = (await received_by_all(sharer))["health"]
    place = {"ticket": told["ticket"], "person_id": seen["person_id"], "purpose": "call back"}
    fields = [place | {"field": name, "sealed": seen[name]} for name in ("contact", "address")]
    answer = await hall.post("personal/open", {"fields": fields}, Caller.STAFF)
    assert (answer.status_code, answer.json()) == (
        200,
        {"texts": [MATTER["contact"], MATTER["address"]]},
    )
    mine = [record for record in await hall.opened() if record.by == "staff"]
    assert [(r.field, r.purpose) for r in mine] == [
        ("contact", "call back"),
        ("address", "call back"),
    ]


async def test_r16_anothers_same_matter_is_named_to_staff_and_to_no_channel_or_citizen(
    hall: Hall, sharer: Sharer
) -> None:
    """R16: offered in the ticket file, where a dispatcher may merge them."""
    first = await hall.submit(category="market/food", contact="13900139000")
    await progress(hall, first["ticket"], "being_handled")
    made = await hall.post("tickets", MATTER | {"category": "market/food"})
    new = made.json()
    state = await hall.state(new["ticket"], new["code"])
    assert (new["state"], state.status_code) == ("accepted", 200)
    assert first["ticket"] not in made.text + state.text
    file: dict[str, Any] = {}

    async def there() -> bool:
        answer = await sharer.file(new["ticket"], Caller.STAFF)
        file.update(answer.json())
        return answer.status_code == 200

    await wait_until(there, what="the ticket file")
    assert file["related"] == [first["ticket"]]
    assert (await sharer.file(new["ticket"], Caller.CHANNEL)).status_code == 403
