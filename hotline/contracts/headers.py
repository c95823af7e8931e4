"""What the headers of our records mean: CloudEvents 1.0 in binary mode, and our own attributes."""

from __future__ import annotations

from typing import Any

from services.kernel.codec import JSON, PROTOBUF

Schema = dict[str, Any]


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


_COUNT = {"pattern": "^[1-9][0-9]{0,17}$"}
_INSTANT = {"format": "date-time"}
_SPEC = _text("The version of CloudEvents.", const="1.0")
_TYPE = _text("Full name of the message in the record's value.")
_TICKET = _text("Number of the ticket; the record's key too.")
_BODY = _text("The value is the bare message.", const=PROTOBUF)
_TRACE = _text("W3C trace context of what caused the record.")
_STAGE = _text(
    "Stage of the closed loop; empty for a fact that belongs to none.",
    enum=["", "acceptance", "dispatch", "handling", "reply", "supervision", "completion",
          "return_visit", "evaluation"],
)  # fmt: skip

FACT: dict[str, Schema] = {
    "ce_specversion": _SPEC,
    "content-type": _BODY,
    "ce_source": _text("The service that recorded the fact."),
    "ce_type": _TYPE,
    "ce_stage": _STAGE,
    "ce_id": _text("`<ticket>/<version>`, unique within the source."),
    "ce_subject": _TICKET,
    "ce_time": _text("When it happened, in UTC with six digits.", **_INSTANT),
    "ce_position": _text(
        "Place in the source's log of this partition, dense from 1: apply a fact only if its "
        "position is exactly the next one of its source. Lower is a repeat; higher means that "
        "one before it is still to come, and this one will come again.",
        **_COUNT,
    ),
    "ce_streamversion": _text("Place among the source's facts of this ticket, from 1.", **_COUNT),
    "ce_recordedtime": _text("When the ledger took it, in UTC with six digits.", **_INSTANT),
}
FACT_OPTIONAL: dict[str, Schema] = {
    "ce_importid": _text("The import that the ticket came with; absent for a live one."),
    "ce_commandid": _text("`<sender>/<command id>` of the command that caused it."),
    "ce_causation": _text(
        "What caused it where that was no command: a fact (`<source>/<ticket>/<version>`), a "
        "timer (`timer/<name>`) or a record that could not be applied "
        "(`<topic>/<partition>/<offset>`)."
    ),
    "ce_by": _text("Who sent that command."),
    "traceparent": _TRACE,
    "ce_incarnation": _text(
        "Only where the source's bucket was forked once: since how many forks its facts count. "
        "Once one with a higher number was read, those with a lower one, or none, are dropped.",
        **_COUNT,
    ),
}
REGISTRY: dict[str, Schema] = {
    **FACT,
    "ce_id": _text("`<name>/<version>`, unique within the source."),
    "ce_subject": _text("Name of the registry; the record's key too."),
    "ce_position": _text(
        "Place in the source's registry log, dense from 1: take an entry only if its position is "
        "exactly the next one of its source.",
        **_COUNT,
    ),
    "ce_streamversion": _text("The version of the registry, from 1.", **_COUNT),
    "ce_commandid": _text("`<administrator>/<command id>` of the command that published it."),
    "ce_by": _text("The administrator."),
}
COMMAND: dict[str, Schema] = {
    "ce_specversion": _SPEC,
    "ce_type": _TYPE,
    "ce_source": _text("Name of the sender, as registered with its public keys."),
    "ce_id": _text(
        "The command id, 1 to 200 characters of the sender's choice. The same id again gets the "
        "same answer and changes nothing."
    ),
    "ce_time": _text("When it was signed: within 5 minutes of the broker's append.", **_INSTANT),
    "ce_subject": _text("The record's key again."),
    "content-type": _text("How the message is written.", enum=[PROTOBUF, JSON]),
    "signature": _text(
        "Ed25519, base64, by a key of the sender, over `hotline-signature-v1`, topic (without "
        "namespace), key, ce_type, ce_id, ce_time, value, and then name and value of each of "
        "ce_actingfor, ce_importid, ce_importtime and content-type that is there, each with its "
        "length in four bytes, big-endian, before it."
    ),
    "signaturekeyid": _text("Which of the sender's keys."),
}
COMMAND_OPTIONAL: dict[str, Schema] = {
    "ce_importid": _text("By importers only: the import that the command belongs to."),
    "ce_importtime": _text("By importers only: when it happened.", **_INSTANT),
    "ce_actingfor": _text("By importers only: the unit that acted."),
    "traceparent": _TRACE,
}
REPLY: dict[str, Schema] = {
    "ce_specversion": _SPEC,
    "ce_type": _TYPE,
    "ce_source": _text("The service that answers."),
    "ce_id": _text("`<sender>/<command id>`."),
    "ce_subject": _text("Number of the ticket; empty where the command named none."),
    "content-type": _BODY,
}
FEED: dict[str, Schema] = {
    "ce_specversion": _SPEC,
    "ce_id": _text("`<bucket>/<sequence>`, unique within the source."),
    "ce_source": _text("`datasync/<subscription>`."),
    "ce_type": _TYPE,
    "ce_subject": _TICKET,
    "ce_time": _text("When the fact happened, in UTC with six digits.", **_INSTANT),
    "ce_eventtype": _text("Full name of the fact's message, in the entry's `data`."),
    "ce_stage": _STAGE,
    "content-type": _BODY,
}
WATERMARK: dict[str, Schema] = {
    "ce_type": _TYPE,
    "ce_source": _text("The service that promises."),
}
PARKED: dict[str, Schema] = {"ce_type": _TYPE}
MEASURE: dict[str, Schema] = {"content-type": _BODY}


def schema(needed: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """The schema of a record's headers; others may be there too."""
    return {
        "type": "object",
        "required": list(needed),
        "properties": {**needed, **(optional or {})},
    }
