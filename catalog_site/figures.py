"""Figures for Prometheus, counted at the time of asking: nothing is kept in one process that another would miss."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from catalog.models import CatalogServer
from catalog_site.context import console_version
from catalog_site.health import gateway_counts, readiness, worker_age_s
from dynamic_mcp.models import Execution, Session, SessionServer


class ConsoleCollector(Collector):
    """What the console has and how it is. Labels are states and codes only: no names, no people."""

    def collect(self) -> Iterator[Metric]:
        yield _single("console_info", "The version that runs.", {"version": console_version()}, 1)
        yield _by_label("console_ready", "1 when the part works.", "part", _ready())
        yield _by_label("console_gateways", "Gateways of this node by state.", "state", gateway_counts())
        for name, text, rows, column in (
            ("console_sessions", "Sessions by state.", Session.objects.all(), "state"),
            ("console_session_servers", "Servers in sessions by state.", SessionServer.objects.all(), "state"),
            ("console_catalog_servers", "Catalogue servers by kind.", CatalogServer.objects.all(), "kind"),
            ("console_executions", "Executions kept, by exit code.", Execution.objects.all(), "exit_code"),
        ):
            yield _by_label(name, text, column, _counts(rows, column))
        age = worker_age_s()
        if age is not None:
            yield _single("console_worker_seen_seconds", "Seconds since a worker was last seen.", {}, age)


def exposition() -> bytes:
    """Return the figures in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(ConsoleCollector())
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def _ready() -> dict[str, int]:
    return {name: int(part.ok) for name, part in readiness().items()}


def _counts(rows: QuerySet[Any], column: str) -> dict[str, int]:
    found = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return {"" if value is None else str(value): number for value, number in found}


def _by_label(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _single(name: str, text: str, labels: dict[str, str], value: float) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
