"""Personal data opens with its person's key, at its own place, and never again once forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
)
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.personal import (
    FieldCipher,
    MasterKeys,
    UnknownMasterKey,
    Unreadable,
    blind_index,
    new_key,
    normalise_contact,
)

KEY, OTHER = new_key(), new_key()
FIRST, SECOND, THIRD = new_key(), new_key(), new_key()


def seal(key: bytes, ticket: str, field: str, plaintext: str | bytes) -> bytes:
    content = plaintext.encode() if isinstance(plaintext, str) else plaintext
    return FieldCipher(key, ticket, field).encrypt(content)


def open_(key: bytes, ticket: str, field: str, sealed: bytes) -> bytes:
    return FieldCipher(key, ticket, field).decrypt(sealed)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


# Fields


@given(words, words, words)
def test_what_was_sealed_opens_at_its_own_place(ticket: str, field: str, plain: str) -> None:
    assert open_(KEY, ticket, field, seal(KEY, ticket, field, plain)) == plain.encode()


@given(st.binary(max_size=100))
def test_bytes_open_as_they_were(plain: bytes) -> None:
    sealed = seal(KEY, "t", "f", plain)
    assert open_(KEY, "t", "f", sealed) == plain
    assert len(plain) < 4 or plain not in sealed


def test_the_same_words_are_sealed_differently_each_time() -> None:
    assert len({seal(KEY, "t", "f", "same") for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("key", "ticket", "field"),
    [
        (KEY, "t-1", "contact"),
        (KEY, "t", "address"),
        (OTHER, "t", "contact"),
        (KEY, "tc", "ontact"),
        (KEY, "", "tcontact"),
    ],
    ids=["other ticket", "other field", "other person", "moved letter", "one name"],
)
def test_sealed_bytes_open_nowhere_else(key: bytes, ticket: str, field: str) -> None:
    with pytest.raises(Unreadable):
        open_(key, ticket, field, seal(KEY, "t", "contact", "13800138000"))


@given(st.data())
def test_a_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, "t", "f", "words of a citizen"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        open_(KEY, "t", "f", bytes(sealed))


@given(st.binary(max_size=60))
def test_any_other_bytes_are_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        open_(KEY, "t", "f", content)


def test_what_is_cut_off_is_unreadable() -> None:
    sealed = seal(KEY, "t", "f", "words")
    for end in range(len(sealed)):
        with pytest.raises(Unreadable):
            open_(KEY, "t", "f", sealed[:end])


# Master keys


@given(words)
def test_a_wrapped_key_opens_for_its_person_only(person: str) -> None:
    masters = MasterKeys([FIRST])
    wrapped = masters.wrap(person, KEY)
    assert masters.unwrap(person, wrapped) == KEY
    assert KEY not in wrapped
    with pytest.raises(Unreadable):
        masters.unwrap(person + "x", wrapped)


def test_master_keys_rotate_and_older_ones_still_open() -> None:
    old, both = MasterKeys([FIRST]), MasterKeys([SECOND, FIRST])
    wrapped = old.wrap("p", KEY)
    assert both.unwrap("p", wrapped) == KEY
    assert old.is_current(wrapped)
    assert not both.is_current(wrapped)
    again = both.wrap("p", both.unwrap("p", wrapped))
    assert both.is_current(again)
    assert MasterKeys([SECOND]).unwrap("p", again) == KEY


def test_a_key_wrapped_by_none_of_ours_is_told_so() -> None:
    wrapped = MasterKeys([FIRST]).wrap("p", KEY)
    with pytest.raises(UnknownMasterKey):
        MasterKeys([SECOND, THIRD]).unwrap("p", wrapped)


@given(st.binary(max_size=80))
def test_any_other_bytes_are_no_wrapped_key(content: bytes) -> None:
    with pytest.raises((Unreadable, UnknownMasterKey)):
        MasterKeys([FIRST]).unwrap("p", content)


@pytest.mark.parametrize(
    "keys", [[], [b"short"], [FIRST, b"x" * 31]], ids=["none", "short", "one short"]
)
def test_master_keys_have_their_length(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKeys(keys)


# The `eventsourcing` mapper


@dataclass(frozen=True)
class Received(DomainEvent):
    """An event of that library."""

    originator_id: UUID
    originator_version: int
    timestamp: Any
    contact: str


def mapper(key: bytes, ticket: str) -> Mapper[UUID]:
    return Mapper(JSONTranscoder(), cipher=FieldCipher(key, ticket, "state"))


def received() -> Received:
    return Received(uuid4(), 1, 0, "13800138000")


def test_the_mapper_of_the_library_seals_and_opens_states() -> None:
    event = received()
    stored = mapper(KEY, "t").to_stored_event(event)
    assert b"13800138000" not in stored.state
    assert mapper(KEY, "t").to_domain_event(stored) == event


@pytest.mark.parametrize(
    ("key", "ticket"), [(OTHER, "t"), (KEY, "t-1")], ids=["other person", "other ticket"]
)
def test_a_mapper_of_another_person_or_ticket_opens_nothing(key: bytes, ticket: str) -> None:
    stored: StoredEvent = mapper(KEY, "t").to_stored_event(received())
    with pytest.raises(MapperDeserialisationError) as raised:
        mapper(key, ticket).to_domain_event(stored)
    assert isinstance(raised.value.__cause__, Unreadable)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_cipher_without_a_whole_key_is_not_made(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FieldCipher(key, "t", "contact")


# Blind index: equal for equal contacts, and for no others

digits = st.text("0123456789", min_size=10, max_size=10)
mobiles = digits.map(lambda d: "1" + "3456789"[int(d[0]) % 7] + d[1:])
GAPS = st.sampled_from(["", " ", "-", ".", " - ", "/", "‑", "\u3000"])
PREFIXES = st.sampled_from(["", "+86", "0086", "86", "+86 ", "(+86)", "tel:+86", "TEL:"])


def wide(text: str) -> str:
    """As a Chinese keyboard types it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def index(contact: str, country_code: str = "86") -> bytes:
    return blind_index(FIRST, contact, country_code)


@given(mobiles, PREFIXES, st.lists(GAPS, min_size=3, max_size=3), st.booleans())
def test_every_way_to_write_a_number_gives_one_index(
    number: str, prefix: str, gaps: list[str], is_wide: bool
) -> None:
    written = f"{prefix}{gaps[0]}{number[:3]}{gaps[1]}{number[3:7]}{gaps[2]}{number[7:]}"
    assert index(wide(written) if is_wide else written) == index(number)


@given(digits.filter(lambda d: d[0] not in "01"), st.sampled_from(["", "+1 ", "1-", "001", "1"]))
def test_a_number_of_another_country_is_written_in_its_own_ways(number: str, prefix: str) -> None:
    written = f"{prefix}({number[:3]}) {number[3:6]}-{number[6:]}"
    assert index(written, "1") == index(number, "1") == index(f"+1{number}", "86")


@given(mobiles, mobiles)
def test_two_numbers_share_an_index_only_if_they_are_one(one: str, other: str) -> None:
    assert (index(one) == index(other)) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zhang.San@Example.CN", "zhang.san@example.cn"),
        (" mailto:a@b.cn ", "a@b.cn"),
        ("ａ＠ｂ．ｃｎ", "a@b.cn"),
        ("010-8888 6666", "+86 10 8888 6666"),
        ("WeChat: Zhang  San", "wechat: zhang san"),
    ],
)
def test_equal_contacts_are_equal(one: str, other: str) -> None:
    assert index(one) == index(other)


@given(words, words)
def test_the_kinds_of_contacts_do_not_meet(one: str, other: str) -> None:
    kinds = {normalise_contact(text).partition(":")[0] for text in (one, other)}
    assert kinds <= {"phone", "mail", "other"}
    if normalise_contact(one) != normalise_contact(other):
        assert index(one) != index(other)


def test_the_index_tells_nothing_without_its_key() -> None:
    assert blind_index(FIRST, "13800138000") != blind_index(SECOND, "13800138000")
    assert len(index("13800138000")) == 32
