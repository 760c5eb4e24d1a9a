"""What a box measures of itself, in the words of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pipeline.exchange import CameraState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.cameras.fleet import Fleet, Member
    from edge.outbox.outbox import OutboxFigures
    from edge.uplink.link import Link

QUANTILES = (0.5, 0.99)
# Name, what it counts, and where it is found.
CAMERA_COUNTERS: tuple[tuple[str, str, Callable[[Member], float]], ...] = (
    ("packets", "Packets received", lambda m: m.unit.reader.counters.packets),
    ("bytes", "Bytes received", lambda m: m.unit.reader.counters.packet_bytes),
    ("keyframes", "Keyframes received", lambda m: m.unit.reader.counters.keyframes),
    ("pictures_offered", "Pictures ready to be judged", lambda m: m.unit.lane.counts.offered),
    ("pictures_judged", "Pictures judged", lambda m: m.unit.lane.counts.judged),
    ("pictures_skipped", "Replaced by a newer one", lambda m: m.unit.lane.counts.skipped),
    ("faults", "Faults while judging", lambda m: m.unit.lane.counts.faults),
    ("bursts", "Bursts looked at", lambda m: m.unit.worker.counts.bursts),
    ("bursts_missed", "Bursts that came too late", lambda m: m.unit.worker.counts.bursts_missed),
    ("bursts_refused", "Bursts with no room", lambda m: m.unit.lane.counts.bursts_refused),
    ("restarts", "Restarts of the connection", lambda m: m.supervisor.counts.restarts),
    ("connections_abandoned", "Connections that hung", lambda m: m.supervisor.counts.abandoned),
)


class BoxMetrics(Collector):
    """Read when somebody asks; nothing is kept.

    Args:
        fleet: The cameras.
        outbox: How full the outbox is.
        link: The link to the centre; none: there is no centre.
        info: Labels that name the box.
        evidence_failed: Bundles that could not be made or handed on.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        outbox: Callable[[], OutboxFigures],
        link: Link | None,
        info: dict[str, str],
        evidence_failed: Callable[[], int],
    ) -> None:
        self._fleet = fleet
        self._outbox = outbox
        self._link = link
        self._info = info
        self._evidence_failed = evidence_failed

    def collect(self) -> Iterable[Metric]:
        """Everything, now."""
        yield InfoMetricFamily("streetcase_box", "Which box this is", self._info)
        yield from self._of_cameras()
        yield from self._of_outbox()
        if self._link is not None:
            yield from self._of_link(self._link)

    def _of_cameras(self) -> Iterator[Metric]:
        members = list(self._fleet)
        for name, text, count in CAMERA_COUNTERS:
            family = CounterMetricFamily(f"streetcase_camera_{name}", text, labels=["camera"])
            for member in members:
                family.add_metric([member.camera.id], count(member))
            yield family
        states = GaugeMetricFamily(
            "streetcase_camera_state", "1 for the state that it is in", labels=["camera", "state"]
        )
        for member in members:
            for state in CameraState:
                is_it = float(member.supervisor.state is state)
                states.add_metric([member.camera.id, state.value], is_it)
        yield states
        ring = GaugeMetricFamily(
            "streetcase_camera_ring_bytes", "Compressed video kept in memory", labels=["camera"]
        )
        for member in members:
            held = member.unit.reader.ring
            ring.add_metric([member.camera.id], held.size_bytes + held.pinned_bytes)
        yield ring
        delays = sorted(delay for member in members for delay in member.unit.lane.delays)
        quantiles = GaugeMetricFamily(
            "streetcase_judging_delay_seconds",
            "From a picture's arrival to its judgement, of the newest pictures",
            labels=["quantile"],
        )
        for quantile in QUANTILES:
            if delays:
                place = min(int(quantile * len(delays)), len(delays) - 1)
                quantiles.add_metric([str(quantile)], delays[place])
        yield quantiles

    def _of_outbox(self) -> Iterator[Metric]:
        figures = self._outbox()
        entries = GaugeMetricFamily(
            "streetcase_outbox_candidates", "Candidates on the box", labels=["state"]
        )
        entries.add_metric(["waiting"], figures.waiting)
        entries.add_metric(["acknowledged"], figures.acknowledged)
        entries.add_metric(["refused"], figures.refused)
        yield entries
        for name, text, value in (
            ("bytes", "What they take", figures.used_bytes),
            ("quota_bytes", "What they may take", figures.quota_bytes),
            ("full", "1: the newest bundle found no room", int(figures.is_full)),
        ):
            yield GaugeMetricFamily(f"streetcase_outbox_{name}", text, value=value)
        oldest = figures.oldest_waiting_at
        yield GaugeMetricFamily(
            "streetcase_outbox_oldest_waiting_timestamp_seconds",
            "When the oldest unsent candidate was taken in; 0: none waits",
            value=oldest.timestamp() if oldest else 0,
        )
        yield CounterMetricFamily(
            "streetcase_outbox_dropped", "Bundles dropped since set-up", value=figures.dropped
        )
        yield CounterMetricFamily(
            "streetcase_evidence_failed",
            "Bundles that could not be made or handed on at first",
            value=self._evidence_failed(),
        )

    @staticmethod
    def _of_link(link: Link) -> Iterator[Metric]:
        figures = link.figures
        yield CounterMetricFamily(
            "streetcase_uplink_sent", "Candidates acknowledged", value=figures.sent
        )
        yield CounterMetricFamily(
            "streetcase_uplink_failures", "Attempts that failed", value=figures.failures
        )
        yield GaugeMetricFamily(
            "streetcase_uplink_up", "1: the centre answers", value=int(not link.trouble)
        )
        if link.clock.offset_seconds is not None:
            yield GaugeMetricFamily(
                "streetcase_clock_offset_seconds",
                "Box clock minus centre clock",
                value=link.clock.offset_seconds,
            )
