"""`hotline demo`: real tickets through the whole loop, counted and proven."""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column, Table

from hotline.cli.cities import subscriptions, units
from hotline.datasync.proof import Feed, Head, Received, proof_heads, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.dev.failure import StackFailure
from hotline.dev.nursery import nursery
from hotline.dev.senders import city_senders, make_senders, signer
from hotline.dev.services import modules_of, services
from hotline.dev.stack import StackInfo, erase, stack
from hotline.history.expected import is_missed
from hotline.history.importer import City, Importer, ImportStalled, plan
from hotline.history.nyc import Row, read_rows
from hotline.history.progress import Progress
from hotline.programs import SERVICES
from services.kernel.bus import Record
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import broker_time
from services.kernel.names import department_of, topic_of
from services.kernel.tokens import dev_token

NAMESPACE, CITY, BUCKETS = "nyc", "nyc", 24
PARTITIONS = 6


@dataclass
class Outcome:
    """What the demo prints; `problems` are reasons for an exit code that is not 0."""

    tickets: int
    facts: dict[str, int]
    facts_digest: str
    closed: int
    late: int
    impossible: int
    generated: str
    missed: dict[str, int]
    deliveries: dict[str, int]
    proofs: dict[str, str]
    latency_ms: dict[str, float]
    loops_per_s: float
    seconds: float
    problems: list[str]


@click.command("demo")
@click.option("--tickets", type=click.IntRange(1, 2000), default=2000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--keep", is_flag=True, help="Leave the data in .run/demo.")
def command(tickets: int, as_json: bool, keep: bool) -> None:
    """Import real 311 tickets, run all eight stages, verify every department's feed."""
    console = Console(stderr=as_json)
    root = Path(".run/demo").resolve()
    erase(root)
    try:
        outcome = asyncio.run(_demo(root, tickets, console))
    except ImportStalled as stalled:
        raise StackFailure(f"A ticket is lost: {stalled}.") from None
    finally:
        if not keep:
            erase(root)
    if as_json:
        click.echo(orjson.dumps(asdict(outcome), option=orjson.OPT_INDENT_2))
    else:
        _show(console, outcome)
    if outcome.problems:
        raise SystemExit(1)


async def _demo(root: Path, count: int, console: Console) -> Outcome:
    rows = read_rows()[:count]
    say = console.print
    make_senders(root, city_senders(units(CITY)))
    async with (
        nursery(modules_of(SERVICES), root / "logs" / "nursery.log") as programs,
        stack(root, say=say) as info,
        services(info, NAMESPACE, run_dir=root, city=CITY, say=say, nursery=programs) as running,
    ):
        bus = KafkaBus(info.bootstrap, "demo", lambda: datetime.now(UTC))
        try:
            began = time.monotonic()
            progress = await _imported(root, bus, running.urls["intake"], rows, console)
            seconds = time.monotonic() - began
            return await _checked(root, info, bus, running.urls, rows, progress, seconds)
        finally:
            await bus.close()


async def _imported(
    root: Path, bus: KafkaBus, intake_url: str, rows: Sequence[Row], console: Console
) -> Progress:
    city = City(
        bus=bus,
        signer=signer(root, "importer", NAMESPACE, BUCKETS),
        intake_url=intake_url,
        token=dev_token("importer", "importer", run_dir=root),
        namespace=NAMESPACE,
        buckets=BUCKETS,
        import_id="nyc311",
    )
    until = max(r.closed_at or r.due_at or r.created_at for r in rows) + timedelta(days=1_500)
    until = min(until, datetime.now(UTC) - timedelta(seconds=5))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("tickets through the loop", total=len(rows))
        importer = Importer(city, plan(rows, until), lambda p: bar.update(task, completed=p.done))
        return await importer.run(until)


async def _checked(
    root: Path,
    info: StackInfo,
    bus: KafkaBus,
    urls: Mapping[str, str],
    rows: Sequence[Row],
    progress: Progress,
    seconds: float,
) -> Outcome:
    named = subscriptions(CITY)
    deliveries, proofs, latencies = {}, {}, list[float]()
    async with httpx.AsyncClient(base_url=urls["datasync"], timeout=10.0) as http:
        for department, subscription in named.items():
            token = dev_token("department", department, department=department, run_dir=root)
            heads = await _heads(http, subscription, token)
            count = sum(sequence for sequence, _ in heads.values())
            received = await _received(bus, department, count)
            deliveries[department] = len(received)
            proofs[department] = _proof(received, heads)
            latencies += _latencies(received, progress)
    expected = sum(is_missed(row) for row in rows)
    outcome = Outcome(
        tickets=len(progress.accepted_at),
        facts=dict(sorted(progress.facts.items())),
        facts_digest=_digest(progress),
        closed=len(progress.completed),
        late=len(progress.completed & progress.late),
        impossible=sum(row.impossible for row in rows),
        generated="confirm, contact, visit times and answers come from a seed",
        missed={"engine": progress.missed["resolve"], "expected": expected},
        deliveries=deliveries,
        proofs=proofs,
        latency_ms=_quantiles(latencies),
        loops_per_s=round(progress.facts["TicketArchived"] / seconds, 1),
        seconds=round(seconds, 1),
        problems=[],
    )
    outcome.problems = _problems(outcome, rows)
    return outcome


def _problems(outcome: Outcome, rows: Sequence[Row]) -> list[str]:
    found = []
    if outcome.tickets != len(rows):
        found.append(f"{len(rows) - outcome.tickets} tickets are lost")
    closed = sum(row.closed_at is not None for row in rows)
    if outcome.closed != closed:
        found.append(f"{outcome.closed} tickets are closed, {closed} in the file")
    if outcome.missed["engine"] != outcome.missed["expected"]:
        found.append(f"missed: {outcome.missed}")
    found += [f"feed of {d}: {state}" for d, state in outcome.proofs.items() if state != "ok"]
    return found


def _digest(progress: Progress) -> str:
    """Equal for two runs that recorded the same facts at the same times."""
    lines = sorted(f"{k} {t} {at} {n}" for (k, t, at), n in progress.multiset.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


async def _heads(http: httpx.AsyncClient, subscription: str, token: str) -> dict[Feed, Head]:
    answer = await http.get(
        f"/v1/feeds/{subscription}/proof", headers={"Authorization": f"Bearer {token}"}
    )
    answer.raise_for_status()
    return proof_heads(answer.json())


async def _received(bus: KafkaBus, department: str, count: int) -> list[tuple[Record, FeedEntry]]:
    """What stands on the department's topic, once it is as much as its feed has."""
    topic = topic_of(NAMESPACE, department_of(department))
    reader = await bus.reader([(topic, p) for p in range(PARTITIONS)], from_end=False)
    found: dict[tuple[int, int], tuple[Record, FeedEntry]] = {}
    give_up = time.monotonic() + 20.0
    try:
        while len(found) < count and time.monotonic() < give_up:
            for record in await reader.fetch(2_000, 0.2):
                entry = FeedEntry.FromString(record.value or b"")
                found.setdefault((entry.bucket, entry.sequence), (record, entry))
    finally:
        await reader.stop()
    return [found[key] for key in sorted(found)]


def _proof(received: Sequence[tuple[Record, FeedEntry]], heads: Mapping[Feed, Head]) -> str:
    return str(verify_chain((Received.from_message(entry) for _, entry in received), heads))


def _latencies(received: Sequence[tuple[Record, FeedEntry]], progress: Progress) -> list[float]:
    """Milliseconds from the commit of the acceptance to the department's topic."""
    found = []
    for record, entry in received:
        at = progress.accepted_at.get(entry.ticket_id)
        if entry.type.endswith("TicketAccepted") and at is not None:
            found.append((broker_time(record) - at).total_seconds() * 1000)
    return found


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"p50": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def _show(console: Console, outcome: Outcome) -> None:
    count = Column("count", justify="right")
    facts = Table("fact", count, title="Facts")
    for name, found in outcome.facts.items():
        facts.add_row(name, f"{found:,}")
    deliveries = Column("deliveries", justify="right")
    feeds = Table("department", deliveries, "proof", title="Feeds")
    for department, pushed in outcome.deliveries.items():
        feeds.add_row(department, f"{pushed:,}", outcome.proofs[department])
    console.print(facts, feeds)
    missed = outcome.missed
    console.print(
        f"{outcome.tickets:,} tickets, {outcome.closed:,} closed, {outcome.late} of them late; "
        f"{outcome.impossible} with an impossible Closed Date\n"
        f"resolve clocks missed: engine {missed['engine']}, "
        f"counted from the file {missed['expected']}\n"
        f"generated: {outcome.generated}\n"
        f"accepted to department: p50 {outcome.latency_ms['p50']} ms, "
        f"p99 {outcome.latency_ms['p99']} ms (an import at full speed waits in queues)\n"
        f"{outcome.loops_per_s} closed loops/s; {outcome.seconds} s; "
        f"facts {outcome.facts_digest}"
    )
    for problem in outcome.problems:
        console.print(f"[red]not right: {problem}[/red]")
