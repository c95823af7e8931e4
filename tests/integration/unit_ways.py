"""Every way in that admits a unit or a department, by what it shows or does."""

from __future__ import annotations

from typing import Any

from hotline.dispatch.v1 import commands_pb2

TICKET, SHARED = "/v1/tickets/{ticket}", "/v1/feeds/{subscription}"
# Each way, and the body or the query with which it is walked.
READS: dict[tuple[str, str], dict[str, Any]] = {
    ("datasync", f"GET {TICKET}"): {},
    ("deadline", f"GET {TICKET}/clocks"): {},
    ("deadline", f"GET {TICKET}/clocks/{{clock}}/proof"): {},
    ("deadline", f"GET {TICKET}/clocks/{{clock}}/proof.txt"): {},
    ("deadline", f"GET {TICKET}/time"): {},
}
LISTS: dict[tuple[str, str], dict[str, Any]] = {
    ("datasync", "GET /v1/tickets"): {"limit": 100},
    ("deadline", "GET /v1/due"): {"within_h": 700, "limit": 1_000},
    ("deadline", "GET /v1/due/calendar.ics"): {},
    ("deadline", "GET /v1/due/lists"): {},
}
# By unit, without a ticket in them: another unit is not asked for.
FIGURES = {
    ("deadline", "GET /v1/due/hours"),
    ("evaluation", "GET /v1/figures"),
    ("windows", "GET /v1/windows"),
}
FEEDS = {
    ("datasync", f"GET {SHARED}"),
    ("datasync", f"GET {SHARED}/events"),
    ("datasync", f"GET {SHARED}/proof"),
    ("datasync", f"POST {SHARED}/events/pass"),
}
SUBSCRIPTIONS = {("datasync", "GET /v1/subscriptions")}
REPLY = {"is_true": True, "our_duty": True, "contacted": True, "solved": True}
ACTS: dict[tuple[str, str], dict[str, Any]] = {
    ("dispatch", f"POST {TICKET}/confirm"): {},
    ("dispatch", f"POST {TICKET}/contact"): {},
    ("dispatch", f"POST {TICKET}/note"): {"note": "seen"},
    ("dispatch", f"POST {TICKET}/reply"): {**REPLY, "public_answer": "Done."},
    ("dispatch", f"POST {TICKET}/request-return"): {"reason": "not ours"},
    ("deadline", f"POST {TICKET}/answer-supervision"): {"feedback": "done"},
    ("deadline", f"POST {TICKET}/answer-urge"): {"answer": "soon"},
    ("deadline", f"POST {TICKET}/dispute-miss"): {"clock": "resolve", "reason": "wrong"},
    ("deadline", f"POST {TICKET}/request-extension"): {
        "clock": "resolve", "working_days": 2, "reason": "rain",
    },
}  # fmt: skip
BY_KAFKA = {
    ("dispatch", "Kafka ConfirmDispatch"): commands_pb2.ConfirmDispatch(),
    ("dispatch", "Kafka NoteProgress"): commands_pb2.NoteProgress(note="seen"),
    ("dispatch", "Kafka RecordContact"): commands_pb2.RecordContact(),
    ("dispatch", "Kafka ReplyTicket"): commands_pb2.ReplyTicket(public_answer="Done."),
    ("dispatch", "Kafka RequestReturn"): commands_pb2.RequestReturn(reason="not ours"),
}
# What anybody may know: no ticket and no unit's figures.
COMMON = {
    ("intake", "GET /v1/articles"),
    ("intake", "GET /v1/articles/reviews"),
    ("intake", "GET /v1/categories"),
    ("intake", "GET /v1/channels"),
    ("intake", "GET /v1/hotlines"),
}
