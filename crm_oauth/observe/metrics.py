"""Counts and times for Prometheus, of all processes together where gunicorn serves."""

from functools import cache

from prometheus_client import Counter, Histogram

from crm_oauth.oauth.outcome import Outcome

# Children are kept: finding one by its labels costs more than counting. What labels there are is bounded: grants that
# are installed, and meanings of faults.


class RequestMetrics:
    """Counts token requests and their time; one for each process, because the library knows metrics by their names."""

    def __init__(self) -> None:
        self._requests = Counter(
            "crm_oauth_token_requests_total",
            "Token requests, by grant and by what came of them: issued, or why not.",
            ["grant_type", "outcome"],
        )
        self._seconds = Histogram(
            "crm_oauth_token_request_seconds",
            "Time from having read a token request to having its answer.",
            ["grant_type"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
        )
        self._password_seconds = Histogram(
            "crm_oauth_password_check_seconds",
            "Time that the check of a password took, right or wrong.",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
        )
        self._lost = Counter(
            "crm_oauth_audit_entries_lost_total", "Entries of the audit trail that only the log holds."
        )
        self.request = cache(self._requests.labels)
        self.seconds = cache(self._seconds.labels)

    def __call__(self, outcome: Outcome) -> None:
        """Count a token request."""
        self.request(outcome.grant_type, outcome.refusal or "issued").inc()
        self.seconds(outcome.grant_type).observe(outcome.seconds)

    def password_checked(self, seconds: float) -> None:
        """Note how long the check of a password took."""
        self._password_seconds.observe(seconds)

    def audit_entries_lost(self, count: int) -> None:
        """Count entries that did not get into the audit trail."""
        self._lost.inc(count)


@cache
def request_metrics() -> RequestMetrics:
    """Return the metrics of this process."""
    return RequestMetrics()
