"""What a service hands to the kernel: its domain, its codec and its views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.kernel.codec import Codec
from services.kernel.decider import Decider, TimerChange
from services.kernel.facts import Fact
from services.kernel.store import Tx


class View(Protocol):
    """A fold over the log, written by the owner of the bucket, in topic order."""

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """In the worker's transaction, once per batch; facts of several buckets."""

    async def committed(self, facts: Sequence[Fact]) -> None:
        """After the commit: wake who waits."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """The buckets that this process owns from now on."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A record of the submissions topic, made into a command on a new ticket."""

    ticket: str
    command: Any
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandRule:
    """A command that others may send: over HTTP as `POST /v1/tickets/{ticket}/<verb>`."""

    verb: str
    command: type
    roles: frozenset[str]


class Announce(Protocol):
    """What is told of facts before they are committed as applied."""

    async def __call__(self, facts: Sequence[Fact], *, released: bool) -> None: ...


@dataclass(frozen=True)
class Service:
    """One service, as the kernel runs it.

    `commands` says who may send what, by HTTP and by Kafka alike. `own_reactions` are the service's
    own event classes that `react` wants to see again. `reads` tells which types `views` and
    `announce` are given beside the service's own and those that its codec knows. `timers` gives the
    timer changes of an own event, `expire` the command of a due timer. `frontier` is the message
    that tells how far an import has come (fields import_id, until, final). `submit` makes a command
    of a submission: (body, content type, (sender, command id), at=, import_id=) -> Submission;
    `submissions` do it for further types, by name. `announce` is told of all facts that are read,
    before they are committed as applied or parked: at least once, in the order of their positions;
    one that made it fail when it is released, and then that it is `released`. `answer` adds to what
    the sender of a command learns; `confide` completes an answer's body with what only the sender
    may learn and no store may hold, each time that it is given. `gather_s` is how long facts gather
    at most behind a batch that came to anything and was not full; `hurried`, on the way from
    acceptance to a department, only as long as the CPU is short (`Rest`). What the batch was waited
    for counts, and the first after a rest is never kept waiting. `read_back`
    is told of tickets that a restored ledger had lost and the log still knew. Under `hash_key` the
    bodies of commands are hashed, where they hold what can be guessed.
    """

    name: str
    codec: Codec
    decider: Decider[Any, Any, Any] | None = None
    commands: tuple[CommandRule, ...] = ()
    own_reactions: tuple[type, ...] = ()
    views: tuple[View, ...] = ()
    reads: Callable[[str], bool] | None = None
    timers: Callable[[Any], Sequence[TimerChange]] | None = None
    expire: Callable[[str, datetime], Any] | None = None
    frontier: type[Any] | None = None
    submit: Callable[..., Awaitable[Submission]] | None = None
    submissions: Mapping[str, Callable[..., Awaitable[Submission]]] = field(default_factory=dict)
    announce: Announce | None = None
    answer: Callable[[str, Any, Sequence[Any]], dict[str, Any]] | None = None
    confide: Callable[[bytes], bytes] | None = None
    gather_s: float = 0.0
    hurried: bool = False
    read_back: Callable[[Collection[str]], Awaitable[None]] | None = None
    hash_key: bytes = b""
