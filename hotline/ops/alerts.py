"""When somebody has to look: rules for Prometheus, each with its chapter in docs/operations.md.

Names of jobs are `hotline-<service>`; thresholds are told with the promise that they guard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hotline.ops.dashboards import WORK, refused
from hotline.programs import PROGRAMS

RUNBOOK = "docs/operations.md"
OURS = 'job=~"hotline-.+"'
# What the operators of store and brokers, and the kubelet, tell of the namespace. Names are read in
# the sources: of `cnpg_pg_*` config/manager/default-monitoring.yaml (a query's name and its
# column) and of `cnpg_collector_*` docs/src/monitoring.md of cloudnative-pg/cloudnative-pg; of
# `kafka_*` packaging/examples/metrics/strimzi-metrics-reporter and of `strimzi_*`
# KafkaAssemblyOperatorMetricsHolder.java (labels cluster, type, resource_namespace; of the two
# authorities alone) of strimzi/strimzi-kafka-operator.
THERE = 'namespace="hotline"'


@dataclass(frozen=True, slots=True)
class Alert:
    """`page`: now, day or night; `ticket`: in working time. `lasts` as in Prometheus' `for`."""

    name: str
    expr: str
    lasts: str
    severity: Literal["page", "ticket"]
    summary: str
    runbook: str


ALERTS = (
    Alert(
        "HotlineDown",
        f"up{{{OURS}}} == 0",
        "1m", "page", "{{ $labels.instance }} of {{ $labels.job }} does not answer.",
        "a-service-is-down",
    ),
    Alert(
        "HotlineGone",
        " or ".join(f'absent(up{{job="hotline-{name}"}})' for name in PROGRAMS),
        "2m", "page", "Of {{ $labels.job }} no process is there at all.",
        "a-service-is-down",
    ),
    Alert(
        "HotlineNobodyOwnsBuckets",
        f"sum by (job) (hotline_owned_buckets{{{OURS}}}) < 24",
        "2m", "page", "{{ $labels.job }} owns {{ $value }} of its buckets.",
        "buckets-without-an-owner",
    ),
    Alert(
        "HotlineClocksHeld",
        f"max by (job) (hotline_watermark_age_seconds{{{OURS}}}) > 60",
        "1m", "page", "Promises of {{ $labels.job }} are {{ $value }} s old: clocks are held.",
        "clocks-are-held",
    ),
    Alert(
        "HotlineDeadlinesLate",
        "max(hotline_timers_overdue) > 0",
        "2m", "page", "{{ $value }} deadlines have passed and were not decided.",
        "clocks-are-held",
    ),
    Alert(
        "HotlineRelayBehind",
        f"sum by (job) (hotline_relay_lag_facts{{{OURS}}}) > 1000",
        "1m", "page", "{{ $value }} facts of {{ $labels.job }} are not in the topic.",
        "facts-are-not-published",
    ),
    Alert(
        "HotlineInboxBehind",
        f"sum by (job) (hotline_inbox_lag_records{{{OURS}}}) > 20000",
        "5m", "ticket", "{{ $labels.job }} has {{ $value }} records to read.",
        "a-service-is-behind",
    ),
    Alert(
        "HotlineFactsMissing",
        "sum by (job)"
        f' (increase(hotline_records_dropped_total{{{OURS}, position="higher"}}[10m])) > 0',
        "10m", "page", "{{ $labels.job }} waits for facts that do not come.",
        "facts-are-not-published",
    ),
    Alert(
        "HotlineParked",
        "max by (job) (hotline_parked_tickets) > 0",
        "0m", "ticket", "{{ $value }} tickets of {{ $labels.job }} wait for an operator.",
        "a-ticket-is-parked",
    ),
    Alert(
        "HotlineForked",
        f"max by (job) (hotline_buckets_forked{{{OURS}}}) > 0",
        "0m", "page", "{{ $value }} buckets of {{ $labels.job }} are forked and stand still.",
        "a-bucket-is-forked",
    ),
    Alert(
        "HotlineNotHealed",
        f"min by (job) (hotline_ledger_healed{{{OURS}}}) == 0",
        "1m", "page", "The ledger of {{ $labels.job }} is not healed: it appends nothing.",
        "the-ledger-was-not-healed-on-this-server-yet",
    ),
    Alert(
        "HotlineReactionRejected",
        f"sum by (job) (increase(hotline_reactions_rejected_total{{{OURS}}}[1h])) > 0",
        "0m", "ticket", "{{ $labels.job }} reacted against a rule: a defect.",
        "a-reaction-was-rejected",
    ),
    Alert(
        "HotlineAppendsSlow",
        "histogram_quantile(0.99, sum by (job, le)"
        f" (rate(hotline_append_seconds_bucket{{{OURS}}}[5m]))) > 0.25",
        "5m", "page", "99 % of the appends of {{ $labels.job }} take up to {{ $value }} s.",
        "the-store-is-slow",
    ),
    Alert(
        "HotlineRefusesWork",
        refused(OURS, "5m")
        + f" / sum by (job) (rate(hotline_http_requests_total{{{OURS}, {WORK}}}[5m])"
        f" or rate(hotline_http_requests_refused_total{{{OURS}}}[5m])) > 0.01",
        "5m", "page", "{{ $labels.job }} answers 503 to {{ $value | humanizePercentage }}.",
        "the-store-is-slow",
    ),
    Alert(
        "HotlineErrors",
        f'sum by (job) (rate(hotline_http_requests_total{{{OURS}, status="500"}}[5m])) > 0',
        "5m", "ticket", "{{ $labels.job }} answers 500.",
        "a-service-answers-500",
    ),
    Alert(
        "HotlineLoopLate",
        "histogram_quantile(0.99, sum by (job, le)"
        f" (rate(hotline_event_loop_lag_seconds_bucket{{{OURS}}}[5m]))) > 0.5",
        "5m", "ticket", "The loop of {{ $labels.job }} is {{ $value }} s late.",
        "a-service-is-behind",
    ),
    Alert(
        "HotlineDepartmentBehind",
        "max by (subscription, way) (hotline_feed_lag_entries) > 1000",
        "10m", "ticket", "{{ $labels.subscription }} ({{ $labels.way }}) has not taken"
        " {{ $value }} entries.",
        "a-department-is-behind",
    ),
    Alert(
        "HotlineWebhookFailing",
        "max by (subscription) (hotline_webhook_waiting_tickets) > 0",
        "30m", "ticket", "The endpoint of {{ $labels.subscription }} does not take"
        " {{ $value }} tickets.",
        "a-department-is-behind",
    ),
    Alert(
        "HotlineWebhookStopped",
        "max(hotline_webhook_stopped) > 0",
        "0m", "ticket", "{{ $value }} endpoints said 410 and are sent nothing any more.",
        "a-department-is-behind",
    ),
    Alert(
        "HotlineAnswersWait",
        "max by (job) (hotline_commands_unanswered) > 100",
        "5m", "ticket", "{{ $value }} answers to commands of {{ $labels.job }} were not sent.",
        "facts-are-not-published",
    ),
    Alert(
        "HotlineDiversionUnacknowledged",
        "max(hotline_diversions_unacknowledged) > 0",
        "0m", "page", "{{ $value }} diverted emergencies were not acknowledged in time.",
        "a-diversion-is-not-acknowledged",
    ),
    Alert(
        "HotlineExtensionUnanswered",
        "max(hotline_extensions_unanswered) > 0",
        "0m", "ticket", "{{ $value }} applications for an extension are about to lapse.",
        "an-application-is-not-answered",
    ),
    Alert(
        "HotlineCallsMissed",
        "max(hotline_calls_connected_ratio) < max(hotline_calls_connected_wanted_ratio)",
        "30m", "ticket", "Only {{ $value | humanizePercentage }} of the calls are answered.",
        "calls-are-not-answered",
    ),
    Alert(
        "HotlineCallsAnsweredLate",
        "max(hotline_calls_in_time_ratio) < 0.8",
        "30m", "ticket", "Only {{ $value | humanizePercentage }} of the answered calls were"
        " answered in time.",
        "calls-are-not-answered",
    ),
    Alert(
        "HotlineCallBacksWait",
        "max(hotline_missed_calls_waiting) > 50",
        "30m", "ticket", "{{ $value }} missed calls wait to be called back.",
        "calls-are-not-answered",
    ),
    Alert(
        "HotlineUnknownFacts",
        f"sum by (job) (increase(hotline_facts_unknown_total{{{OURS}}}[30m])) > 0",
        "30m", "ticket", "An old process of {{ $labels.job }} skips what a newer one writes.",
        "upgrade",
    ),
    Alert(
        "HotlineMemory",
        f"max by (job, instance) (process_resident_memory_bytes{{{OURS}}}) > 340e6",
        "10m", "ticket", "{{ $labels.instance }} nears its memory limit.",
        "memory",
    ),
    Alert(
        "HotlineStoreNotArchived",
        f"max(increase(cnpg_pg_stat_archiver_failed_count{{{THERE}}}[15m])) > 0",
        "15m", "page", "The log of the store is not archived.",
        "the-store-is-not-backed-up",
    ),
    Alert(
        "HotlineStoreNotBackedUp",
        f"time() - max(cnpg_collector_last_available_backup_timestamp{{{THERE}}}) > 30 * 3600",
        "15m", "ticket", "The last back-up of the store is {{ $value | humanizeDuration }} old.",
        "the-store-is-not-backed-up",
    ),
    Alert(
        "HotlineNoStandby",
        f"max(cnpg_pg_replication_streaming_replicas{{{THERE}}}) < 1",
        "1m", "page", "No standby follows the store: commits wait.",
        "the-store-is-slow",
    ),
    Alert(
        "HotlineStoreUnseen",
        f"absent(cnpg_collector_up{{{THERE}}})",
        "5m", "ticket", "The store tells no figures: of its back-ups nothing is known.",
        "the-store-is-not-backed-up",
    ),
    Alert(
        "HotlineCopiesBehind",
        f"sum(kafka_server_replicamanager_underreplicatedpartitions{{{THERE}}}) > 0",
        "5m", "page", "{{ $value }} partitions have a copy that is behind.",
        "copies-of-the-topics-are-behind",
    ),
    Alert(
        "HotlineBrokersUnseen",
        f"absent(kafka_server_replicamanager_underreplicatedpartitions{{{THERE}}})",
        "5m", "ticket", "The brokers tell no figures.",
        "copies-of-the-topics-are-behind",
    ),
    Alert(
        "HotlineDiskFills",
        f"kubelet_volume_stats_available_bytes{{{THERE}}}"
        f" / kubelet_volume_stats_capacity_bytes{{{THERE}}} < 0.15",
        "10m", "page", "{{ $labels.persistentvolumeclaim }} has"
        " {{ $value | humanizePercentage }} left.",
        "a-disk-fills",
    ),
    Alert(
        "HotlineCertificateEnds",
        "min by (type) (strimzi_certificate_expiration_timestamp_ms"
        '{cluster="hotline-kafka"}) / 1000 - time() < 14 * 86400',
        "1h", "ticket", "A certificate ({{ $labels.type }}) ends in"
        " {{ $value | humanizeDuration }}.",
        "a-certificate-ends",
    ),
)  # fmt: skip


def groups() -> dict[str, Any]:
    """The rules, as Prometheus reads them."""
    return {"groups": [{"name": "hotline", "rules": [_rule(alert) for alert in ALERTS]}]}


def resource() -> dict[str, Any]:
    """The rules, as the Prometheus Operator reads them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "hotline"},
        "spec": groups(),
    }


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "runbook": f"{RUNBOOK}#{alert.runbook}"},
    }
