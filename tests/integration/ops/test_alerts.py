"""Each alert fires when its promise is broken, and not before; Prometheus' own tool says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hotline.ops.alerts import ALERTS, THERE, groups
from hotline.programs import PROGRAMS
from tests.support.prometheus import needs_prometheus, promtool

pytestmark = needs_prometheus

ENDS = "strimzi_certificate_expiration_timestamp_ms"
KAFKA = 'cluster="hotline-kafka"'
JOB, WORK = 'job="hotline-intake"', 'route="/v1/tickets"'
# By alert: series that break the promise, and the same that keep it. A point per minute; "a+bxn"
# begins at a and grows by b, n times.
CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "HotlineDown": ({f"up{{{JOB}}}": "0x30"}, {f"up{{{JOB}}}": "1x30"}),
    "HotlineGone": (
        {f'up{{job="hotline-{name}"}}': "1x30" for name in PROGRAMS if name != "intake"},
        {f'up{{job="hotline-{name}"}}': "1x30" for name in PROGRAMS},
    ),
    "HotlineNobodyOwnsBuckets": (
        {f'hotline_owned_buckets{{{JOB},instance="a"}}': "12x30",
         f'hotline_owned_buckets{{{JOB},instance="b"}}': "11x30"},
        {f'hotline_owned_buckets{{{JOB},instance="a"}}': "12x30",
         f'hotline_owned_buckets{{{JOB},instance="b"}}': "12x30"},
    ),
    "HotlineClocksHeld": (
        {f"hotline_watermark_age_seconds{{{JOB}}}": "0+60x30"},
        {f"hotline_watermark_age_seconds{{{JOB}}}": "3x30"},
    ),
    "HotlineDeadlinesLate": (
        {f"hotline_timers_overdue{{{JOB}}}": "1x30"}, {f"hotline_timers_overdue{{{JOB}}}": "0x30"},
    ),
    "HotlineRelayBehind": (
        {f"hotline_relay_lag_facts{{{JOB}}}": "1001x30"},
        {f"hotline_relay_lag_facts{{{JOB}}}": "1000x30"},
    ),
    "HotlineInboxBehind": (
        {f"hotline_inbox_lag_records{{{JOB}}}": "20001x30"},
        {f"hotline_inbox_lag_records{{{JOB}}}": "20000x30"},
    ),
    "HotlineFactsMissing": (
        {f'hotline_records_dropped_total{{{JOB},position="higher"}}': "0+1x30"},
        {f'hotline_records_dropped_total{{{JOB},position="lower"}}': "0+1x30",
         f'hotline_records_dropped_total{{{JOB},position="higher"}}': "7x30"},
    ),
    "HotlineParked": (
        {f"hotline_parked_tickets{{{JOB}}}": "1x30"}, {f"hotline_parked_tickets{{{JOB}}}": "0x30"},
    ),
    "HotlineForked": (
        {f"hotline_buckets_forked{{{JOB}}}": "1x30"}, {f"hotline_buckets_forked{{{JOB}}}": "0x30"},
    ),
    "HotlineNotHealed": (
        {f'hotline_ledger_healed{{{JOB},instance="a"}}': "1x30",
         f'hotline_ledger_healed{{{JOB},instance="b"}}': "0x30"},
        {f"hotline_ledger_healed{{{JOB}}}": "1x30"},
    ),
    "HotlineReactionRejected": (
        {f"hotline_reactions_rejected_total{{{JOB}}}": "0+1x30"},
        {f"hotline_reactions_rejected_total{{{JOB}}}": "3x30"},
    ),
    "HotlineAppendsSlow": (
        {f'hotline_append_seconds_bucket{{{JOB},le="0.2"}}': "0+1x30",
         f'hotline_append_seconds_bucket{{{JOB},le="0.5"}}': "0+100x30",
         f'hotline_append_seconds_bucket{{{JOB},le="+Inf"}}': "0+100x30"},
        {f'hotline_append_seconds_bucket{{{JOB},le="0.2"}}': "0+100x30",
         f'hotline_append_seconds_bucket{{{JOB},le="0.5"}}': "0+100x30",
         f'hotline_append_seconds_bucket{{{JOB},le="+Inf"}}': "0+100x30"},
    ),
    "HotlineRefusesWork": (
        {f'hotline_http_requests_total{{{JOB},{WORK},status="201"}}': "0+985x30",
         f'hotline_http_requests_total{{{JOB},{WORK},status="503"}}': "0+8x30",
         f"hotline_http_requests_refused_total{{{JOB}}}": "0+7x30"},
        {f'hotline_http_requests_total{{{JOB},{WORK},status="201"}}': "0+995x30",
         f'hotline_http_requests_total{{{JOB},{WORK},status="503"}}': "0+5x30",
         f'hotline_http_requests_total{{{JOB},route="/readyz",status="503"}}': "0+30x30",
         f"hotline_http_requests_refused_total{{{JOB}}}": "0x30"},
    ),
    "HotlineErrors": (
        {f'hotline_http_requests_total{{{JOB},status="500"}}': "0+1x30"},
        {f'hotline_http_requests_total{{{JOB},status="404"}}': "0+1x30"},
    ),
    "HotlineLoopLate": (
        {f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="0.5"}}': "0+1x30",
         f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="1.0"}}': "0+100x30",
         f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="+Inf"}}': "0+100x30"},
        {f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="0.5"}}': "0+100x30",
         f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="1.0"}}': "0+100x30",
         f'hotline_event_loop_lag_seconds_bucket{{{JOB},le="+Inf"}}': "0+100x30"},
    ),
    "HotlineDepartmentBehind": (
        {'hotline_feed_lag_entries{subscription="nypd",way="webhook"}': "1001x30"},
        {'hotline_feed_lag_entries{subscription="nypd",way="webhook"}': "1000x30"},
    ),
    "HotlineWebhookFailing": (
        {'hotline_webhook_waiting_tickets{subscription="nypd"}': "1x60"},
        {'hotline_webhook_waiting_tickets{subscription="nypd"}': "1x20 0x40"},
    ),
    "HotlineWebhookStopped": (
        {"hotline_webhook_stopped": "1x30"}, {"hotline_webhook_stopped": "0x30"},
    ),
    "HotlineAnswersWait": (
        {f"hotline_commands_unanswered{{{JOB}}}": "101x30"},
        {f"hotline_commands_unanswered{{{JOB}}}": "100x30"},
    ),
    "HotlineDiversionUnacknowledged": (
        {"hotline_diversions_unacknowledged": "1x30"},
        {"hotline_diversions_unacknowledged": "0x30"},
    ),
    "HotlineExtensionUnanswered": (
        {"hotline_extensions_unanswered": "1x30"},
        {"hotline_extensions_unanswered": "0x30"},
    ),
    "HotlineCallsMissed": (
        {f"hotline_calls_connected_ratio{{{JOB}}}": "0.94x70",
         f"hotline_calls_connected_wanted_ratio{{{JOB}}}": "0.95x70"},
        {f"hotline_calls_connected_ratio{{{JOB}}}": "0.95x70",
         f"hotline_calls_connected_wanted_ratio{{{JOB}}}": "0.95x70"},
    ),
    "HotlineCallsAnsweredLate": (
        {f"hotline_calls_in_time_ratio{{{JOB}}}": "0.79x70"},
        {f"hotline_calls_in_time_ratio{{{JOB}}}": "0.8x70"},
    ),
    "HotlineCallBacksWait": (
        {f"hotline_missed_calls_waiting{{{JOB}}}": "51x70"},
        {f"hotline_missed_calls_waiting{{{JOB}}}": "50x70"},
    ),
    "HotlineUnknownFacts": (
        {f"hotline_facts_unknown_total{{{JOB}}}": "0+1x70"},
        {f"hotline_facts_unknown_total{{{JOB}}}": "0+1x5 5x65"},
    ),
    "HotlineMemory": (
        {f"process_resident_memory_bytes{{{JOB}}}": "350000000x30"},
        {f"process_resident_memory_bytes{{{JOB}}}": "150000000x30"},
    ),
    "HotlineStoreNotArchived": (
        {f"cnpg_pg_stat_archiver_failed_count{{{THERE}}}": "0+3x70"},
        {f"cnpg_pg_stat_archiver_failed_count{{{THERE}}}": "7x70"},
    ),
    # The clock of these tests begins at 0, and so at 25 minutes the last back-up was at most then.
    "HotlineStoreNotBackedUp": (
        {f"cnpg_collector_last_available_backup_timestamp{{{THERE}}}": "-110000x70"},
        {f"cnpg_collector_last_available_backup_timestamp{{{THERE}}}": "-80000x70"},
    ),
    "HotlineNoStandby": (
        {f'cnpg_pg_replication_streaming_replicas{{{THERE},pod="1"}}': "0x30",
         f'cnpg_pg_replication_streaming_replicas{{{THERE},pod="2"}}': "0x30"},
        {f'cnpg_pg_replication_streaming_replicas{{{THERE},pod="1"}}': "2x30",
         f'cnpg_pg_replication_streaming_replicas{{{THERE},pod="2"}}': "0x30"},
    ),
    "HotlineStoreUnseen": (
        {"cnpg_collector_up": "1x30"}, {f"cnpg_collector_up{{{THERE}}}": "1x30"},
    ),
    "HotlineCopiesBehind": (
        {f"kafka_server_replicamanager_underreplicatedpartitions{{{THERE}}}": "1x30"},
        {f"kafka_server_replicamanager_underreplicatedpartitions{{{THERE}}}": "0x30"},
    ),
    "HotlineBrokersUnseen": (
        {f"kafka_server_replicamanager_partitioncount{{{THERE}}}": "40x30"},
        {f"kafka_server_replicamanager_underreplicatedpartitions{{{THERE}}}": "0x30"},
    ),
    "HotlineDiskFills": (
        {f"kubelet_volume_stats_available_bytes{{{THERE}}}": "14x30",
         f"kubelet_volume_stats_capacity_bytes{{{THERE}}}": "100x30"},
        {f"kubelet_volume_stats_available_bytes{{{THERE}}}": "15x30",
         f"kubelet_volume_stats_capacity_bytes{{{THERE}}}": "100x30"},
    ),
    "HotlineCertificateEnds": (
        {f'{ENDS}{{{KAFKA},type="cluster-ca"}}': "1.2e9x100",
         f'{ENDS}{{{KAFKA},type="client-ca"}}': "9e9x100"},
        {f"{ENDS}{{{KAFKA}}}": "1.3e9x100"},
    ),
}  # fmt: skip
LATE = {
    "HotlineWebhookFailing": "45m", "HotlineUnknownFacts": "65m", "HotlineCallsMissed": "45m",
    "HotlineStoreNotArchived": "45m", "HotlineStoreNotBackedUp": "45m",
    "HotlineCertificateEnds": "90m", "HotlineCallsAnsweredLate": "45m",
    "HotlineCallBacksWait": "45m",
}  # fmt: skip


def test_every_alert_has_its_case() -> None:
    assert list(CASES) == [alert.name for alert in ALERTS]


def firing(name: str, series: dict[str, str], fires: bool) -> dict[str, Any]:
    """A test as promtool reads it: how many alerts of this name there are, and no more is said."""
    at = LATE.get(name, "25m")
    return {
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)',
                "eval_time": at,
                "exp_samples": [{"labels": "{}", "value": 1 if fires else 0}],
            }
        ],
    }


def run(folder: Path, tests: list[dict[str, Any]]) -> tuple[int, str]:
    (folder / "rules.yaml").write_text(yaml.safe_dump(groups()))
    content = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (folder / "test.yaml").write_text(yaml.safe_dump(content))
    return promtool("test", "rules", "test.yaml", cwd=folder)


def test_the_rules_are_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(groups()))
    code, said = promtool(
        "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", cwd=tmp_path
    )
    assert code == 0, said


def test_each_fires_on_a_broken_promise_and_is_quiet_on_a_kept_one(tmp_path: Path) -> None:
    tests = [
        firing(n, series, i == 0) for n, case in CASES.items() for i, series in enumerate(case)
    ]
    code, said = run(tmp_path, tests)
    assert code == 0, said


@pytest.mark.parametrize("name", ["HotlineDown", "HotlineGone", "HotlineParked"])
def test_the_test_of_alerts_can_fail(tmp_path: Path, name: str) -> None:
    broken, _ = CASES[name]
    code, said = run(tmp_path, [firing(name, broken, fires=False)])
    assert code != 0
    assert "FAILED" in said
