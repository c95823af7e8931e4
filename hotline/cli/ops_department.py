"""`hotline ops department add`: a department's topic, its rights on the brokers and its key."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from hotline.cli.cities import subscriptions
from hotline.cli.ops_channel import offered
from hotline.cli.reaching import run
from hotline.ops.kafka_users import department_user
from hotline.ops.place import CityPlace
from hotline.programs import SERVICES
from services.kernel.api_keys import make_key
from services.kernel.api_keys_pg import PostgresApiKeys
from services.kernel.identity import Role
from services.kernel.topics import department_topic, replies_topic


@click.group("department")
def department() -> None:
    """Departments, which receive what a sharing rule grants them."""


@department.command("add")
@click.argument("name", metavar="DEPARTMENT")
@click.option("--sender", default="", help="It sends commands by Kafka too, under this name.")
@click.option(
    "--kubernetes", is_flag=True, help="Print topic and user for `kubectl apply`; make nothing."
)
@click.pass_obj
def add(place: CityPlace, name: str, sender: str, kubernetes: bool) -> None:
    """Give DEPARTMENT of the city's sharing rules its topic, and a key to read its feed over HTTP.

    May be repeated: a topic that is there stays, and each call makes one more key.
    """
    known = subscriptions(place.city)
    if name not in known:
        raise click.ClickException(
            f"{name} has no subscription: write one into services/datasync/registry/{place.city}/"
            f"sharing.yaml first; there are {', '.join(sorted(known))}."
        )
    topics = [department_topic(name), *([replies_topic(sender)] if sender else [])]
    offered(place, topics, department_user(name, sender), kubernetes=kubernetes)
    if kubernetes:
        return
    click.echo(f"subscription: {known[name]}")
    click.echo(f"key, shown this once: {run(_key(place, name))}")


async def _key(place: CityPlace, name: str) -> str:
    """In the vaults of all services, or in none."""
    key, shown = make_key(
        name.lower(), Role.DEPARTMENT, created_at=datetime.now(UTC), department=name
    )
    async with place.store() as store, store.transaction():
        for service in SERVICES:
            await PostgresApiKeys(store, service, place.namespace).add(key)
    return shown
