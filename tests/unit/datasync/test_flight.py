"""One message in flight per ticket; a ticket that fails waits alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry
from services.datasync.domain.flight import Flight
from services.datasync.domain.webhook import EndpointState, Post, Verdict, Waiting

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SCHEDULE_S = (10.0, 100.0)


def entry(sequence: int, ticket: str, bucket: int = 0) -> Entry:
    fact = Fact("dispatch", ticket, sequence, sequence, "x.Y", NOW, "", {})
    return Entry("dot", bucket, sequence, "v/lead", b"", fact)


def entries(*tickets: str) -> list[Entry]:
    return [entry(n, ticket) for n, ticket in enumerate(tickets, start=1)]


def flight(*tickets: str, rate: float = 1e6) -> Flight:
    made = Flight("dot", SCHEDULE_S, rate, rate)
    made.own({0: 0}, [], EndpointState())
    made.queue(entries(*tickets))
    return made


def start(f: Flight, batch: int = 50, now: datetime = NOW) -> Post:
    post = f.next(now, batch)
    assert post is not None
    return post


def settle(f: Flight, post: Post, outcome: Verdict, now: datetime = NOW) -> None:
    f.settle(post, post.entries, outcome, "why", now)


def sequences(post: Post) -> list[int]:
    return [e.sequence for e in post.entries]


def test_what_is_waiting_goes_together() -> None:
    assert sequences(start(flight("A", "B", "A"))) == [1, 2, 3]


def test_a_batch_is_no_longer_than_allowed() -> None:
    assert sequences(start(flight("A", "B", "C"), batch=2)) == [1, 2]


def test_a_ticket_in_flight_holds_its_own_entries_back_and_nobody_elses() -> None:
    f = flight("A", "A", "B")
    assert sequences(start(f, batch=1)) == [1]
    assert sequences(start(f)) == [3]
    assert f.next(NOW, 50) is None


def test_a_delivered_ticket_goes_on() -> None:
    f = flight("A", "A")
    settle(f, start(f, batch=1), Verdict.DELIVERED)
    assert sequences(start(f)) == [2]


def test_the_cursor_stays_below_what_is_still_in_flight() -> None:
    f = flight("A", "B", "C")
    first, second = start(f, batch=1), start(f, batch=1)
    assert f.moved_cursors({0: 3}) == {}
    settle(f, second, Verdict.DELIVERED)
    assert f.moved_cursors({0: 3}) == {}
    settle(f, first, Verdict.DELIVERED)
    assert f.moved_cursors({0: 3}) == {0: 2}
    settle(f, start(f), Verdict.DELIVERED)
    assert f.moved_cursors({0: 3}) == {0: 3}


def test_a_failed_batch_is_sent_again_ticket_by_ticket() -> None:
    f = flight("A", "B", "A")
    settle(f, start(f), Verdict.FAILED)
    assert f.waiting_tickets == 0
    assert [sequences(start(f)), sequences(start(f))] == [[1, 3], [2]]


def test_a_failed_ticket_waits_and_the_others_go_on() -> None:
    f = flight("A", "B", "A")
    settle(f, start(f, batch=1), Verdict.FAILED)
    assert sequences(start(f)) == [2]
    (row,) = f.unsaved_rows()
    assert row == Waiting("dot", 0, "A", 1, 1, NOW + timedelta(seconds=10), "why")


def test_the_cursor_passes_a_failed_ticket_only_when_its_row_is_stored() -> None:
    f = flight("A", "B", "A")
    settle(f, start(f, batch=1), Verdict.FAILED)
    settle(f, start(f), Verdict.DELIVERED)
    assert f.moved_cursors({0: 3}) == {}
    f.saved(f.unsaved_rows())
    assert f.moved_cursors({0: 3}) == {0: 3}
    f.queue([entry(4, "A")])
    assert f.moved_cursors({0: 4}) == {0: 4}
    assert f.next(NOW, 50) is None


def test_a_waiting_ticket_is_tried_when_it_is_due() -> None:
    f = flight("A")
    settle(f, start(f), Verdict.FAILED)
    due = NOW + timedelta(seconds=10)
    assert f.due(NOW) == due
    assert f.next(due - timedelta(seconds=1), 50) is None
    retry = start(f, now=due).retry
    assert retry is not None
    assert (retry.ticket, retry.from_sequence) == ("A", 1)


def retry_at(f: Flight, now: datetime, outcome: Verdict, *held: Entry) -> None:
    f.settle(start(f, now=now), held, outcome, "why", now)


def test_a_ticket_is_parked_when_the_schedule_is_used_up() -> None:
    f, now = flight("A"), NOW
    settle(f, start(f), Verdict.FAILED)
    for seconds in SCHEDULE_S:
        now += timedelta(seconds=seconds)
        retry_at(f, now, Verdict.FAILED, entry(1, "A"))
    (row,) = f.unsaved_rows()
    assert (row.attempts, row.next_at) == (3, None)
    assert f.stuck
    assert f.due(now) is None


def test_a_parked_ticket_goes_on_when_an_operator_releases_it() -> None:
    f = Flight("dot", SCHEDULE_S, 1e6, 1e6)
    parked = Waiting("dot", 0, "A", 1, 3, None, "why")
    f.own({0: 5}, [parked], EndpointState())
    assert f.next(NOW, 50) is None
    f.released([Waiting("dot", 0, "A", 1, 0, NOW, "why")], EndpointState())
    assert start(f).retry is not None


def test_a_retried_ticket_goes_on_until_nothing_is_left_of_it() -> None:
    f = flight("A", "A")
    settle(f, start(f, batch=1), Verdict.FAILED)
    due = NOW + timedelta(seconds=10)
    retry_at(f, due, Verdict.DELIVERED, entry(1, "A"))
    post = start(f, now=due)
    assert post.retry is not None
    assert (post.retry.from_sequence, post.retry.attempts) == (2, 0)
    f.settle(post, [entry(2, "A")], Verdict.DELIVERED, "", due)
    f.nothing_left(start(f, now=due), read_to=2, reached=2)
    assert (f.waiting_tickets, f.unsaved_drops()) == (0, [(0, "A")])
    f.queue([entry(3, "A")])
    assert sequences(start(f, now=due)) == [3]


def test_an_entry_that_came_while_the_last_ones_were_read_is_not_forgotten() -> None:
    f = flight("A")
    settle(f, start(f), Verdict.FAILED)
    due = NOW + timedelta(seconds=10)
    retry_at(f, due, Verdict.DELIVERED, entry(1, "A"))
    post = start(f, now=due)
    f.queue([entry(2, "A")])
    f.nothing_left(post, read_to=1, reached=2)
    assert f.waiting_tickets == 1
    assert start(f, now=due).retry is not None


def test_an_endpoint_that_fails_five_times_in_a_row_rests() -> None:
    f = flight(*"ABCDEFG")
    for _ in range(5):
        settle(f, start(f, batch=1), Verdict.FAILED)
    assert f.next(NOW, 1) is None
    assert f.due(NOW) == NOW + timedelta(seconds=5)


def test_after_a_rest_one_message_goes_alone_until_one_is_delivered() -> None:
    f = flight(*"ABCDEFG")
    for _ in range(5):
        settle(f, start(f, batch=1), Verdict.FAILED)
    later = NOW + timedelta(seconds=5)
    probe = start(f, batch=1, now=later)
    assert sequences(probe) == [6]
    assert f.next(later, 1) is None
    assert f.due(later) is None
    settle(f, probe, Verdict.DELIVERED, later)
    assert sequences(start(f, batch=1, now=later)) == [7]


def test_a_ticket_that_is_known_to_fail_makes_nobody_else_rest() -> None:
    f, now = flight("A"), NOW
    settle(f, start(f), Verdict.FAILED)
    for seconds in SCHEDULE_S:
        now += timedelta(seconds=seconds)
        retry_at(f, now, Verdict.FAILED, entry(1, "A"))
    for n in range(2, 5):
        f.queue([entry(n, f"B{n}")])
        settle(f, start(f, now=now), Verdict.FAILED, now)
    f.queue([entry(9, "C")])
    assert sequences(start(f, now=now)) == [9]


def test_a_pause_that_is_asked_for_is_kept_and_costs_no_attempt() -> None:
    f = flight("A", "B")
    post = start(f)
    f.settle(post, post.entries, Verdict.PAUSED, "429", NOW, timedelta(seconds=70))
    assert f.next(NOW + timedelta(seconds=69), 50) is None
    assert f.endpoint.not_before == f.due(NOW) == NOW + timedelta(seconds=70)
    assert sequences(start(f, now=NOW + timedelta(seconds=70))) == [1, 2]
    assert f.waiting_tickets == 0


def test_gone_means_stop_until_an_operator_says_otherwise() -> None:
    f = flight("A", "B")
    settle(f, start(f), Verdict.STOPPED)
    assert f.next(NOW + timedelta(days=9), 50) is None
    assert f.due(NOW) is None
    assert f.stuck
    assert f.endpoint.stopped_at == NOW
    f.endpoint_stored = True
    f.released([], EndpointState())
    assert sequences(start(f)) == [1, 2]


def test_a_rate_is_kept() -> None:
    f = flight("A", "B", "C", rate=2.0)
    start(f, batch=1)
    start(f, batch=1)
    assert f.next(NOW, 1) is None
    assert f.due(NOW) == NOW + timedelta(seconds=0.5)
    assert sequences(start(f, batch=1, now=NOW + timedelta(seconds=0.5))) == [3]


def test_what_never_left_goes_first_again() -> None:
    f = flight("A", "B")
    f.put_back(start(f, batch=1))
    assert sequences(start(f)) == [1, 2]


def test_an_outcome_from_before_a_change_of_owner_counts_no_more() -> None:
    f = flight("A")
    post = start(f)
    f.own({0: 0}, [], EndpointState())
    f.queue(entries("A"))
    assert f.next(NOW, 50) is None
    settle(f, post, Verdict.FAILED)
    assert f.waiting_tickets == 0
    assert sequences(start(f)) == [1]
