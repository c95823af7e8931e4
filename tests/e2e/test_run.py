"""`hotline run` as a newcomer meets it: started, broken off, started again, called, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from hotline.history.nyc import read_rows, shift_to
from hotline.sim.beginning import MARK

HOTLINE = (sys.executable, "-m", "hotline.cli.main")
START_S = 120.0


class City:
    """A `hotline run` under way; `lines` is what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process, self._output = process, output

    @property
    def text(self) -> str:
        return self._output.read_text("utf-8")

    def until(self, pattern: str) -> re.Match[str]:
        """The first match in what it prints; fails when it ends or takes too long."""
        give_up = time.monotonic() + START_S
        while not (found := re.search(pattern, self.text)):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < give_up, self.text
            time.sleep(0.1)
        return found

    def ready_after(self) -> float:
        """The seconds that its own line says."""
        return float(self.until(r"ready after ([\d.]+) s")[1])

    def stop(self) -> float:
        """Ctrl-C; the seconds until everything was gone."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=20) == 0, self.text
        took = time.monotonic() - began
        _, alive = psutil.wait_procs(children, timeout=0.2)
        assert not alive
        return took


@contextmanager
def city(folder: Path) -> Iterator[City]:
    output = folder / f"output-{time.monotonic_ns()}.txt"
    with output.open("wb") as file:
        command = [*HOTLINE, "run", "--run-dir", str(folder / "run"), "--pace", "0.05"]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield City(process, output)
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(400)
def test_a_newcomer_starts_a_city_uses_it_and_finds_it_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with city(tmp_path) as broken_off:
        broken_off.until("bringing in")
        assert broken_off.stop() < 10
    assert not (tmp_path / "run" / MARK).exists()
    began = datetime.now(UTC)
    with city(tmp_path) as first:
        first.until("starting over with clean data")
        figures = {"first_start_s": first.ready_after()}
        assert_past(first, began)
        ticket = pasted(first)
        assert_told_alike(tmp_path / "run")
        first.until(r"closed [1-9]")
        figures["stop_s"] = first.stop()
        assert figures["stop_s"] < 10
    assert (tmp_path / "run" / MARK).exists()
    with city(tmp_path) as second:
        second.until("received")
        assert "bringing in" not in second.text
        figures["next_start_s"] = second.ready_after()
        assert shown(second, ticket)["ticket"] == ticket
        assert_due_in_order(tmp_path / "run")
        second.stop()
    for name, seconds in figures.items():
        record_property(name, round(seconds, 1))


def assert_past(running: City, began: datetime) -> None:
    """The sample's dates lead up to now, whatever day it is: as the file has it, but for the few
    rows without a due date, and for what changes while they are brought in."""
    found = running.until(
        r"([\d,]+) tickets: ([\d,]+) closed, (\d+) open, (\d+) of them overdue, (\d+) due"
    )
    said = [int(n.replace(",", "")) for n in found.groups()]
    assert said[1] + said[2] == said[0] <= 2_000
    before, after = standing(began), standing(datetime.now(UTC))
    undated = sum(row.due_at is None for row in read_rows())
    for told, *counted in zip(said, before, after, strict=True):
        assert min(counted) - undated <= told <= max(counted) + undated


def standing(at: datetime) -> tuple[int, int, int, int, int]:
    """Tickets, closed, open, overdue and due within two days at that time, by the file alone."""
    rows = [row for row in read_rows(shift=shift_to(at)) if row.created_at <= at]
    still_open = [row for row in rows if row.closed_at is None or row.closed_at > at]
    dues = [row.due_at for row in still_open if row.due_at is not None]
    overdue, soon = (sum(due <= until for due in dues) for until in (at, at + timedelta(days=2)))
    return len(rows), len(rows) - len(still_open), len(still_open), overdue, soon - overdue


def assert_told_alike(run_dir: Path) -> None:
    """A ticket's file is the same from datasync, from the topic alone and from the ledgers."""
    ticket = archived(run_dir)
    served = told(run_dir, ticket)
    assert told(run_dir, ticket, "--from", "kafka") == served
    assert [line["type"] for line in served["timeline"]][:2] == [
        "hotline.intake.v1.TicketReceived",
        "hotline.intake.v1.TicketAccepted",
    ]
    latest = max(line["time"] for line in served["timeline"])
    then = told(run_dir, ticket, "--at", latest)
    assert {line["event_id"] for line in then["timeline"]} == {
        line["event_id"] for line in served["timeline"]
    }
    assert then["header"]["state"] == served["header"]["state"] == "archived"
    at_first = told(run_dir, ticket, "--at", served["header"]["received_at"])
    assert at_first["header"]["state"] != "archived"
    assert len(at_first["timeline"]) < len(served["timeline"])


def assert_due_in_order(run_dir: Path) -> None:
    """`hotline due list` of what is open of the past: on some days all of it is overdue or later
    than this week."""
    before = datetime.now(UTC)
    lists = json.loads(_hotline("due", "list", "--json", "--run-dir", str(run_dir)))
    after = datetime.now(UTC)
    assert lists.keys() == {"overdue", "today", "this_week", "extensions"}
    due = {
        name: [datetime.fromisoformat(row["due_at"]) for row in lists[name]]
        for name in ("overdue", "today", "this_week")
    }
    assert due["overdue"]
    assert all(instants == sorted(instants) for instants in due.values())
    assert max(due["overdue"]) <= after
    assert all(instant > before for instant in due["today"] + due["this_week"])
    assert {row["state"] for name in due for row in lists[name]} == {"running"}


def archived(run_dir: Path) -> str:
    place = json.loads((run_dir / "running.json").read_text("utf-8"))
    token = _hotline("token", "staff", "--run-dir", str(run_dir)).strip()
    answer = httpx.get(
        f"{place['urls']['datasync']}/v1/tickets",
        params={"state": "archived", "limit": 1},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10.0,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["tickets"][0]["ticket"])


def told(run_dir: Path, ticket: str, *options: str) -> dict[str, Any]:
    text = _hotline("ticket", "show", ticket, "--json", "--run-dir", str(run_dir), *options)
    found: dict[str, Any] = json.loads(text)
    return found


def _hotline(*arguments: str) -> str:
    done = subprocess.run([*HOTLINE, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def pasted(running: City) -> str:
    """The number that the first curl line gives; the others answer too."""
    running.until("received")
    post, show, follow = re.findall(r"^  (curl .*)$", running.text, re.MULTILINE)
    answer = json.loads(_shell(post))
    assert answer["code"]
    assert json.loads(_shell(post))["ticket"] != answer["ticket"]  # a matter of its own each time
    assert json.loads(_shell(show))["timeline"]
    assert "event_id" in _shell(f"timeout 5 {follow} || true")
    return str(answer["ticket"])


def shown(running: City, ticket: str) -> dict[str, str]:
    [line] = re.findall(r"^  (curl .*/v1/tickets/.*)$", running.text, re.MULTILINE)
    file: dict[str, str] = json.loads(
        _shell(re.sub(r"/v1/tickets/\S+", f"/v1/tickets/{ticket}", line))
    )
    return file


def _shell(line: str) -> str:
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=30, check=True)
    return done.stdout.decode()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*HOTLINE, "run", "--run-dir", str(tmp_path)],
            env={**os.environ, "HOTLINE_PORT_KAFKA": port},
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    [sentence] = done.stderr.decode().splitlines()
    assert f"Port {port}" in sentence
    assert "is in use" in sentence


BENCHES = {
    "append": {"clients"},
    "intake": {"accepted_per_s", "cpu_us_per_fact", "p50_ms", "p99_ms", "half_load", "rss_mb"},
    "loop": {"loops_per_s", "facts_per_s", "cpu_us_per_fact", "p50_ms", "p99_ms", "rss_mb"},
    "push": {"topic", "webhook", "answered", "rate_per_s", "rss_mb"},
    "timers": {
        "fired_per_s", "cpu_us_per_timer", "first_fire_ms", "due_dates_per_s",
        "open_first_fire_ms", "lateness", "replan_s",
    },
    "replay": {"facts_per_s", "cpu_us_per_fact", "rss_mb"},
    "rules": {"suzhou", "trial-measures", "peers_us"},
}  # fmt: skip
MORE = {"timers": ["--open", "1000", "--replan", "500"]}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_prints_its_figures(name: str, tmp_path: Path) -> None:
    options = ["--json", "--rounds", "1", "--seconds", "2", *MORE.get(name, [])]
    done = subprocess.run(
        [*HOTLINE, "bench", name, *options],
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert BENCHES[name] <= found.keys()
    assert all(value > 0 for value in _numbers(found, "rss_mb"))
    assert not [p for p in psutil.process_iter(["cmdline"]) if _of_bench(p, name)]


def _numbers(found: dict[str, dict[str, float]], name: str) -> list[float]:
    return list(found.get(name, {}).values())


def _of_bench(process: psutil.Process, name: str) -> bool:
    return ["bench", name] == (process.info["cmdline"] or [])[3:5]
