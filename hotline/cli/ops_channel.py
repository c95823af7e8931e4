"""`hotline ops channel add`: the topic of a channel's answers, and its rights on the brokers."""

from __future__ import annotations

import click

from hotline.cli.reaching import run
from hotline.ops.kafka_users import channel_user
from hotline.ops.manifests import text, topic_resource, user_resource
from hotline.ops.place import CityPlace
from services.kernel.topics import make_topics, replies_topic


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
    topic = replies_topic(name)
    if kubernetes:
        click.echo(text([topic_resource(topic), user_resource(channel_user(name))]), nl=False)
        return
    made = run(make_topics(place.kafka, place.namespace, [topic], **place.security))
    click.echo(f"{topic.name}: {'made' if topic.name in made else 'was there'}")
