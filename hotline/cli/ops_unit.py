"""`hotline ops unit add`: the topic of a unit's answers, and its rights on the brokers."""

from __future__ import annotations

import click

from hotline.cli.ops_channel import offered
from hotline.ops.kafka_users import unit_user
from hotline.ops.place import CityPlace
from services.kernel.topics import replies_topic


@click.group("unit")
def unit() -> None:
    """Units that send their commands by Kafka."""


@unit.command("add")
@click.argument("name", metavar="SENDER")
@click.option(
    "--kubernetes", is_flag=True, help="Print topic and user for `kubectl apply`; make nothing."
)
@click.pass_obj
def add(place: CityPlace, name: str, kubernetes: bool) -> None:
    """Give the unit that signs as SENDER a topic for its answers.

    May be repeated. Its public key, and which unit it is, stand in the file of HOTLINE_SENDERS.
    """
    offered(place, [replies_topic(name)], unit_user(name), kubernetes=kubernetes)
