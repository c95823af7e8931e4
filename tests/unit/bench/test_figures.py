"""From rounds to figures."""

from __future__ import annotations

import os

from hotline.bench.figures import medians, noise_percent, quantiles_ms
from hotline.bench.past import loops
from hotline.bench.usage import GENERATOR, Usage, spent, usage
from hotline.sim.actors import Seen
from hotline.sim.loops import Loops
from services.kernel.names import bucket_of


def test_quantiles_are_values_that_were_measured() -> None:
    seconds = [n / 1000 for n in range(1, 102)]
    assert quantiles_ms(seconds) == {"p50_ms": 51.0, "p99_ms": 100.0}
    assert quantiles_ms([0.0021]) == {"p50_ms": 2.1, "p99_ms": 2.1}
    assert quantiles_ms([]) == {"p50_ms": 0.0, "p99_ms": 0.0}


def test_a_round_that_was_disturbed_does_not_move_the_median() -> None:
    rounds = [{"rate": 100.0, "rss_mb": {"a": 1.0}}, {"rate": 10.0, "rss_mb": {"a": 2.0}}]
    rounds.append({"rate": 101.0, "rss_mb": {"a": 3.0}})
    assert medians(rounds) == {"rate": 100.0, "rss_mb": {"a": 2.0}}


def test_noise_is_the_distance_of_best_and_worst() -> None:
    assert noise_percent([90.0, 100.0, 110.0]) == 20.0
    assert noise_percent([5.0]) == 0.0
    assert noise_percent([0.0, 0.0]) == 0.0


def test_cpu_is_counted_between_two_looks() -> None:
    before = {"a": Usage(1.0, 10.0), "b": Usage(2.0, 10.0)}
    assert spent(before, {"a": Usage(1.5, 10.0), "b": Usage(2.0, 12.0)}) == {"a": 0.5, "b": 0.0}


def test_our_own_work_is_the_generators() -> None:
    before = usage({GENERATOR: os.getpid()})
    sum(n * n for n in range(2_000_000))
    after = usage({GENERATOR: os.getpid()})
    assert spent(before, after)[GENERATOR] > 0
    assert after[GENERATOR].rss_mb > 1


def test_the_past_is_made_of_whole_loops_with_dense_positions() -> None:
    facts = [fact for ticket in loops(20, buckets=3) for fact in ticket]
    for source in {fact.source for fact in facts}:
        for bucket in range(3):
            mine = [f.position for f in facts if (f.source, f.bucket) == (source, bucket)]
            assert mine == list(range(1, len(mine) + 1))
    assert all(fact.bucket == bucket_of(fact.ticket, 3) for fact in facts)


def test_a_loop_of_the_past_lacks_nothing_that_the_bench_counts() -> None:
    closed = Loops()
    closed.begin("", now=0.0)
    [facts] = loops(1, buckets=3)
    seen = [Seen(f.type.rpartition(".")[2], f.event_id, f.ticket, f.data) for f in facts]
    assert [closed.see(fact, now=1.0) for fact in seen].count(True) == 1
