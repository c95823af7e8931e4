"""Deadline on the wire: its own facts by name, and every fact that the policy names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import DecodeError, Message

from hotline.deadline.v1 import commands_pb2, events_pb2
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain import care_events, desk, events, supervision
from services.deadline.domain.policy import Policy, Trigger
from services.deadline.domain.reactions import ALWAYS_HEARD, MATTER, STATUTORY, Happened
from services.deadline.domain.shares import FACTS
from services.kernel.codec import BadBody, Codec, to_datetime
from services.kernel.decider import replace
from services.kernel.facts import Fact

OWN = [
    (events.ClockStarted, events_pb2.ClockStarted),
    (events.ClockWarned, events_pb2.ClockWarned),
    (events.ClockPaused, events_pb2.ClockPaused),
    (events.ClockResumed, events_pb2.ClockResumed),
    (events.ClockStopped, events_pb2.ClockStopped),
    (events.DeadlineMissed, events_pb2.DeadlineMissed),
    (events.MissWithdrawn, events_pb2.MissWithdrawn),
    (events.ReturnWindowClosed, events_pb2.ReturnWindowClosed),
    (events.ExtensionAsked, events_pb2.ExtensionAsked),
    (events.HotlineAlarmed, events_pb2.HotlineAlarmed),
    (events.ExtensionGranted, events_pb2.ExtensionGranted),
    (events.ExtensionRefused, events_pb2.ExtensionRefused),
    (events.LimitSet, events_pb2.LimitSet),
    (events.UnitReminded, events_pb2.UnitReminded),
    (events.UnitUrged, events_pb2.UnitUrged),
    (care_events.BureauNotified, events_pb2.BureauNotified),
    (care_events.TicketUrged, events_pb2.TicketUrged),
    (care_events.UrgeAnswered, events_pb2.UrgeAnswered),
    (care_events.SupervisionOpened, events_pb2.SupervisionOpened),
    (care_events.SupervisionIssued, events_pb2.SupervisionIssued),
    (care_events.SupervisionAnswered, events_pb2.SupervisionAnswered),
    (care_events.SupervisionReturned, events_pb2.SupervisionReturned),
    (care_events.SupervisionRaised, events_pb2.SupervisionRaised),
    (care_events.SupervisionClosed, events_pb2.SupervisionClosed),
    (events.MissDisputed, events_pb2.MissDisputed),
    (events.DisputeRuled, events_pb2.DisputeRuled),
    (events.MatterChanged, events_pb2.MatterChanged),
    (events.MatterWithdrawn, events_pb2.MatterWithdrawn),
    (events.ClockReplanned, events_pb2.ClockReplanned),
]
COMMANDS = [
    (desk.RequestExtension, commands_pb2.RequestExtension),
    (desk.GrantExtension, commands_pb2.GrantExtension),
    (desk.RefuseExtension, commands_pb2.RefuseExtension),
    (desk.PauseClocks, commands_pb2.PauseClocks),
    (desk.ResumeClocks, commands_pb2.ResumeClocks),
    (desk.SetLimit, commands_pb2.SetLimit),
    (supervision.UrgeTicket, commands_pb2.UrgeTicket),
    (supervision.AnswerUrge, commands_pb2.AnswerUrge),
    (supervision.OpenSupervision, commands_pb2.OpenSupervision),
    (supervision.IssueSupervision, commands_pb2.IssueSupervision),
    (supervision.AnswerSupervision, commands_pb2.AnswerSupervision),
    (supervision.ReturnSupervision, commands_pb2.ReturnSupervision),
    (supervision.RaiseSupervision, commands_pb2.RaiseSupervision),
    (supervision.CloseSupervision, commands_pb2.CloseSupervision),
    (supervision.NotifyBureau, commands_pb2.NotifyBureau),
    (supervision.DisputeMiss, commands_pb2.DisputeMiss),
    (supervision.RuleDispute, commands_pb2.RuleDispute),
]
_ALWAYS = ("unit", "stated_due_at", "reason", STATUTORY, *MATTER)
_REMEMBERED = {"kind"}
Read = Callable[[Message], object]


class PolicyCodec(Codec):
    """Facts of others come as `Happened`, with the fields that conditions ask for.

    Raises ValueError for a policy that names a fact or a field that nobody records.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__("deadline", OWN, commands=COMMANDS)
        self._names: set[str] = set(_ALWAYS)
        self._readers: dict[str, tuple[type[Message], Mapping[str, Read]]] = {}
        self.take(policy)

    def take(self, policy: Policy) -> None:
        """Read from now on what this policy names too. Raises ValueError."""
        recorded = _recorded()
        for trigger in policy.triggers():
            _require_fields(trigger, recorded, policy.version)
        for row in policy.rows.values():
            for trigger in row.starts if row.due_field else ():
                _require_fields(replace(trigger, instant=row.due_field), recorded, policy.version)
        self._names |= policy.fields()
        passing_on = {name for name in FACTS if not name.startswith("hotline.deadline.")}
        for type_name in {*self._readers, *policy.types(), *passing_on, *ALWAYS_HEARD}:
            message = recorded[type_name]
            self._readers[type_name] = (message, _readers(message, self._names))

    def knows(self, type_name: str) -> bool:
        return type_name in self._readers or super().knows(type_name)

    def parse(self, fact: Fact) -> Any:
        reader = self._readers.get(fact.type)
        if reader is None:
            return super().parse(fact)
        message, readers = reader
        try:
            body = message.FromString(fact.data)
        except DecodeError as error:
            raise BadBody(f"{fact.type}: not a protobuf message: {error}") from None
        values = {name: read(body) for name, read in readers.items()}
        return Happened(fact.type, fact.time, fact.source, fact.event_id, fact.import_id, values)


def _recorded() -> dict[str, type[Message]]:
    modules = (intake, dispatch, evaluation, events_pb2)
    return {
        f"{module.DESCRIPTOR.package}.{name}": getattr(module, name)
        for module in modules
        for name in module.DESCRIPTOR.message_types_by_name
    }


def _require_fields(trigger: Trigger, recorded: Mapping[str, type[Message]], where: str) -> None:
    if trigger.type not in recorded:
        raise ValueError(f"{where}: no service records {trigger.type}")
    wanted = {*trigger.when, trigger.instant} - {"", *_REMEMBERED}
    for name in sorted(wanted.difference(recorded[trigger.type].DESCRIPTOR.fields_by_name)):
        raise ValueError(f"{where}: {trigger.type} has no field {name}")


def _readers(message: type[Message], names: set[str]) -> dict[str, Read]:
    fields = message.DESCRIPTOR.fields_by_name
    return {name: _reader(fields[name]) for name in names if name in fields}


def _reader(field: Any) -> Read:
    name = field.name
    if field.message_type is not None:
        return lambda body: to_datetime(getattr(body, name)) if body.HasField(name) else None
    if field.enum_type is not None:
        words = _words(field.enum_type)
        return lambda body: words.get(getattr(body, name), "")
    return lambda body: getattr(body, name)


def _words(enum: Any) -> dict[int, str]:
    """KIND_CONSULTATION is `consultation` in a policy; zero says nothing."""
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {v.number: v.name.removeprefix(prefix).lower() for v in enum.values if v.number}
