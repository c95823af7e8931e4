"""`hotline migrate`: schemas of every service and all topics, safe when two run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import asyncpg
import click
from aiokafka.errors import KafkaError

from hotline.cli.cities import departments, sender_names
from hotline.programs import SERVICES
from services.evaluation.adapters.windows_topics import changelog_topics
from services.kernel.migrate import BucketsFixed, MigrationChanged, OtherCity, migrate
from services.kernel.topics import (
    Topic,
    TopicsWrong,
    check_topics,
    department_topic,
    make_topics,
    replies_topic,
    ticket_topics,
)
from services.kernel.transport import kafka_security, transport_of_environment


@click.command("migrate")
@click.option("--city", envvar="HOTLINE_CITY", default="sample", show_default=True)
@click.option("--kafka", envvar="HOTLINE_KAFKA", required=True, help="The brokers as host:port.")
@click.option("--dsn", envvar="HOTLINE_DSN", required=True, help="The store's URL.")
@click.option("--namespace", envvar="HOTLINE_NAMESPACE", default="")
@click.option("--buckets", envvar="HOTLINE_BUCKETS", default=24, show_default=True)
@click.option(
    "--check-topics", is_flag=True, help="Make no topic, only check: something else makes them."
)
def command(
    city: str,
    kafka: str,
    dsn: str,
    namespace: str,
    buckets: int,
    check_topics: bool,
) -> None:
    """Bring schemas and topics up to date."""
    try:
        brokers = Brokers(kafka, namespace, kafka_security(transport_of_environment()))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    try:
        asyncio.run(migrate_city(city, brokers, dsn, buckets, not check_topics))
    except OtherCity as error:
        raise click.ClickException(f"{error}: a city needs a namespace of its own.") from None
    except (MigrationChanged, BucketsFixed, TopicsWrong) as error:
        raise click.ClickException(f"{error}.") from None
    except (OSError, asyncpg.PostgresError) as error:
        raise click.ClickException(f"The store did not take it: {error}.") from None
    except KafkaError as error:
        raise click.ClickException(f"The broker did not take it: {error}.") from None


@dataclass(frozen=True, slots=True)
class Brokers:
    """Where topics are made; `security` as of kafka_security."""

    bootstrap: str
    namespace: str = ""
    security: Mapping[str, Any] = field(default_factory=dict)


async def migrate_city(city: str, brokers: Brokers, dsn: str, buckets: int, make: bool) -> None:
    """Schemas of the five services, then the topics; where none is to be made they are checked.

    Checked are those that every city has: a department's or a sender's are made with it.
    """
    for service in SERVICES:
        files = migrations(service)
        applied = await migrate(dsn, service, brokers.namespace, files, buckets, city)
        if applied:
            click.echo(f"{service}: {', '.join(applied)}")
    place = brokers.bootstrap, brokers.namespace
    if not make:
        await check_topics(*place, topics_of_all(buckets), **brokers.security)
        return
    wanted = topics(city, buckets)
    made = await make_topics(*place, wanted, **brokers.security)
    if made:
        click.echo(f"topics: {len(made)} made")


def migrations(service: str) -> list[Traversable]:
    """The kernel's files, then the service's own, by number."""
    folders = [resources.files("services.kernel") / "sql"]
    own = resources.files(f"services.{service}") / "migrations"
    if own.is_dir():
        folders.append(own)
    return [
        file
        for folder in folders
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name[:3].isdigit() and file.name.endswith(".sql")
    ]


def topics_of_all(buckets: int) -> list[Topic]:
    """The topics that every city has."""
    return [*ticket_topics(buckets), *changelog_topics()]


def topics(city: str, buckets: int) -> list[Topic]:
    """All topics of a city."""
    return [
        *topics_of_all(buckets),
        *(replies_topic(name) for name in sender_names(city)),
        *(department_topic(name) for name in departments(city)),
    ]
