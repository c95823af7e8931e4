"""The ticket file: header and timeline of one ticket, folded from its facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.datasync.adapters.events import event_types
from services.datasync.domain.facts import Fact
from services.datasync.domain.ticket_file import Clock, TicketFile, as_of, ticket_file
from services.datasync.domain.views import State
from services.datasync.domain.wording import TEMPLATES, words
from tests.unit.datasync.tickets import START, Topic, accepted, dispatched, received, replied

DUE = datetime(2011, 3, 8, 5, tzinfo=UTC)


def stamp(moment: datetime) -> Timestamp:
    value = Timestamp()
    value.FromDatetime(moment)
    return value


def started(clock: str = "resolve", run: int = 1) -> deadline.ClockStarted:
    return deadline.ClockStarted(
        clock=clock, run=run, unit="DOT", started_at=stamp(START), due_at=stamp(DUE)
    )


def file_of(*messages: object) -> TicketFile:
    topic = Topic()
    for message in messages:
        topic.say("T1", message)  # type: ignore[arg-type]
    return ticket_file(topic.of("T1"))


def state_of(*messages: object) -> State:
    row = file_of(received(), *messages).summary
    assert row is not None
    return row.state


def test_the_header_tells_what_the_facts_said_last() -> None:
    row = file_of(received("DOT/X"), accepted(), dispatched("DOT", ["DPR"])).summary
    assert row is not None
    assert (row.kind, row.category, row.area) == ("complaint", "DOT/Street Condition", "BROOKLYN")
    assert (row.unit, row.level, row.co_handlers) == ("DOT", "city", ("DPR",))
    assert (row.received_at, row.updated_at) == (START, START + timedelta(minutes=2))


def test_r16_tickets_on_the_same_matter_stand_beside_the_header() -> None:
    assert file_of(received(related=["T8", "T9"]), accepted()).related == ("T8", "T9")
    assert file_of(received(), accepted()).related == ()


def test_r4_a_corrected_category_is_whose_business_it_is_from_there_on() -> None:
    corrected = intake.CategoryCorrected(
        category="DOHMH/Mold", kind=intake.KIND_REPORT, urgency=intake.URGENCY_URGENT
    )
    known = dispatched("DOT")  # dispatch had not heard of it yet
    refiled = dispatch.TicketRefiled(category="DOHMH/Mold")
    for said in ([corrected], [corrected, known, refiled]):
        row = file_of(received(), accepted(), *said).summary
        assert row is not None
        assert (row.audience.category, row.kind, row.urgency) == ("DOHMH/Mold", "report", "urgent")
    assert state_of(accepted(), dispatched(), corrected, refiled) is State.DISPATCHED


def test_every_step_of_the_loop_moves_the_state() -> None:
    steps = [
        (accepted(), State.ACCEPTED),
        (dispatch.DispatchQueued(), State.QUEUED),
        (dispatched(), State.DISPATCHED),
        (dispatch.ReturnRequested(), State.RETURN_ASKED),
        (dispatch.ReturnGranted(), State.RETURNED),
        (dispatched(), State.DISPATCHED),
        (dispatch.DispatchConfirmed(), State.CONFIRMED),
        (dispatch.CitizenContacted(), State.HANDLING),
        (replied(), State.REPLIED),
        (dispatch.ReplySentBack(), State.SENT_BACK),
        (replied(), State.REPLIED),
        (dispatch.ReplyApproved(), State.APPROVED),
        (dispatch.TicketCompleted(), State.COMPLETED),
        (dispatch.RedoOrdered(), State.REDO),
        (dispatch.TicketArchived(), State.ARCHIVED),
    ]
    said = [message for message, _ in steps]
    assert [state_of(*said[: n + 1]) for n in range(len(steps))] == [state for _, state in steps]


def test_a_ticket_may_end_before_dispatch() -> None:
    ends = [intake.TicketRefused(), intake.TicketDiverted(), intake.TicketWithdrawn()]
    assert [state_of(end) for end in ends] == [State.REFUSED, State.DIVERTED, State.WITHDRAWN]


def test_a_ticket_withdrawn_while_open_ends_as_withdrawn() -> None:
    withdrawn, closed = intake.TicketWithdrawn(), dispatch.TicketArchived(reason="withdrawn")
    assert state_of(accepted(), dispatched(), withdrawn, closed) is State.WITHDRAWN


def test_a_withdrawal_of_what_is_completed_leaves_the_return_visit_its_say() -> None:
    visited = dispatch.TicketArchived(reason="solved at the return visit")
    said = (dispatch.TicketCompleted(), intake.TicketWithdrawn(), visited)
    assert state_of(*said) is State.ARCHIVED


def test_an_act_of_the_unit_that_met_the_withdrawal_does_not_hide_it() -> None:
    met = (dispatched(), intake.TicketWithdrawn(), dispatch.DispatchConfirmed())
    assert state_of(*met) is State.CONFIRMED
    assert state_of(*met, dispatch.TicketArchived(reason="withdrawn")) is State.WITHDRAWN


def test_a_ticket_withdrawn_after_its_archive_stays_archived() -> None:
    closed = (received(), dispatched(), dispatch.TicketArchived(reason="reviewed"))
    assert file_of(*closed, intake.TicketWithdrawn()).summary == file_of(*closed).summary
    assert state_of(*closed[1:]) is State.ARCHIVED


def test_a_note_after_the_reply_does_not_move_the_ticket_back() -> None:
    assert state_of(dispatched(), replied(), dispatch.ProgressNoted()) is State.REPLIED


def test_a_return_that_is_refused_leaves_the_ticket_with_its_unit() -> None:
    refused = dispatch.ReturnRefused()
    assert state_of(dispatched(), dispatch.ReturnRequested(), refused) is State.DISPATCHED


def test_clocks_and_scores_do_not_touch_the_row() -> None:
    before = file_of(received(), dispatched()).summary
    assert file_of(received(), dispatched(), started(), evaluation.ScoreBooked()).summary == before


def test_open_clocks_stand_in_the_header_with_their_due_times() -> None:
    file = file_of(received(), started("contact"), started("resolve"))
    assert [(c.clock, c.due_at) for c in file.open_clocks] == [("contact", DUE), ("resolve", DUE)]


def test_r28_a_clock_says_whether_its_due_time_may_still_move() -> None:
    granted = deadline.ExtensionGranted(clock="resolve", run=1, due_at=stamp(DUE), provisional=True)
    (clock,) = file_of(received(), started(), granted).open_clocks
    assert clock.provisional
    certain = deadline.ClockReplanned(clock="resolve", run=1, due_at=stamp(DUE))
    (clock,) = file_of(received(), started(), granted, certain).open_clocks
    assert not clock.provisional


def test_a_paused_clock_has_no_due_time() -> None:
    paused = deadline.ClockPaused(clock="resolve", run=1, reason="appraisal")
    (clock,) = file_of(received(), started(), paused).open_clocks
    assert (clock.state, clock.due_at) == ("paused", None)


def test_a_resumed_clock_has_its_new_due_time_and_its_first_start() -> None:
    later = DUE + timedelta(days=1)
    (clock,) = file_of(
        received(),
        started(),
        deadline.ClockPaused(clock="resolve", run=1),
        deadline.ClockResumed(clock="resolve", run=1, due_at=stamp(later)),
    ).open_clocks
    assert (clock.state, clock.due_at, clock.started_at) == ("running", later, START)


def test_a_missed_clock_stays_missed_when_it_stops() -> None:
    file = file_of(
        received(),
        started(),
        deadline.DeadlineMissed(clock="resolve", run=1, unit="DOT", due_at=stamp(DUE)),
        deadline.ClockStopped(clock="resolve", run=1, stopped_at=stamp(DUE)),
    )
    assert file.clocks == (
        Clock("resolve", 1, "DOT", "stopped", START, DUE, stopped_at=DUE, missed=True),
    )
    assert file.open_clocks == ()


def test_a_withdrawn_miss_counts_no_more() -> None:
    (clock,) = file_of(
        received(),
        started(),
        deadline.DeadlineMissed(clock="resolve", run=1, due_at=stamp(DUE)),
        deadline.MissWithdrawn(clock="resolve", run=1, due_at=stamp(DUE), stopped_at=stamp(START)),
    ).clocks
    assert (clock.missed, clock.state, clock.stopped_at) == (False, "stopped", START)


def test_two_runs_of_a_clock_are_two_clocks() -> None:
    assert [c.run for c in file_of(received(), started(run=1), started(run=2)).clocks] == [1, 2]


def test_a_closed_return_window_is_no_miss() -> None:
    closed = deadline.ReturnWindowClosed(run=1, unit="DOT", due_at=stamp(DUE))
    (clock,) = file_of(received(), started("return"), closed).clocks
    assert (clock.state, clock.missed) == ("closed", False)


def test_a_score_that_is_taken_back_says_so() -> None:
    booked = evaluation.ScoreBooked(entry=1, unit="DOT", solved=True)
    taken = evaluation.ScoreTakenBack(entry=1, unit="DOT")
    score = file_of(received(), booked, taken).score
    assert score is not None
    assert (score.solved, score.taken_back) == (True, True)
    again = file_of(received(), booked, taken, evaluation.ScoreBooked(entry=2, unit="DOT")).score
    assert again is not None
    assert (again.entry, again.taken_back) == (2, False)


def test_the_timeline_has_one_line_per_fact_in_order() -> None:
    file = file_of(received(), accepted(), dispatched("DOT"), replied("DOT"))
    assert [(line.stage, line.actor, line.en) for line in file.timeline] == [
        ("acceptance", "citizen", "Matter received (complaint): Pothole"),
        ("acceptance", "hotline", "Accepted, category DOT/Street Condition"),
        ("dispatch", "hotline", "Dispatched to DOT as lead unit"),
        ("reply", "DOT", "DOT replied, solved: yes. Filled."),
    ]
    assert [line.zh for line in file.timeline][:2] == [
        "收到诉求（投诉）：Pothole",
        "受理，事项分类：DOT/Street Condition",
    ]


def test_instants_in_sentences_are_shown_in_the_citys_time() -> None:
    topic = Topic()
    topic.say("T1", started())
    (line,) = ticket_file(topic.of("T1"), zone=ZoneInfo("America/New_York")).timeline
    assert line.en == "The handling clock started, due 2011-03-08 00:00"
    assert line.zh == "办理时限开始，截止 2011-03-08 00:00"


def test_a_field_that_is_not_there_leaves_no_hole_in_the_sentence() -> None:
    file = file_of(dispatch.ProgressNoted(unit="DOT"), deadline.DeadlineMissed(clock="confirm"))
    assert file.timeline[0].en == "Progress at DOT"


def test_every_event_has_words_in_both_languages() -> None:
    answers = {"hotline.kernel.v1.CommandAnswered", "hotline.kernel.v1.RecordParked"}
    assert event_types().keys() - answers == TEMPLATES.keys()


def test_a_template_names_only_fields_of_its_event() -> None:
    for name, template in TEMPLATES.items():
        fields = {field.name: "x" for field in event_types()[name].DESCRIPTOR.fields}
        fact = Fact("s", "T1", 1, 1, name, START, "", fields)
        for text in (words(fact, UTC).zh, words(fact, UTC).en, template.actor.format(**fields)):
            assert "{" not in text
        (template.zh + template.en).format(**fields)


def test_an_unknown_fact_is_shown_by_its_name() -> None:
    fact = Fact("x", "T1", 1, 1, "hotline.x.v1.SurveyAnswered", START, "", {})
    (line,) = ticket_file([fact]).timeline
    assert line.en == "Survey answered"


def test_the_file_as_it_was_leaves_out_what_came_later() -> None:
    topic = Topic()
    for message in (received(), accepted(), dispatched()):
        topic.say("T1", message)
    then = ticket_file(as_of(topic.of("T1"), START + timedelta(minutes=1)))
    assert then.summary is not None
    assert (then.summary.state, len(then.timeline)) == (State.ACCEPTED, 2)


def test_a_reason_that_a_rule_gave_reads_in_both_languages() -> None:
    reasons = {
        "solved at the return visit": "归档：回访已解决",
        "visits exhausted": "归档：多次回访未能联系",
        "withdrawn": "归档：诉求人撤回",
        "as the supervisor wrote it": "归档：as the supervisor wrote it",
    }
    for reason, said in reasons.items():
        (line,) = file_of(dispatch.TicketArchived(unit="DOT", reason=reason)).timeline
        assert (line.zh, line.en) == (said, f"Archived: {reason}")
