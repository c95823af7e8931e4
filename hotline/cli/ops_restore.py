"""`hotline ops topics restore`: the topics from the ledgers, after all brokers' disks were lost."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import click

from hotline.cli.migrate import topics_of_all
from hotline.cli.progress import Progress
from hotline.cli.reaching import run
from hotline.ops.place import CityPlace
from hotline.programs import SERVICES
from services.datasync.adapters.events import event_types
from services.datasync.adapters.log_order import LogOrder
from services.datasync.adapters.registry import load
from services.datasync.domain.sharing import Way
from services.kernel.bus import Bus, BusUnavailable, LogHole
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import department_of, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.restoring import NothingLost, Restored, RestoreRefused, TopicRestorer
from services.kernel.scanning import ends_of
from services.kernel.store import StoreUnavailable
from services.kernel.store_pg import PostgresStore
from services.kernel.topics import check_topics, department_topic


@click.command("restore")
@click.pass_obj
def restore(place: CityPlace) -> None:
    """Send every fact again from the ledgers, after all brokers' disks were lost.

    Stop the services before, and make the topics (`hotline ops topics apply`). May be broken off
    and called again; until it is done the services append nothing.
    """
    try:
        found, departments = run(_restored(place))
    except NothingLost as error:
        click.echo(str(error))
        return
    except RestoreRefused as error:
        raise click.ClickException(str(error)) from None
    except (BusUnavailable, LogHole, StoreUnavailable, ValueError) as error:
        raise click.ClickException(f"{error}: call this again.") from None
    click.echo(f"{found.facts:,} facts and {found.entries} registry entries were sent again.")
    for topic in found.inputs:
        click.echo(f"{topic} begins anew: senders repeat what nobody answered.")
    for name in departments:
        click.echo(f"{name} is filled again when datasync runs.")


async def _restored(place: CityPlace) -> tuple[Restored, list[str]]:
    event_types()  # from here on every type has its stage
    wanted = topics_of_all(place.buckets)
    await check_topics(place.kafka, place.namespace, wanted, **place.security)
    async with AsyncExitStack() as closing:
        bus = KafkaBus(place.kafka, "restore", lambda: datetime.now(UTC), **place.security)
        closing.push_async_callback(bus.close)
        stores = {}
        for name in SERVICES:
            pool = await connect(place.dsn, schema_of(place.namespace, name), size=4)
            closing.push_async_callback(pool.close)
            stores[name] = PostgresStore(pool, name, place.namespace)
        order, departments = LogOrder(stores["datasync"]), list[str]()

        async def fill_again() -> None:
            departments[:] = await _departments(place, bus, order)

        restorer = TopicRestorer(
            stores,
            bus,
            place.namespace,
            place.buckets,
            order.noted,
            order.move,
            fill_again,
            Progress("restore: "),
        )
        found = await restorer.run()
        return found, departments


async def _departments(place: CityPlace, bus: Bus, order: LogOrder) -> list[str]:
    """Their topics that are empty and will be filled by datasync."""
    empty: dict[str, bool] = {}
    for each in load(place.city).sharing.subscriptions:
        if Way.TOPIC not in each.ways:
            continue
        topic = topic_of(place.namespace, department_of(each.department))
        if topic not in empty:
            ends = await ends_of(bus, topic, range(await bus.partitions(topic)))
            empty[topic] = not any(ends.values())
        if empty[topic]:
            kept = timedelta(milliseconds=department_topic(each.department).retention_ms)
            await order.send_again(each.id, kept)
    return [topic for topic, lost in empty.items() if lost]
