"""Buckets are Kafka's own partitions, and a namespace is a city of its own."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as peer
from hypothesis import given
from hypothesis import strategies as st

from hotline import __version__
from services.kernel.names import (
    TICKETS,
    bucket_of,
    client_of,
    department_of,
    murmur2,
    release_of,
    replies_of,
    schema_of,
    stream_in,
    topic_of,
    vault_of,
)

# From UtilsTest.testMurmur2 of Apache Kafka.
KAFKA_VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "hashed"), KAFKA_VECTORS.items())
def test_the_hash_is_kafkas(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32


@given(st.binary(max_size=64))
def test_the_hash_is_that_of_the_client_library(key: bytes) -> None:
    assert murmur2(key) == peer(key) % 2**32


@given(st.text(max_size=20), st.integers(1, 240))
def test_the_bucket_is_the_default_partitioners(ticket: str, buckets: int) -> None:
    assert bucket_of(ticket, buckets) == (peer(ticket.encode()) & 0x7FFFFFFF) % buckets


@pytest.mark.parametrize("bucket", [0, 7, 23])
def test_a_stream_can_be_named_into_any_bucket(bucket: int) -> None:
    name = stream_in(bucket, "import", 24)
    assert name.startswith("import-")
    assert bucket_of(name, 24) == bucket
    assert stream_in(bucket, "import", 24) == name


def test_a_namespace_stands_before_every_name() -> None:
    assert topic_of("", TICKETS) == TICKETS
    assert topic_of("nyc", TICKETS) == "nyc.hotline.tickets.v1"
    assert (schema_of("", "intake"), vault_of("", "intake")) == ("intake", "intake_vault")
    assert (schema_of("nyc", "intake"), vault_of("nyc", "intake")) == (
        "nyc_intake",
        "nyc_intake_vault",
    )
    assert replies_of("pmo") == "hotline.replies.pmo.v1"
    assert department_of("DOT") == "hotline.department.dot.v1"


def test_a_process_tells_the_brokers_its_release() -> None:
    assert release_of(client_of("dispatch", "0")) == ("dispatch-0", __version__)
    assert release_of("dispatch-0@0.1.0") == ("dispatch-0", "0.1.0")
    assert release_of("dispatch-0") == ("dispatch-0", "")
