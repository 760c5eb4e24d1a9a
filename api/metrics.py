"""What the centre counts for Prometheus; each application has its own registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

# From a cached read to a slow upload; the middle is where an operator begins to notice.
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one process. Labels are few and from closed sets, so that series stay few."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "streetcase_requests",
            "Requests answered, by route template.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "streetcase_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ["method", "route"],
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.candidates_ingested = Counter(
            "streetcase_candidates_ingested",
            "Updates of candidates stored, by violation.",
            ["violation"],
            registry=self.registry,
        )
        self.candidates_duplicate = Counter(
            "streetcase_candidates_duplicate",
            "Updates that were there already.",
            registry=self.registry,
        )
        self.candidates_refused = Counter(
            "streetcase_candidates_refused",
            "Submissions refused, by the code of the problem.",
            ["code"],
            registry=self.registry,
        )
        self.ingest_seconds = Histogram(
            "streetcase_ingest_seconds",
            "Verifying and storing one submission.",
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.timestamps = Counter(
            "streetcase_timestamps",
            "Time stamps asked for of the outside authority, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.timer_failures = Counter(
            "streetcase_timer_failures",
            "Runs of background work that failed and will be tried again.",
            ["timer"],
            registry=self.registry,
        )
        self.timer_last_success = Gauge(
            "streetcase_timer_last_success_timestamp_seconds",
            "When background work last went through.",
            ["timer"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
