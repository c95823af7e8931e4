"""Trace context, logs that hide what is personal, and labels that do not grow."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.kernel.telemetry import (
    HttpMeter,
    JsonLines,
    TraceContext,
    about,
    bounded,
    follow,
    new_registry,
    scrub,
    setup_logging,
    traced,
)

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def line(message: str = "said", *args: Any, error: Any = None, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("hotline.test", logging.INFO, "f", 1, message, args, error)
    record.__dict__.update(extra)
    text = JsonLines("intake").format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


# Trace context


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_a_context_is_read_as_it_was_written(trace: int, span: int, sampled: bool) -> None:
    context = TraceContext(f"{trace:032x}", f"{span:016x}", sampled)
    assert TraceContext.parse(context.format()) == context


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_a_child_is_another_step_of_the_same_trace(trace: int, span: int, sampled: bool) -> None:
    context = TraceContext(f"{trace:032x}", f"{span:016x}", sampled)
    child = follow(context.format())
    assert (child.trace_id, child.sampled) == (context.trace_id, sampled)
    assert child.span_id != context.span_id


@given(st.text(max_size=80))
def test_any_other_header_begins_a_new_trace(header: str) -> None:
    context = follow(header)
    assert TraceContext.parse(context.format()) == context


@given(st.text("0123456789abcdefABCDEF-", max_size=60))
def test_what_is_kept_of_a_header_can_be_read(header: str) -> None:
    kept = traced(header)
    assert kept in ("", header)
    assert bool(kept) is (TraceContext.parse(header) is not None)


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE.upper(),
        TRACE[:-1],
        TRACE + "-more",
        TRACE + "\n",
        "ff" + TRACE[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        f" {TRACE}",
    ],
)
def test_a_header_that_is_not_of_the_form_is_none(header: str) -> None:
    assert TraceContext.parse(header) is None


def test_a_later_version_is_read_by_its_first_four_parts() -> None:
    found = TraceContext.parse("01" + TRACE[2:] + "-what-comes-later")
    assert found is not None
    assert found.format() == TRACE


@pytest.mark.parametrize(("state", "kept"), [("a=1", "a=1"), ("x" * 513, ""), ("ü", "")])
def test_a_state_is_carried_on_while_it_is_short_and_plain(state: str, kept: str) -> None:
    assert follow(TRACE, state).state == kept


# What a line says


def test_a_line_says_what_when_where_and_of_which_service() -> None:
    found = line("confirmed by %s", "DOT", unit="DOT", count=3)
    assert found["message"] == "confirmed by DOT"
    assert (found["level"], found["service"]) == ("info", "intake")
    assert found["logger"] == "hotline.test"
    assert found["extra"] == {"unit": "DOT", "count": 3}
    assert found["time"].endswith("Z")


def test_a_line_carries_the_ticket_and_the_trace_that_are_handled() -> None:
    with about("20260302-1", TRACE):
        inside = line()
        assert line(ticket="other")["ticket"] == "other"
    assert (inside["ticket"], inside["traceparent"]) == ("20260302-1", TRACE)
    assert {"ticket", "traceparent"}.isdisjoint(line())


def test_what_was_handled_before_comes_back_after_an_inner_ticket_fails() -> None:
    with about("outer", TRACE):
        with pytest.raises(ZeroDivisionError), about("inner", ""):
            raise ZeroDivisionError
        assert line()["ticket"] == "outer"


# What a line does not say


@pytest.mark.parametrize(
    "personal",
    [
        "zhang.san@example.com",
        "13800138000",
        "+86 138 0013 8000",
        "86-138-0013-8000",
        "11010519491231002X",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "hk_0123456789ab_" + "0f" * 32,
    ],
)
def test_contacts_and_credentials_are_hidden_wherever_they_stand(personal: str) -> None:
    error = (ValueError, ValueError(f"no {personal}"), None)
    text = json.dumps(
        line("call %s back", personal, error=error, note=f"<{personal}>", many={"a": [personal]})
    )
    assert personal not in text
    assert text.count("[hidden]") == 4


def test_a_password_in_an_address_is_hidden() -> None:
    assert scrub("to postgresql://hotline:s3cret@db/x") == "to postgresql://[hidden]@db/x"


@pytest.mark.parametrize(
    "name",
    ["phone", "citizen_contact", "e_mail", "email", "home_address", "description", "body", "token",
     "api_key", "apikey", "private_key", "master_keys", "authorization", "dsn", "code"],
)  # fmt: skip
def test_a_value_is_hidden_by_its_name(name: str) -> None:
    assert line(**{name: "plain words"})["extra"] == {name: "[hidden]"}


@pytest.mark.parametrize("name", ["status_code", "bucket", "textile", "unit", "bodyguard"])
def test_a_name_that_only_sounds_alike_is_shown(name: str) -> None:
    assert line(**{name: "plain words"})["extra"] == {name: "plain words"}


@pytest.mark.parametrize("plain", ["20260302-000123-X", "bucket 13800138000123", "1.2.3"])
def test_numbers_that_are_no_contact_stay(plain: str) -> None:
    assert scrub(plain) == plain


def test_the_message_of_an_error_that_quotes_its_input_is_hidden() -> None:
    class Invalid(ValueError):
        def errors(self) -> list[Any]:
            return []

    found = line(error=(Invalid, Invalid("the words of a citizen"), None))["error"]
    assert found["type"] == "Invalid"
    assert found["message"] == "[hidden]"


def test_an_error_brings_its_frames_and_its_cause() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as cause:
            raise RuntimeError("second") from cause
    except RuntimeError:
        found = line(error=sys.exc_info())["error"]
    assert (found["type"], found["cause"]["type"]) == ("RuntimeError", "KeyError")
    assert any("test_telemetry.py" in frame for frame in found["frames"])


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.text(st.characters()), values)
def test_whatever_is_logged_is_one_line_of_json(text: str, value: Any) -> None:
    assert "message" in line("%s", text, thing=value, ticket=text)


def test_a_message_is_cut_where_it_gets_too_long() -> None:
    assert len(line("x" * 100_000)["message"]) == 8_000


def test_the_process_logs_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        setup_logging("dispatch", "warning")
        logging.getLogger("hotline.x").info("too little")
        logging.getLogger("uvicorn.error").warning("enough")
        logging.getLogger("uvicorn.access").warning("GET /v1/tickets?phone=13800138000")
        (only,) = capsys.readouterr().err.splitlines()
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    assert json.loads(only)["message"] == "enough"


# Figures


def test_a_label_is_one_that_is_known_or_other() -> None:
    assert [bounded(v, {"GET"}) for v in ("GET", "get", "BREW")] == ["GET", "other", "other"]


def test_a_callers_methods_make_no_series_of_their_own() -> None:
    registry = CollectorRegistry()
    meter = HttpMeter(registry)
    for number in range(50):
        meter.answered(f"BREW{number}", "/v1/x", 405, 0.001)
    labels = {"method": "other", "route": "/v1/x", "status": "405"}
    assert registry.get_sample_value("hotline_http_requests_total", labels) == 50
    (requests,) = [m for m in registry.collect() if m.name == "hotline_http_requests"]
    assert len({s.labels["method"] for s in requests.samples}) == 1


def test_a_process_tells_its_own_cpu_and_memory() -> None:
    names = {metric.name for metric in new_registry().collect()}
    assert {"process_cpu_seconds", "process_resident_memory_bytes"} <= names
