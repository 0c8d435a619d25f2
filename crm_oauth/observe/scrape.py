"""What Prometheus reads: the counts of every process, and what the database holds now."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crm_oauth.observe.shared_counts import DIRECTORY_VARIABLE
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.purging import RETENTION, Purge
from crm_oauth.store.token_counts import count_live

_AT_MOST = 100_000  # a scrape counts no further: what is more is as bad


def scrape(database: Database, signing_key: Path) -> bytes:
    """Return all metrics in Prometheus's text form.

    Args:
        database: asked by a bounded count each for live sessions and for rows due for purge.
        signing_key: the file whose age is told.
    """
    registry = CollectorRegistry()
    registry.register(_State(database, signing_key))
    if os.environ.get(DIRECTORY_VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # as it is
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)


class _State(Collector):
    def __init__(self, database: Database, signing_key: Path) -> None:
        self._database = database
        self._signing_key = signing_key

    def describe(self) -> Iterator[Metric]:
        """Tell nothing before it is asked for, or the registry would ask at once."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now = datetime.now(UTC)
        try:
            live = count_live(self._database, now, at_most=_AT_MOST)
            due = Purge(self._database, now - RETENTION).due(at_most=_AT_MOST)
        except DatabaseUnavailable:
            yield _gauge("crm_oauth_database_up", "Whether the database answers.", 0)
        else:
            yield _gauge("crm_oauth_database_up", "Whether the database answers.", 1)
            yield _gauge("crm_oauth_live_sessions", f"Sessions that can be used, counted up to {_AT_MOST}.", live)
            yield _gauge("crm_oauth_rows_due_for_purge", f"Rows that a purge removes, counted up to {_AT_MOST}.", due)
        if self._signing_key.is_file():
            age = time.time() - self._signing_key.stat().st_mtime
            yield _gauge("crm_oauth_signing_key_age_seconds", "Time since the key that signs was made.", age)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)
