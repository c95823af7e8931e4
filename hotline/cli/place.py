"""Which city a command is about: the one that runs here, or the one that options name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from hotline.cli.running import running
from services.kernel.bus import BusUnavailable, LogHole
from services.kernel.bus_kafka import KafkaBus
from services.kernel.store import StoreUnavailable
from services.kernel.transport import kafka_security, transport_of_environment


@dataclass(frozen=True, slots=True)
class Place:
    """Broker, store and city; of one that runs here also its services and its folder."""

    kafka: str
    dsn: str
    namespace: str
    city: str
    buckets: int
    urls: Mapping[str, str] = field(default_factory=dict)
    run_dir: Path = Path(".run")

    def bus(self, client: str, now: Callable[[], datetime] | None = None) -> KafkaBus:
        """To the brokers, in the way that services speak to them. Raises ValueError."""
        clock = now or (lambda: datetime.now(UTC))
        return KafkaBus(self.kafka, client, clock, **kafka_security(transport_of_environment()))


_OPTIONS = (
    click.option("--kafka", envvar="HOTLINE_KAFKA", default="", help="The brokers as host:port."),
    click.option("--dsn", envvar="HOTLINE_DSN", default="", help="The store's URL."),
    click.option("--namespace", envvar="HOTLINE_NAMESPACE", default=""),
    click.option("--city", envvar="HOTLINE_CITY", default="sample", show_default=True),
    click.option("--buckets", envvar="HOTLINE_BUCKETS", default=24, show_default=True),
    click.option(
        "--run-dir",
        type=click.Path(path_type=Path),
        default=Path(".run"),
        help="Where a city runs, if no --dsn says where its store is.",
    ),
)


def of_city(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a city, and the place that they name as its first argument.

    What broker or store answer becomes one sentence.
    """

    @functools.wraps(command)
    def placed(
        *,
        kafka: str,
        dsn: str,
        namespace: str,
        city: str,
        buckets: int,
        run_dir: Path,
        **rest: Any,
    ) -> Any:
        if dsn:
            place = Place(kafka, dsn, namespace, city, buckets)
        else:
            r = running(run_dir)
            place = Place(r.kafka, r.dsn, r.namespace, r.city, r.buckets, r.urls, run_dir)
        try:
            return command(place, **rest)
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
            raise click.ClickException(
                "No city is installed there, or it is not up to date: call `hotline migrate` first."
            ) from None
        except (OSError, StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise click.ClickException(f"The store did not take it: {error}.") from None
        except ValueError as error:  # a city that is not shipped, certificates that are not there
            raise click.ClickException(str(error)) from None
        except (BusUnavailable, LogHole) as error:
            raise click.ClickException(f"The broker did not give it: {error}.") from None

    for option in reversed(_OPTIONS):
        placed = option(placed)
    return placed
