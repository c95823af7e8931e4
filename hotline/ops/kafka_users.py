"""Who may do what on the brokers: one list, from which users of a cluster and tests are made.

Only relays write facts: of all users only the five services may write to the tickets topic, and no
service may write where its code does not (tests/integration/ops/test_rights.py runs them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hotline.programs import SERVICES, WINDOWS
from services.evaluation.adapters.windows_topics import APP, changelog_topics
from services.kernel import names

Operation = Literal["Read", "Write", "Describe", "DescribeConfigs"]
OURS = "hotline."
COMMANDED = ("intake", "dispatch", "deadline", "evaluation")


@dataclass(frozen=True, slots=True)
class Right:
    """`name` is a whole name, or with `prefix` the beginning of names."""

    kind: Literal["topic", "group", "cluster"]
    name: str
    operations: tuple[Operation, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A certificate's common name, without the prefix of the installation, and its rights."""

    name: str
    rights: tuple[Right, ...]


def users() -> list[User]:
    """Every user that the programs of a city need."""
    return [
        *(User(name, tuple(_of_service(name))) for name in SERVICES),
        User(WINDOWS, tuple(_of_windows())),
        User("migrate", (_LOOK,)),
    ]


def department_user(department: str, sender: str = "") -> User:
    """Reads its own topic and no other; as a `sender` it sends commands and reads their answers."""
    name = f"department-{department.lower()}"
    rights = [
        Right("topic", names.department_of(department), ("Read", "Describe")),
        Right("group", f"{name}.", ("Read",), prefix=True),
    ]
    if sender:
        rights += _commanding(sender)
    return User(name, tuple(rights))


def channel_user(channel: str) -> User:
    """Hands in matters, sends commands as a channel may, and reads the answers to its own."""
    name = f"channel-{channel.lower()}"
    return User(
        name,
        (
            Right("topic", names.SUBMISSIONS, ("Write", "Describe")),
            *_commanding(channel),
            Right("group", f"{name}.", ("Read",), prefix=True),
        ),
    )


def unit_user(sender: str) -> User:
    """Sends a unit's commands, and reads the answers to its own."""
    name = f"sender-{sender.lower()}"
    return User(name, (*_commanding(sender), Right("group", f"{name}.", ("Read",), prefix=True)))


def _commanding(sender: str) -> list[Right]:
    """Sends commands and reads the answers to its own."""
    return [
        Right("topic", names.COMMANDS, ("Write", "Describe")),
        Right("topic", names.replies_of(sender), ("Read", "Describe")),
    ]


# Programs check at the start that the topics are as installed, and show who owns what.
_LOOK = Right("topic", OURS, ("Describe", "DescribeConfigs"), prefix=True)
# `hotline ops doctor` in a pod asks how much room the brokers have.
_ROOM = Right("cluster", "kafka-cluster", ("Describe",))


def _of_service(name: str) -> Iterator[Right]:
    yield _LOOK
    yield _ROOM
    yield Right("group", name, ("Read", "Describe"))
    for other in (*SERVICES, APP):  # `hotline ops` in a pod shows who owns what
        if other != name:
            yield Right("group", other, ("Describe",))
    yield Right("topic", names.TICKETS, ("Read", "Write"))
    yield Right("topic", names.WATERMARKS, ("Read", "Write") if name == "deadline" else ("Write",))
    yield Right("topic", names.PARKED, ("Write",))
    # Each tells what its decisions rest on, and reads back at its start what it has told.
    yield Right("topic", names.REGISTRY, ("Read", "Write"))
    if name in COMMANDED:
        yield Right("topic", names.COMMANDS, ("Read",))
        yield Right("topic", names.replies_of("*").partition("*")[0], ("Write",), prefix=True)
    if name == "intake":
        yield Right("topic", names.SUBMISSIONS, ("Read",))
    if name == "evaluation":
        yield Right("topic", names.MEASURES, ("Write",))
    if name == "datasync":
        yield Right("topic", names.department_of("*").partition("*")[0], ("Write",), prefix=True)


def _of_windows() -> Iterator[Right]:
    yield _LOOK
    yield Right("group", APP, ("Read", "Describe"))
    yield Right("topic", names.MEASURES, ("Read",))
    for topic in changelog_topics():
        yield Right("topic", topic.name, ("Read", "Write"))
