"""A signature covers every part of a record that a reader acts on, for five minutes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from services.kernel.codec import rfc3339
from services.kernel.signing import (
    TOLERANCE,
    BadSignature,
    SignatureError,
    SignatureMissing,
    Signed,
    StaleSignature,
    UnknownKey,
    sign,
    verify,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD, NEW = SigningKey.generate(), SigningKey.generate()
KEYS = {"2025": OLD.verify_key, "2026": NEW.verify_key}
PARTS: dict[str, Any] = {
    "topic": "hotline.commands.v1",
    "key": b"20260302-1",
    "type": "hotline.dispatch.v1.ConfirmDispatch",
    "command_id": "dot/17",
    "time": rfc3339(NOW),
    "body": b"\x0a\x02hi",
    "headers": {
        "content-type": "application/json",
        "ce_importid": "old",
        "ce_importtime": "2011-03-16T09:00:00Z",
    },
}


def check(
    changes: dict[str, Any] | None = None,
    *,
    key: SigningKey = NEW,
    key_id: str = "2026",
    received_at: datetime = NOW,
    **stated: Any,
) -> None:
    """Sign PARTS with `stated` in them, then verify what `changes` made of the record."""
    signed, changed = PARTS | stated, changes or {}
    record = Signed(**{**signed, **{k: v for k, v in changed.items() if k in PARTS}})
    verify(
        KEYS,
        record,
        signature=changed.get("signature", sign(key, Signed(**signed))),
        key_id=changed.get("key_id", key_id),
        received_at=received_at,
    )


def test_a_record_as_it_was_signed_is_believed() -> None:
    check()


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "hotline.submissions.v1"},
        {"key": b"20260302-2"},
        {"type": "hotline.dispatch.v1.ReplyTicket"},
        {"command_id": "dot/18"},
        {"time": rfc3339(NOW + timedelta(seconds=1))},
        {"body": b"\x0a\x02ho"},
        {"headers": {}},
        {"headers": {**PARTS["headers"], "ce_actingfor": "DPR"}},
        {"headers": {**PARTS["headers"], "content-type": "application/protobuf"}},
        {"headers": {**PARTS["headers"], "ce_importid": "new"}},
        {"headers": {**PARTS["headers"], "ce_importtime": "2011-03-17T09:00:00Z"}},
        {"key_id": "2025"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_changed_part_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        check(changes)


texts = st.text(max_size=6)
records = st.fixed_dictionaries(
    {
        "topic": texts,
        "key": st.binary(max_size=6),
        "type": texts,
        "command_id": texts,
        "time": texts,
        "body": st.binary(max_size=6),
        "headers": st.dictionaries(texts, texts, max_size=2),
    }
)


@given(records, records)
def test_two_records_never_have_the_same_signed_bytes(one: Any, other: Any) -> None:
    assert (Signed(**one).content() == Signed(**other).content()) is (one == other)


def test_text_that_moves_into_the_next_part_is_refused() -> None:
    with pytest.raises(BadSignature):
        check({"type": PARTS["type"] + "d", "command_id": "ot/17"})


# Keys


def test_both_keys_count_while_they_rotate() -> None:
    check(key=OLD, key_id="2025")
    check(key=NEW, key_id="2026")


def test_an_unknown_key_is_named_and_cut() -> None:
    with pytest.raises(UnknownKey) as raised:
        check(key_id="x" * 9_000)
    assert len(str(raised.value)) < 200


def test_the_key_of_another_sender_is_refused() -> None:
    with pytest.raises(BadSignature):
        check(key=SigningKey.generate())


@pytest.mark.parametrize("missing", ["signature", "key_id"])
def test_without_a_signature_nothing_is_believed(missing: str) -> None:
    with pytest.raises(SignatureMissing):
        check({missing: ""})


@pytest.mark.parametrize("signature", ["?", "AAAA", "é", "=", "A" * 88])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        check({"signature": signature})


# Time


@pytest.mark.parametrize("sign_of", [1, -1])
def test_a_signed_time_holds_for_five_minutes_both_ways(sign_of: int) -> None:
    check(received_at=NOW + sign_of * TOLERANCE)
    with pytest.raises(StaleSignature):
        check(received_at=NOW + sign_of * (TOLERANCE + timedelta(milliseconds=1)))


def test_a_signed_time_counts_in_its_own_zone() -> None:
    check(time="2026-03-02T17:00:00+08:00")


@pytest.mark.parametrize(
    "time",
    ["", "now", "2026-03-02T09:00:00", "2026-03-02", "0001-01-01T00:00:00+23:59",
     "9999-12-31T23:59:59-23:59", "2026-03-02T09:00:00+99:00"],
)  # fmt: skip
def test_a_time_that_says_no_instant_is_refused(time: str) -> None:
    with pytest.raises(StaleSignature):
        check(time=time)


def test_every_refusal_has_a_word_of_its_own() -> None:
    kinds = (SignatureMissing, UnknownKey, BadSignature, StaleSignature)
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert all(issubclass(kind, SignatureError) for kind in kinds)


def test_any_library_of_ed25519_signs_the_same_bytes() -> None:
    record = Signed(**PARTS)
    other = Ed25519PrivateKey.from_private_bytes(bytes(NEW)).sign(record.content())
    assert sign(NEW, record) == base64.b64encode(other).decode()
