"""Every command of docs/operations.md is one, and does on a running city what the page says."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import asyncpg
import click
import pytest
import pytest_asyncio

from hotline.cli.main import cli
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.tokens import dev_token
from tests.integration.ops.conftest import City
from tests.integration.ops.test_commands import hotline
from tests.support.images import ROOT
from tests.support.prometheus import until

in_the_city = pytest.mark.asyncio(loop_scope="package")

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCKS = [
    line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
]
SPANS = [
    " ".join(span.split())
    for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
]


ANY_TICKET = [line for line in sorted(set(BLOCKS)) if "TICKET" not in line]
PARKED_TICKET = [line for line in BLOCKS if "TICKET" in line]


@dataclass
class Case:
    """What an operator has at hand, and fills into a line of the page."""

    number: str
    time: str
    person: str
    key: str

    def words(self, line: str) -> list[str]:
        own = {"NUMBER": self.number, "TIME": self.time, "PERSON": self.person, "ID": self.key}
        return [own.get(word, word) for word in shlex.split(line)][1:]


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def case(city: City) -> Case:
    """A matter of somebody who can be called back, and a machine's key."""
    [number] = await city.post(1, contact="13900001111")
    code, said = await hotline(city, "ticket", "show", number, "--from", "ledger")
    assert code == 0, said
    person = re.findall(r"^person (\S+)$", said, re.MULTILINE)
    code, key = await hotline(city, "key", "add", "administrator", "--name", "rotated")
    assert code == 0, key
    at = datetime.now(UTC).isoformat()
    return Case(number, at, person[0], re.findall(r"hk_([^_\s]+)_", key)[0])


@in_the_city
@pytest.mark.parametrize("line", ANY_TICKET)
async def test_a_runbooks_command_runs(city: City, case: Case, line: str) -> None:
    assert line.startswith("hotline ")
    if line.startswith("hotline ops drain"):
        await city.post(1)
    env = city.env()
    if line.startswith("hotline forget"):
        token = dev_token("administrator", "privacy", run_dir=city.place.run_dir)
        env |= {"HOTLINE_INTAKE_URL": city.place.urls["intake"], "HOTLINE_TOKEN": token}
    code, said = await hotline(city, *case.words(line), env=env)
    assert code == 0, said


@in_the_city
async def test_whom_the_page_says_to_forget_is_forgotten(city: City, case: Case) -> None:
    """The page's own two lines, in its order: find the person, forget them."""
    [number] = await city.post(1, contact="13900002222")
    line = next(line for line in BLOCKS if "--from ledger" in line)
    code, said = await hotline(city, *replace(case, number=number).words(line))
    person = re.findall(r"^person (\S+)$", said, re.MULTILINE)[0]
    assert person != case.person
    vault = f"{city.place.namespace}_intake_vault"
    wrapped = f"select wrapped from {vault}.person where person = $1"
    store = await asyncpg.connect(city.place.dsn)
    try:
        assert await store.fetchval(wrapped, person)
        token = dev_token("supervisor", "privacy", run_dir=city.place.run_dir)
        where = {"HOTLINE_INTAKE_URL": city.place.urls["intake"], "HOTLINE_TOKEN": token}
        line = next(line for line in BLOCKS if line.startswith("hotline forget"))
        words = replace(case, person=person).words(line)
        for outcome in ("is forgotten", "was forgotten before"):
            code, said = await hotline(city, *words, env=city.env() | where)
            assert (code, said) == (0, f"{person} {outcome}.\n")
        assert not await store.fetchval(wrapped, person)
    finally:
        await store.close()


@in_the_city
async def test_a_parked_ticket_is_seen_tried_again_and_let_go(city: City) -> None:
    """A record that no service can read, as a defect makes it."""
    ticket = "poisoned-1"
    await park(city, ticket)
    for line in PARKED_TICKET:
        words = [ticket if word == "TICKET" else word for word in shlex.split(line)][1:]
        code, said = await hotline(city, *words, "--service", "dispatch")
        assert (code, "BadBody" in said) == (1 if "retry" in words else 0, True), said
    code, said = await hotline(city, "ops", "drain")
    assert code == 0, said
    for service in await waiting(city):
        code, said = await hotline(city, "parked", "drop", ticket, "--service", service, "--yes")
        assert code == 0, said
    assert await waiting(city) == []


async def park(city: City, ticket: str) -> None:
    """Of a source that nobody else has, so that no position of others moves."""
    fact = Fact(
        "ghost", bucket_of(ticket, 24), 1, ticket, 1, "hotline.intake.v1.TicketAccepted", b"\xff",
        datetime.now(UTC), datetime.now(UTC), "acceptance",
    )  # fmt: skip
    bus = KafkaBus(city.place.kafka, "ghost", lambda: datetime.now(UTC))
    try:
        await bus.publish([to_record(fact, topic_of(city.place.namespace, TICKETS))])
    finally:
        await bus.close()

    async def waits() -> bool:
        return "dispatch" in await waiting(city)

    await until(waits, 20.0)


async def waiting(city: City) -> list[str]:
    """Services in which a ticket is parked."""
    _, said = await hotline(city, "parked", "list", "--json")
    return [ticket["service"] for ticket in json.loads(said)["tickets"]]


def test_every_block_is_run() -> None:
    assert len(BLOCKS) >= 20
    assert {line.split()[1] for line in BLOCKS} >= {"ops", "migrate", "key", "parked", "verify"}
    assert len(PARKED_TICKET) == 2


# Commands that stand in a sentence only, and who runs them.
RUN_BY = {
    "hotline adopt": ("drills/test_healing.py", "run, adopt, ["),
    "hotline due list": ("../unit/cli/test_due_live.py", 'run("list", "--desk"'),
    "hotline dev up": ("dev/test_up.py", '"dev", "up"'),
    "hotline key add administrator": ("ops/test_runbook.py", '"key", "add", "administrator"'),
    "hotline ops keys rotate": ("ops/test_commands.py", '"ops", "keys", "rotate"'),
    "hotline parked drop": ("ops/test_runbook.py", '"parked", "drop"'),
}
SENTENCES = {
    re.split(r" (?:--|[A-Z<])", found[1])[0]
    for span in SPANS
    if (found := re.search(r"(?:^|-- )(hotline [a-z].*)", span))
}


@pytest.mark.parametrize("words", sorted(SENTENCES))
def test_a_command_of_a_sentence_is_run_somewhere(words: str) -> None:
    if not any(line.startswith(words) for line in BLOCKS):
        file, call = RUN_BY[words]
        assert call in (ROOT / "tests" / "integration" / file).read_text("utf-8")


@pytest.mark.parametrize("span", sorted({s for s in SPANS if s.startswith("hotline ")}))
def test_a_command_in_a_sentence_is_one(span: str) -> None:
    """Names and options exist; what stands in capitals or angle brackets is the reader's."""
    found: click.Command = cli
    words = shlex.split(re.sub(r"\[.*?\]", "", span))[1:]
    while words and isinstance(found, click.Group):
        inner = found.get_command(click.Context(found), words[0])
        assert inner is not None, span
        found, words = inner, words[1:]
    options = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, span


@in_the_city
async def test_a_city_that_is_installed_twice_stays_as_it_is(city: City) -> None:
    for _ in range(2):
        code, said = await hotline(city, "migrate")
        assert (code, said) == (0, "")
