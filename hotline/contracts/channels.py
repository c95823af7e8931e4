"""The topics, and which messages stand on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from hotline.contracts import headers
from hotline.contracts.codecs import codecs
from hotline.contracts.protos import COMMANDS, messages, published, sources
from services.kernel import names, topics
from services.kernel.service import CommandRule
from services.kernel.settings import KernelSettings

COMMANDED = ("intake", "dispatch", "deadline", "evaluation")
# What makes a ticket of its own: a matter, and a call that nobody answered.
SUBMISSIONS = ("hotline.intake.v1.SubmitMatter", "hotline.intake.v1.RecordMissedCall")
_KERNEL = "hotline.kernel.v1."
_ELSEWHERE = {
    "hotline.datasync.v1.FeedEntry": "department",
    "hotline.evaluation.v1.Measure": "measures",
    f"{_KERNEL}Watermark": "watermarks",
    f"{_KERNEL}CommandAnswered": "replies",
    f"{_KERNEL}RecordParked": "parked",
    f"{_KERNEL}RegistryEntryPublished": "registry",
}
# Kept in the live views' own changelog, which nobody else reads.
_INTERNAL = frozenset({"hotline.evaluation.v1.Windows"})


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic, or one per `parameter`; `sent` by us, `received` by us, or both."""

    id: str
    topic: topics.Topic
    description: str
    key: str
    headers: headers.Schema
    messages: tuple[str, ...]
    sent: str = ""
    received: str = ""
    parameter: tuple[str, str] | None = None


def buckets() -> int:
    """As many as a city has that says nothing else."""
    default = KernelSettings.__dataclass_fields__["buckets"].default
    assert isinstance(default, int)
    return default


def rules() -> Mapping[str, CommandRule]:
    """Who may send which command, by the command's full name."""
    found = {}
    for service in COMMANDED:
        for rule in import_module(f"services.{service}.service").COMMANDS:
            found[f"hotline.{service}.v1.{rule.command.__name__}"] = rule
    return found


def commands() -> tuple[str, ...]:
    """Commands on tickets that some service reads from Kafka, in the protos' order."""
    read: set[str] = set()
    for service in COMMANDED:
        read |= set(codecs()[service].commands)
    written = [name for name in messages() if sources()[name].file.endswith(COMMANDS)]
    return tuple(name for name in written if name in read and name not in SUBMISSIONS)


def facts() -> tuple[str, ...]:
    """What may stand on the tickets topic."""
    others = _ELSEWHERE.keys() | _INTERNAL
    return tuple(name for name in published() if name not in others)


def elsewhere() -> tuple[str, ...]:
    """What we write to the other topics, the live views' own changelog left out."""
    return tuple(_ELSEWHERE)


def channels() -> Iterator[Channel]:
    """Every topic, in the order of the one list that also makes them."""
    listed = {t.name: t for t in topics.ticket_topics(buckets())}
    on = {topic: (name,) for name, topic in _ELSEWHERE.items()}
    made = [*_of_tickets(listed, on), *_of_operation(listed, on), *_of_partners(on)]
    missing = listed.keys() - {channel.topic.name for channel in made}
    assert not missing, f"no channel describes {', '.join(sorted(missing))}"
    yield from made


def _of_tickets(listed: Mapping[str, topics.Topic], on: Mapping[str, tuple[str]]) -> list[Channel]:
    fact = headers.schema(headers.FACT, headers.FACT_OPTIONAL)
    command = headers.schema(headers.COMMAND, headers.COMMAND_OPTIONAL)
    return [
        Channel(
            "submissions", listed[names.SUBMISSIONS],
            "Matters of the channels, on their way in. Answered on the sender's replies topic.",
            "The channel's own id of the matter.", command, SUBMISSIONS,
            received="Take a matter in.",
        ),
        Channel(
            "commands", listed[names.COMMANDS],
            "Commands on tickets. The sender names the partition: the ticket's bucket, murmur2 "
            "over its number, as Kafka's own partitioner has it. Answered on the sender's replies "
            "topic, also in a wrong partition.",
            "Number of the ticket.", command, commands(),
            received="Perform a command.",
        ),
        Channel(
            "tickets", listed[names.TICKETS],
            "Every fact of every ticket, for ever: one partition per bucket, in order per ticket.",
            "Number of the ticket.", fact, facts(),
            sent="Record a fact.",
        ),
        Channel(
            "registry", listed[names.REGISTRY],
            "Every published version of what decisions rest on: rules, calendars, channels.",
            "Name of the registry.", headers.schema(headers.REGISTRY), on["registry"],
            sent="Publish the next version.",
        ),
    ]  # fmt: skip


def _of_operation(
    listed: Mapping[str, topics.Topic], on: Mapping[str, tuple[str]]
) -> list[Channel]:
    return [
        Channel(
            "measures", listed[names.MEASURES],
            "The thin stream that the live views count; a change of the views may change it too.",
            "The unit, or `<category>@<area>`.", headers.schema(headers.MEASURE), on["measures"],
            sent="Tell the live views what to count.",
            received="Count.",
        ),
        Channel(
            "watermarks", listed[names.WATERMARKS],
            "Twice a second from every process: how far its buckets are complete.",
            "The service that promises.", headers.schema(headers.WATERMARK), on["watermarks"],
            sent="Promise that nothing earlier is to come.",
            received="Prove silence before a timer fires.",
        ),
        Channel(
            "parked", listed[names.PARKED],
            "Records that no ticket can be read from, with the reason, for operators.",
            "The service that could not read it.", headers.schema(headers.PARKED), on["parked"],
            sent="Put a spoiled record aside.",
        ),
    ]  # fmt: skip


def _of_partners(on: Mapping[str, tuple[str]]) -> list[Channel]:
    return [
        Channel(
            "replies", topics.replies_topic("{sender}"),
            "What became of a sender's commands and submissions.",
            "The command id.", headers.schema(headers.REPLY), on["replies"],
            sent="Answer a command.",
            parameter=("sender", "Name of the sender, as registered."),
        ),
        Channel(
            "department", topics.department_topic("{department}"),
            "The entries of a department's subscriptions, in order per ticket and per feed, each "
            "at least once; sequence and chain prove that nothing is missing.",
            "Number of the ticket.", headers.schema(headers.FEED), on["department"],
            sent="Push an entry.",
            parameter=("department", "Id of the department, in small letters."),
        ),
    ]  # fmt: skip
