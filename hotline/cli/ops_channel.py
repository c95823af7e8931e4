"""`hotline ops channel add`: the topic of a channel's answers, and its rights on the brokers."""

from __future__ import annotations

from collections.abc import Sequence

import click

from hotline.cli.reaching import run
from hotline.ops.kafka_users import User, channel_user
from hotline.ops.manifests import text, topic_resource, user_resource
from hotline.ops.place import CityPlace
from services.kernel.topics import Topic, make_topics, replies_topic


@click.group("channel")
def channel() -> None:
    """Channels that hand in matters and send commands by Kafka."""


@channel.command("add")
@click.argument("name", metavar="SENDER")
@click.option(
    "--kubernetes", is_flag=True, help="Print topic and user for `kubectl apply`; make nothing."
)
@click.pass_obj
def add(place: CityPlace, name: str, kubernetes: bool) -> None:
    """Give the channel that signs as SENDER a topic for its answers.

    May be repeated. Its public key stands in the file of HOTLINE_SENDERS.
    """
    offered(place, [replies_topic(name)], channel_user(name), kubernetes=kubernetes)


def offered(place: CityPlace, topics: Sequence[Topic], user: User, *, kubernetes: bool) -> None:
    """Make the topics and say so, or print them and the user for `kubectl apply`."""
    if kubernetes:
        click.echo(text([*map(topic_resource, topics), user_resource(user)]), nl=False)
        return
    made = run(make_topics(place.kafka, place.namespace, topics, **place.security))
    for topic in topics:
        click.echo(f"{topic.name}: {'made' if topic.name in made else 'was there'}")
