"""`hotline rules`: check a rule set or category tree and try it before it takes effect."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import click
import orjson

from hotline.cli.running import running
from hotline.replay.decisions import Tried, tried
from services.intake.adapters.categories import Report, read_tree, read_workbook
from services.intake.adapters.rule_sets import parse_rules
from services.intake.domain.rules import RuleSet
from services.kernel import yaml_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("rules")
def command() -> None:
    """Rule sets and category trees as data."""


@command.command("check")
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Read the rule set in FILE as intake would."""
    rules = _rules(file)
    click.echo(f"{rules.id}@{rules.version}: {len(rules.rules)} rules, all in order.")


@command.command("try")
@click.argument("file", type=_FILE)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    required=True,
    help="Matters received from then on: a date (UTC), or a time with its zone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, the summary last.")
@click.option("--dsn", envvar="HOTLINE_DSN", default="", help="The store's URL.")
@click.option("--namespace", envvar="HOTLINE_NAMESPACE", default="")
@click.option("--buckets", type=click.IntRange(1), default=24, help="With --dsn: the city's.")
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path(".run"),
    help="Where a city runs, if no --dsn says where its store is.",
)
def try_(
    file: Path,
    since: datetime,
    as_json: bool,
    dsn: str,
    namespace: str,
    buckets: int,
    run_dir: Path,
) -> None:
    """Decide past matters by the rule set in FILE and list what would differ."""
    rules = _rules(file)
    if not dsn:
        place = running(run_dir)
        dsn, namespace, buckets = place.dsn, place.namespace, place.buckets
    start = since if since.tzinfo else since.replace(tzinfo=UTC)
    try:
        asyncio.run(_try(rules, start, as_json, dsn, namespace, buckets))
    except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError):
        why = "No city is installed there: call `hotline migrate` first."
        raise click.ClickException(why) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise click.ClickException(f"The store does not answer: {error}.") from None


async def _try(
    rules: RuleSet, since: datetime, as_json: bool, dsn: str, namespace: str, buckets: int
) -> None:
    changes: Counter[str] = Counter()
    matters = 0
    async for one in tried(dsn, namespace, buckets, rules, since):
        matters += 1
        if one.differs:
            changes[f"{_said(one, 'was')} → {_said(one, 'would_be')}"] += 1
            click.echo(orjson.dumps(asdict(one)) if as_json else _line(one))
    summary = {"matters": matters, "differ": changes.total(), "changes": dict(changes)}
    if as_json:
        click.echo(orjson.dumps(summary))
        return
    click.echo(f"{matters} matters, {changes.total()} would be decided otherwise.")
    for change, count in changes.most_common():
        click.echo(f"{count:>8}  {change}")


def _said(one: Tried, which: str) -> str:
    """With the number or the target where nothing else differs."""
    verdict = one.was if which == "was" else one.would_be
    said = f"{verdict.decision} {verdict.rule}".strip()
    if (one.was.decision, one.was.rule) != (one.would_be.decision, one.would_be.rule):
        return said
    number = f" ({verdict.number})" if one.was.number != one.would_be.number else ""
    return said + number + (f" to {verdict.to}" if one.was.to != one.would_be.to else "")


def _line(one: Tried) -> str:
    return f"{one.ticket}  {one.at:%Y-%m-%d %H:%M}  {_said(one, 'was')} → {_said(one, 'would_be')}"


@command.command("categories")
@click.argument("file", type=_FILE)
@click.option(
    "--document",
    "version",
    metavar="VERSION",
    help="Print what POST /v1/registry/categories takes, under that version.",
)
def categories(file: Path, version: str | None) -> None:
    """Read the category tree in FILE (CSV or XLSX) and report by line.

    Exit code 1 if any is wrong.
    """
    report = _report(file)
    for line, error_text in report.errors:
        click.echo(f"line {line}: {error_text}", err=version is not None)
    if version is not None and not report.errors:
        click.echo(orjson.dumps({"version": version, "categories": report.rows}))
        return
    today = datetime.now(UTC).date()
    leaves = len(report.tree.leaves(today))
    click.echo(
        f"{len(report.tree.nodes)} categories, {leaves} leaves, {len(report.errors)} errors.",
        err=version is not None,
    )
    sys.exit(1 if report.errors else 0)


def _report(file: Path) -> Report:
    if file.suffix.lower() == ".xlsx":
        return read_workbook(file.read_bytes())
    try:
        return read_tree(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8 at byte {error.start}.") from None


def _rules(file: Path) -> RuleSet:
    try:
        return parse_rules(yaml_file.read(file, str(file)), str(file))
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
