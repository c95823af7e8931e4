"""The file of senders: read again when it changes, and never half."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import orjson
import pytest
from nacl.signing import SigningKey

from services.kernel.senders import LOOK_S, Sender, Senders, read_senders

KEY = SigningKey.generate()
PUBLIC = base64.b64encode(bytes(KEY.verify_key)).decode()


def listed(*key_ids: str, role: str = "unit", unit: str = "DOT") -> dict[str, Any]:
    return {"role": role, "unit": unit, "keys": dict.fromkeys(key_ids, PUBLIC)}


class Desk:
    """A file of senders, and a clock that stands until it is moved."""

    def __init__(self, file: Path) -> None:
        self.file, self.elapsed_s = file, 0.0
        self.senders = Senders(file, lambda: self.elapsed_s)

    def write(self, content: Any) -> None:
        """As an operator does it: whole, by renaming."""
        draft = self.file.with_suffix(".new")
        draft.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        draft.rename(self.file)

    def keys(self, name: str) -> set[str]:
        found = self.senders.get(name)
        return set(found.keys) if found else set()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "senders.json")


def test_a_sender_has_role_unit_and_keys(desk: Desk) -> None:
    desk.write({"dot": listed("k1", "k2"), "web": {"role": "channel", "keys": {}}})
    found = desk.senders.get("dot")
    assert found is not None
    assert (found.name, found.role, found.unit) == ("dot", "unit", "DOT")
    assert bytes(found.keys["k1"]) == bytes(KEY.verify_key)
    assert desk.senders.get("web") == Sender("web", "channel")


def test_a_new_sender_is_known_at_once(desk: Desk) -> None:
    assert desk.senders.get("dot") is None
    desk.write({"dot": listed("k1")})
    assert desk.keys("dot") == {"k1"}


def test_a_key_of_a_known_sender_rotates_within_a_second(desk: Desk) -> None:
    desk.write({"dot": listed("k1")})
    assert desk.keys("dot") == {"k1"}
    desk.write({"dot": listed("k1", "k2")})
    desk.elapsed_s = LOOK_S
    assert desk.keys("dot") == {"k1", "k2"}
    desk.write({"dot": listed("k2")})
    desk.elapsed_s = 2 * LOOK_S
    assert desk.keys("dot") == {"k2"}


def test_a_sender_who_was_struck_off_is_unknown_within_a_second(desk: Desk) -> None:
    desk.write({"dot": listed("k1"), "dpr": listed("k1")})
    assert desk.keys("dot") == {"k1"}
    desk.write({"dpr": listed("k1")})
    desk.elapsed_s = LOOK_S
    assert desk.senders.get("dot") is None


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[]", b"\xff", {"dot": {}}, {"dot": {"role": "unit", "keys": {"k": "AAAA"}}},
     {"dot": {"role": "unit", "keys": {"k": "?" + PUBLIC}}}, {"dot": {"role": "unit", "keys": []}},
     {"dot": {"role": "unit", "keys": {"k": 7}}}],
)  # fmt: skip
def test_a_broken_file_changes_nothing_and_is_told(
    desk: Desk, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write({"dot": listed("k1")})
    assert desk.keys("dot") == {"k1"}
    desk.write(broken)
    desk.elapsed_s = LOOK_S
    assert desk.keys("dot") == {"k1"}
    assert "was not read" in caplog.text
    text = broken if isinstance(broken, bytes) else orjson.dumps(broken)
    with pytest.raises(ValueError, match=r".+"):
        read_senders(text)


def test_a_file_that_is_gone_changes_nothing(desk: Desk) -> None:
    desk.write({"dot": listed("k1")})
    assert desk.keys("dot") == {"k1"}
    desk.file.unlink()
    desk.elapsed_s = LOOK_S
    assert desk.keys("dot") == {"k1"}


def test_without_a_file_nobody_is_known() -> None:
    assert Senders(None).get("dot") is None
