"""A service's counts for Prometheus, under the names that public dashboards for Kafka already know."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .running import Running
from .status import ServiceStatus

_WAYS_MOST = 200
"""So many ways from row to row have series of their own; the rest are one."""


def exposition(running: Running, status: ServiceStatus) -> tuple[bytes, str]:
    """The text and its media type."""
    registry = CollectorRegistry()
    registry.register(_Collected(running, status))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collected:
    def __init__(self, running: Running, status: ServiceStatus) -> None:
        self._running, self._status = running, status

    def collect(self) -> Iterator[Metric]:
        yield self._lag()
        s = self._status
        yield self._gauge("o2c_outbox_unsent", "events told and not yet on the bus", s.unsent)
        yield self._gauge("o2c_outbox_oldest_unsent_seconds", "age of the oldest of them", s.oldest_unsent_seconds)
        yield self._parked()
        yield self._gauge("o2c_parked_waiting", "records that wait for a parked one", s.waiting)
        yield self._gauge("o2c_blocked_customers", "customers that wait whole", len(s.blocked_customers))
        yield self._gauge("o2c_deadlines_due", "deadlines whose time has come", s.deadlines_due)
        yield self._gauge("o2c_deliveries_open", "documents on their way out", sum(s.deliveries_open.values()))
        yield self._gauge("o2c_approvals_open", "requests that wait for people", s.approvals_open)
        yield self._gauge("o2c_rules_unread_seconds", "since the store of rules was read", s.rules_unread_seconds)
        yield self._release()
        yield self._gauge("o2c_rules_releases_read", "the last release read and compiled", s.releases_read)
        yield self._gauge("o2c_halted", "1: this release consumes nothing until somebody looked", int(bool(s.halted)))
        yield self._counter("o2c_slices_committed", "transactions of records", s.committed)
        yield self._counter("o2c_events_handled", "records in them", self._running.records)
        passed = self._running.path.reception.passed_over
        yield self._counter("o2c_events_passed_over", "records of types this release does not know", passed)

        yield from self._shadow()

    def _shadow(self) -> Iterator[Metric]:
        """Of a candidate on trial: what was asked again, and from which row to which it would have gone."""
        service, shadow = self._status.service, self._running.shadow
        asked = CounterMetricFamily("o2c_shadow_decisions", "asked of the candidate too", labels=["service", "table"])
        for table, tally in shadow.found.tables.items():
            asked.add_metric([service, table], tally.decisions)
        yield asked
        names = ["service", "table", "row_live", "row_candidate"]
        ways = CounterMetricFamily("o2c_shadow_divergences", "it would have decided otherwise", labels=names)
        counts = shadow.divergences().most_common()
        for way, count in counts[:_WAYS_MOST]:
            ways.add_metric([service, *way], count)
        if rest := sum(count for _, count in counts[_WAYS_MOST:]):
            ways.add_metric([service, "", "", ""], rest)
        yield ways
        yield self._gauge("o2c_shadow_failing", "1: the candidate cannot be tried", int(bool(shadow.problem)))

    def _lag(self) -> Metric:
        found = GaugeMetricFamily(
            "kafka_consumergroup_lag", "records not yet read", labels=["consumergroup", "topic", "partition"]
        )
        for topic, partitions in self._status.lag_by_partition.items():
            for partition, lag in partitions.items():
                found.add_metric([self._status.service, topic, str(partition)], lag)
        return found

    def _parked(self) -> Metric:
        found = GaugeMetricFamily("o2c_parked", "records put aside", labels=["service", "code"])
        for code, count in self._status.parked.items():
            found.add_metric([self._status.service, code], count)
        if not self._status.parked:
            found.add_metric([self._status.service, ""], 0)
        return found

    def _release(self) -> Metric:
        found = GaugeMetricFamily("o2c_rules_release", "the release that decides", labels=["service", "bundle"])
        found.add_metric([self._status.service, self._status.bundle], self._status.release)
        return found

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        found = GaugeMetricFamily(name, text, labels=["service"])
        found.add_metric([self._status.service], value)
        return found

    def _counter(self, name: str, text: str, value: float) -> Metric:
        found = CounterMetricFamily(name, text, labels=["service"])
        found.add_metric([self._status.service], value)
        return found
