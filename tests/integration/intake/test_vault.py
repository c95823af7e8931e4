"""Intake's vault: the twin and the one on PostgreSQL keep the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from services.intake.adapters.vault import BLOCK, OpenedField
from services.kernel.store import StoreUnavailable
from tests.integration.intake.together import turns_of
from tests.integration.intake.vaults import Vaults, memory, postgres

DAY = date(2026, 3, 16)
SPELLINGS = (
    "13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "0086 13800138000",
    "8613800138000", "tel:+8613800138000", "１３８００１３８０００",
)  # fmt: skip


@pytest.fixture(params=["memory", "postgres"])
async def vaults(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Vaults]:
    if request.param == "memory":
        async with memory() as made:
            yield made
    else:
        async with postgres(request.getfixturevalue("stack").dsn, namespace) as made:
            yield made


async def test_a_contact_in_all_its_spellings_is_one_person(vaults: Vaults) -> None:
    vault = vaults.another()
    persons = [await vault.person(contact) for contact in SPELLINGS]
    assert len({(p.id, p.key) for p in persons}) == 1
    mails = [await vault.person(mail) for mail in ("Li@Mail.cn", "mailto:li@mail.cn")]
    assert mails[0] == mails[1] != persons[0]


async def test_another_contact_is_another_person(vaults: Vaults) -> None:
    vault = vaults.another()
    one, two = await vault.person("13800138000"), await vault.person("13800138001")
    assert one.id != two.id
    assert one.key != two.key


async def test_without_a_contact_it_is_always_a_new_person(vaults: Vaults) -> None:
    vault = vaults.another()
    persons = await asyncio.gather(*(vault.person("") for _ in range(5)))
    assert len({p.id for p in persons}) == len({p.key for p in persons}) == 5


async def test_two_processes_at_once_make_one_person(vaults: Vaults) -> None:
    one, two = vaults.another(), vaults.another()
    contacts = [f"138001380{n:02}" for n in range(20)]
    persons = await asyncio.gather(*(v.person(c) for c in contacts * 2 for v in (one, two)))
    assert len({(p.id, p.key) for p in persons}) == 20
    again = await asyncio.gather(*(vaults.another().person(c) for c in contacts))
    assert {p.id for p in again} == {p.id for p in persons}


async def test_keys_are_found_by_person(vaults: Vaults) -> None:
    one, two = [await vaults.another().person(c) for c in ("13800138000", "")]
    found = await vaults.another().keys([one.id, two.id, "nobody"])
    assert found == {one.id: one.key, two.id: two.key}
    assert await vaults.another().keys([]) == {}


async def test_a_forgotten_persons_key_is_gone_for_ever(vaults: Vaults) -> None:
    vault = vaults.another()
    person, other = await vault.person("13800138000"), await vault.person("13800138001")
    await vault.forget(person.id)
    await vault.forget(person.id)
    assert await vaults.another().keys([person.id, other.id]) == {other.id: other.key}


async def test_a_forgotten_contact_comes_back_as_another_person(vaults: Vaults) -> None:
    vault = vaults.another()
    person = await vault.person("13800138000")
    await vault.forget(person.id)
    again = await vault.person("13800138000")
    assert again.id != person.id
    assert again.key != person.key
    assert await vault.person("138 0013 8000") == again


async def test_serials_of_two_processes_never_repeat(vaults: Vaults) -> None:
    one, two = vaults.another(), vaults.another()
    wanted = [v.serial(DAY) for _ in range(BLOCK + 20) for v in (one, two)]
    serials = await asyncio.gather(*wanted)
    assert len(set(serials)) == 2 * (BLOCK + 20)
    assert min(serials) == 1
    assert max(serials) <= 4 * BLOCK
    assert await vaults.another().serial(DAY) not in serials


@pytest.mark.parametrize("vaults", ["postgres"], indirect=True)
async def test_those_who_wait_for_serials_go_on_together(vaults: Vaults) -> None:
    """Else each of them, and all that come meanwhile, would wait for the one before."""
    vault = vaults.another()
    assert await turns_of(vault.serial(DAY) for _ in range(2 * BLOCK)) <= 4


async def test_of_hundreds_of_days_at_once_each_gets_its_first_serial(vaults: Vaults) -> None:
    vault = vaults.another()
    days = [DAY - timedelta(days=n) for n in range(900)]
    assert set(await asyncio.gather(*map(vault.serial, days))) == {1}
    assert {await vault.serial(day) for day in days} == {2}


async def test_every_day_has_serials_of_its_own(vaults: Vaults) -> None:
    vault = vaults.another()
    days = [DAY + timedelta(days=n) for n in range(3)]
    assert [await vault.serial(day) for day in days] == [1, 1, 1]
    assert [await vault.serial(day) for day in days] == [2, 2, 2]


async def test_an_opened_field_leaves_a_record(vaults: Vaults) -> None:
    fields = [
        OpenedField("t1", "p1", name, "clerk", "call back") for name in ("contact", "address")
    ]
    await vaults.another().opened(fields)
    await vaults.another().opened(fields[:1])
    assert await vaults.opened() == [*fields, fields[0]]


async def test_a_store_that_is_away_is_said_to_be(stack: object, namespace: str) -> None:
    async with postgres(stack.dsn, namespace) as made:  # type: ignore[attr-defined]
        vault = made.another()
    for asked in (vault.person("1"), vault.serial(DAY), vault.keys(["p"]), vault.forget("p")):
        with pytest.raises(StoreUnavailable):
            await asked
