"""New matters in the sample's words, and what is told of them."""

from __future__ import annotations

from itertools import islice

from hotline.history.nyc import read_rows
from hotline.sim.actors import Seen
from hotline.sim.live import Tally, delivered
from hotline.sim.matters import as_json, matters
from services.intake.adapters.codec import SubmittedMatter
from services.intake.adapters.registry import load
from services.kernel.routes import body_model


def test_every_matter_is_one_that_the_city_takes() -> None:
    city, model = load("nyc"), body_model(SubmittedMatter)
    for matter in islice(matters(read_rows(), "test"), 500):
        body = model(**as_json(matter))
        assert matter.category in city.catalogue.categories
        assert matter.area in city.catalogue.areas
        assert body.external_id == matter.external_id  # type: ignore[attr-defined]


def test_no_two_matters_share_an_external_id_and_a_seed_repeats_them() -> None:
    one = list(islice(matters(read_rows(), "a"), 100))
    again = list(islice(matters(read_rows(), "a"), 100))
    assert one == again
    assert len({m.external_id for m in one}) == 100


def test_the_line_counts_and_tells_how_many_a_second() -> None:
    tally = Tally()
    assert tally.line(now=0.0).startswith("received 0 0.0/s")
    for _ in range(6):
        tally.see(Seen("TicketReceived", "", "t", b""))
    tally.see(Seen("DeadlineMissed", "", "t", b"", imported=True))
    tally.see(Seen("ClockStarted", "", "t", b""))
    line = tally.line(now=2.0)
    assert "received 6 3.0/s" in line
    assert "missed 1 0.5/s" in line


def test_deliveries_are_summed_over_subscriptions_and_ways() -> None:
    metrics = (
        "# TYPE hotline_feed_delivered_total counter\n"
        'hotline_feed_delivered_total{subscription="dot",way="topic"} 12.0\n'
        'hotline_feed_delivered_total{subscription="oem",way="webhook"} 3.0\n'
        'hotline_feed_delivered_created{subscription="dot",way="topic"} 1.7e+09\n'
    )
    assert delivered(metrics) == 15
