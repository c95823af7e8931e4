"""After a restore no ticket gets a number that the log knows already."""

from __future__ import annotations

from datetime import date

from hotline.cli.migrate import migrations
from hotline.dev.stack import StackInfo
from services.intake.adapters.numbering import MARGIN, Numbers
from services.intake.adapters.vault import PostgresVault
from services.intake.domain.number import day_and_serial, ticket_number
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.personal import MasterKeys
from services.kernel.pool_pg import connect
from services.kernel.store_pg import PostgresStore

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


async def test_numbers_go_on_behind_those_that_were_read_back(
    stack: StackInfo, namespace: str
) -> None:
    await migrate(stack.dsn, "intake", namespace, migrations("intake"), 4)
    pool = await connect(stack.dsn, schema_of(namespace, "intake"), size=2)
    try:
        store = PostgresStore(pool, "intake", namespace)
        vault = PostgresVault(store, MasterKeys((bytes(32),)), bytes(32), "1")
        assert await vault.serial(MONDAY) == 1
        numbers = Numbers(store)
        lost = [ticket_number(MONDAY, serial) for serial in (900, 7)]
        await numbers.read_back([*lost, ticket_number(TUESDAY, 3), "of-an-old-system"])
        await numbers.read_back([ticket_number(MONDAY, 8)])  # never back
        other = PostgresVault(store, MasterKeys((bytes(32),)), bytes(32), "1")
        assert await other.serial(MONDAY) == 901 + MARGIN
        assert await other.serial(TUESDAY) == 4 + MARGIN
        await numbers.read_back([])
    finally:
        await pool.close()


def test_day_and_serial_are_read_of_our_numbers_only() -> None:
    assert day_and_serial(ticket_number(MONDAY, 42)) == (MONDAY, 42)
    for other in ("", "T-1", "20260302-0000042-X", ticket_number(MONDAY, 42)[:-1] + "x"):
        assert day_and_serial(other) is None
    number = ticket_number(MONDAY, 42)
    wrong = str((int(number[-1]) + 1) % 10)
    assert day_and_serial(number[:-1] + wrong) is None
