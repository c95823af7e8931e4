"""Topics as they should be, beside topics as they are: a plan, and carrying it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from hotline.ops.place import CityPlace
from services.kernel.names import topic_of
from services.kernel.topics import Topic, make_topics


@dataclass(slots=True)
class Plan:
    """`make` and `change` can be carried out; what is `refused` needs a person.

    change: by topic, the settings that differ: (name, found, wanted).
    """

    make: list[Topic] = field(default_factory=list)
    change: dict[str, list[tuple[str, str | None, str]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For a person."""
        return [
            *(f"make    {t.name} with {t.partitions} partitions" for t in self.make),
            *(
                f"change  {topic}: {name} from {found} to {wanted}"
                for topic, settings in self.change.items()
                for name, found, wanted in settings
            ),
            *(f"refused {words}" for words in self.refused),
        ]


async def plan(place: CityPlace, wanted: Sequence[Topic]) -> Plan:
    """Raises KafkaError."""
    async with place.brokers() as admin:
        there = set(await admin.list_topics())
        found = Plan(make=[t for t in wanted if topic_of(place.namespace, t.name) not in there])
        known = {topic_of(place.namespace, t.name): t for t in wanted if t not in found.make}
        if known:
            await _partitions(admin, known, found)
            await _settings(admin, known, found)
    return found


async def _partitions(admin: AIOKafkaAdminClient, known: dict[str, Topic], found: Plan) -> None:
    for described in await admin.describe_topics(list(known)):
        name, count = described["topic"], len(described["partitions"])
        wanted = known[name].partitions
        if count != wanted:
            found.refused.append(
                f"{name} has {count} partitions, not {wanted}: keys would move to other partitions "
                "and the order of tickets be lost; write a new topic from the old one"
            )


async def _settings(admin: AIOKafkaAdminClient, known: dict[str, Topic], found: Plan) -> None:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in known]
    for answer in await admin.describe_configs(resources):
        for _, _, _, name, entries in answer.resources:
            values = {entry[0]: entry[1] for entry in entries}
            differs = [
                (key, values.get(key), value)
                for key, value in known[name].settings().items()
                if values.get(key) != value
            ]
            if differs:
                found.change[name] = differs


async def carry_out(place: CityPlace, found: Plan, wanted: Sequence[Topic]) -> None:
    """Make and change what the plan says. Raises TopicsWrong, KafkaError."""
    if found.make:
        security: dict[str, Any] = place.security
        await make_topics(place.kafka, place.namespace, found.make, **security)
    if found.change:
        by_name = {topic_of(place.namespace, t.name): t for t in wanted}
        async with place.brokers() as admin:
            await _alter(admin, {name: by_name[name] for name in found.change})


async def _alter(admin: AIOKafkaAdminClient, topics: dict[str, Topic]) -> None:
    """Kafka takes the whole of a topic's own settings at once: those that we do not name fall
    back to the brokers' defaults."""
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, topic.settings())
        for name, topic in topics.items()
    ]
    for answer in await admin.alter_configs(resources):
        for code, message, _, name in answer.resources:
            if code:
                raise KafkaError(f"{name}: {for_code(code).__name__} {message or ''}")
