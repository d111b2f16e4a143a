"""Prometheus metrics, rendered from what is kept anyway: nothing is counted twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class _Snapshot:
    def __init__(self, status: Mapping[str, Any], gateway: Mapping[str, int]) -> None:
        self._status = status
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        log = self._status["log"]
        yield CounterMetricFamily("headrace_events_accepted", "Events in the log.", value=log["accepted"])
        yield CounterMetricFamily("headrace_events_duplicate", "Events sent again.", value=log["duplicates"])
        yield GaugeMetricFamily("headrace_events_unrouted", "Events that routing has not seen.", value=log["unrouted"])
        yield GaugeMetricFamily("headrace_log_bytes", "Size of the event log.", value=log["bytes"])
        deliveries = GaugeMetricFamily("headrace_deliveries", "Deliveries by state.", labels=["state"])
        for state, number in self._status["deliveries"].items():
            deliveries.add_metric([state], number)
        yield deliveries
        up = GaugeMetricFamily("headrace_destination_up", "1 while it runs.", labels=["destination", "state"])
        for d in self._status["destinations"]:
            up.add_metric([d["name"], d["state"]], float(d["state"] == "running"))
        yield up
        yield from _watched(self._status)
        refused = CounterMetricFamily("headrace_gateway_refused", "Calls that were refused.", labels=["reason"])
        for name, number in self._gateway.items():
            if name.startswith("refused:"):
                refused.add_metric([name.removeprefix("refused:")], number)
        yield refused
        requests = self._gateway.get("requests", 0)
        yield CounterMetricFamily("headrace_gateway_requests", "Requests since the gateway started.", value=requests)


def _watched(status: Mapping[str, Any]) -> Iterator[Metric]:
    audit = status["audit"]
    yield GaugeMetricFamily("headrace_audit_ok", "1 while log and fates agree.", value=float(audit["ok"]))
    yield GaugeMetricFamily("headrace_audit_checked_to", "Log position up to which it looked.", value=audit["checked_to"])
    yield GaugeMetricFamily("headrace_audit_differences", "What it found.", value=len(audit["differences"]))
    alarms = GaugeMetricFamily("headrace_alarm", "1 while it is alarming.", labels=["alarm", "subject"])
    for alarm in status["alarms"]:
        alarms.add_metric([alarm["kind"], alarm["subject"] or ""], 1.0)
    yield alarms


def render(status: Mapping[str, Any], gateway: Mapping[str, int]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(status, gateway))
    return generate_latest(registry)
