"""The one place that knows the order of the steps: a camera's frames in, episode events out.

    privacy mask -> quality gate -> detector -> tracks -> change -> rules -> episodes

The processor says what it needs and never fetches it: a `Step` names the presences whose first
pictures must be kept (a first still is wanted minutes later), the bursts that a rule wants decoded
and the keyframes that it wants in full size. Whoever owns the video fulfils them and comes back
with `process_burst` and `process_look`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.change.detector import ChangeDetector
from pipeline.change.settings import ChangeSettings
from pipeline.change.soil import bare_soil_share
from pipeline.change.surface import SurfaceWatch
from pipeline.episodes.book import EpisodeBook
from pipeline.episodes.settings import EpisodeSettings
from pipeline.full_size import FullSizeLooks
from pipeline.privacy import PrivacyMask
from pipeline.quality import QualityGate
from pipeline.rules.advertising import AdvertisingRule
from pipeline.rules.dust import DustRule
from pipeline.rules.muck_truck import MuckTruckRule
from pipeline.rules.observation import VEHICLE_CLASSES, Observation
from pipeline.rules.patch_look import PatchLookRequest
from pipeline.rules.settings import RuleSettings
from pipeline.rules.vending import VendingRule
from pipeline.settings import Settings
from pipeline.tracking.bytetrack import ByteTrack, TrackerSettings
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipeline.camera import Camera
    from pipeline.change.results import SurfaceChange
    from pipeline.detection.classifier import Classifier
    from pipeline.detection.detector import Detector
    from pipeline.detections import Detections
    from pipeline.episodes.events import Episode, EpisodeEvent
    from pipeline.frames import Frame
    from pipeline.geometry import Box
    from pipeline.quality import FrameQuality
    from pipeline.rules.close_look import CloseLook, CloseLookRequest
    from pipeline.rules.judgement import JsonObject, Judgement, Rule
    from pipeline.rules.passage import BurstRequest, Passage
    from pipeline.rules.patch_look import PatchLook

ROAD_USERS = frozenset({"person", *VEHICLE_CLASSES})
HIDES_THE_ROAD = ROAD_USERS - {"tricycle"} | {"stall", "umbrella"}
# What is never learned into the reference view nor proposed as a static change. A tricycle is not
# among them: loaded with goods it is what a vendor sells from.
MOVERS = ROAD_USERS - {"tricycle", "machinery"}
SOIL_INTERVAL_SECONDS = 60.0  # bare soil does not change from frame to frame
MAX_PENDING_PASSAGES = 16  # trucks whose "after" picture is still to come; more is a parking lot


class ProcessorSettings(Settings):
    """The settings of every step, for one camera."""

    change: ChangeSettings = ChangeSettings()
    tracking: TrackerSettings = TrackerSettings()
    rules: RuleSettings = RuleSettings()
    episodes: EpisodeSettings = EpisodeSettings()
    # After the burst's end the road must be seen free of the truck and of those behind it.
    surface_wait_seconds: float = 12.0
    surface_before_seconds: float = 4.0  # before the burst begins the truck is not yet in sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one frame, or one burst, led to."""

    frame: Frame  # with the privacy masks burnt in
    quality: FrameQuality
    observation: Observation
    judgements: tuple[Judgement, ...] = ()  # the not-fired ones too
    events: tuple[EpisodeEvent, ...] = ()
    open_episodes: tuple[Episode, ...] = ()  # as they stand after this frame
    burst_requests: tuple[BurstRequest, ...] = ()
    look_requests: tuple[CloseLookRequest | PatchLookRequest, ...] = ()
    passages: tuple[Passage, ...] = ()  # judged in this step
    lap_seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, with a stopwatch


@dataclass(slots=True)
class _Pending:
    """A passage that waits for the picture of the road after it."""

    passage: Passage
    due_seconds: float


class Processor:
    """One camera's pipeline. Same frames, same results; all state is bounded.

    Args:
        camera: Its zones decide which rules run.
        detector: May be shared by cameras of one thread.
        classifier: Load states of truck crops; without it every load is unclear.
        patch_classifier: Kinds of new patches on ad surfaces; without it none is looked at.
        settings: See `ProcessorSettings`.
        stopwatch: A clock in seconds, to fill the steps' `lap_seconds`; the core reads none.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        detector: Detector,
        classifier: Classifier | None = None,
        patch_classifier: Classifier | None = None,
        settings: ProcessorSettings | None = None,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self.camera = camera
        self.settings = settings or ProcessorSettings()
        self.change = ChangeDetector(camera, self.settings.change)
        self._laps = _Laps(stopwatch)
        self._detector = detector
        self._tells_patches = patch_classifier is not None
        self._thresholds = detector.card.thresholds
        self._mask = PrivacyMask(camera.zones)
        self._gate = QualityGate()
        tracking = self.settings.tracking
        tracking = tracking.model_copy(update={"class_scores": dict(self._thresholds)})
        self._tracker = ByteTrack(tracking)
        self._full_size = FullSizeLooks(
            camera,
            detector=detector,
            classifier=classifier,
            patch_classifier=patch_classifier,
            tracking=tracking,
        )
        self._surfaces = {zone.id: SurfaceWatch(zone) for zone in camera.zones_of(ZoneKind.ROAD)}
        self._spill_rule: MuckTruckRule | None = None
        self._ad_rule: AdvertisingRule | None = None
        self._rules = self._make_rules()
        self.book = EpisodeBook(camera.id, self.settings.episodes)
        self._watched: tuple[Box, ...] = ()  # in fractions
        self._pending: list[_Pending] = []
        self._soil: dict[str, float] = {}
        self._soil_seconds: float | None = None

    def _make_rules(self) -> tuple[Rule, ...]:
        """The rules for which the camera has zones."""
        settings = self.settings.rules
        rules: list[Rule] = []
        if self.camera.zones_of(ZoneKind.NO_VENDING, ZoneKind.PERMITTED):
            rules.append(VendingRule(self.camera, settings.vending))
        if self.camera.zones_of(ZoneKind.AD_SURFACE):
            self._ad_rule = AdvertisingRule(
                self.camera,
                settings.advertising,
                tells_patches=self._tells_patches,
            )
            rules.append(self._ad_rule)
        if self.camera.zones_of(ZoneKind.SITE):
            rules.append(DustRule(self.camera, settings.dust))
        if self.camera.zones_of(ZoneKind.ROAD):
            self._spill_rule = MuckTruckRule(self.camera, settings.muck_truck)
            rules.append(self._spill_rule)
        return tuple(rules)

    def process(self, frame: Frame) -> Step:
        """Take in one triage frame; frames come in the order of their `seconds`."""
        laps = self._laps
        laps.begin()
        frame = self._mask.apply(frame)
        quality = self._gate.judge(frame)
        laps.lap("quality")
        detections = self._detector.detect(frame)
        laps.lap("detection")
        tracks = self._tracker.update(detections, frame.seconds)
        laps.lap("tracking")
        movers = self._movers(detections)
        change = self.change.update(frame, ignore=movers, frozen=self._frozen(frame))
        for surface in self._surfaces.values():
            surface.update(frame, ignore=_on_the_road(detections), shift_px=change.shift_px)
        laps.lap("change")
        observation = Observation.of_frame(
            frame,
            camera=self.camera,
            detections=detections,
            tracks=tracks,
            change=change,
            thresholds=self._thresholds,
            bare_soil=self._bare_soil(frame),
        )
        outcomes = [rule.observe(observation) for rule in self._rules]
        self._watched = tuple(box for outcome in outcomes for box in outcome.watched)
        judgements = [judgement for outcome in outcomes for judgement in outcome.judgements]
        passages = self._due_passages(frame.seconds)
        for passage in passages:
            judgements += self._judge(passage)
        events = self.book.update(observation, judgements)
        laps.lap("rules")
        return Step(
            frame=frame,
            quality=quality,
            observation=observation,
            judgements=tuple(judgements),
            events=events,
            open_episodes=self.book.open_episodes,
            burst_requests=tuple(r for outcome in outcomes for r in outcome.burst_requests),
            look_requests=tuple(r for outcome in outcomes for r in outcome.look_requests),
            passages=passages,
            lap_seconds=laps.seconds,
        )

    def process_burst(self, request: BurstRequest, frames: Iterable[Frame]) -> Passage:
        """Look at the frames of a burst; the passage is judged in a later `process`.

        The road can only be compared once it has been seen free of the truck.

        Args:
            request: One that a step asked for.
            frames: Full-size frames of its seconds, in order; none is a burst that showed nothing.
        """
        passage = self.look_at_burst(request, frames)
        self.hear_passage(passage)
        return passage

    def look_at_burst(self, request: BurstRequest, frames: Iterable[Frame]) -> Passage:
        """The first half of `process_burst`, which may run in another thread beside `process`.

        Changes nothing; the passage is for `hear_passage`.
        """
        return self._full_size.passage(request, frames)

    def hear_passage(self, passage: Passage) -> None:
        """The second half of `process_burst`, to be called from the thread of `process`."""
        due = passage.request.end_seconds + self.settings.surface_wait_seconds
        self._pending = [*self._pending[1 - MAX_PENDING_PASSAGES :], _Pending(passage, due)]

    def process_look(
        self, request: CloseLookRequest | PatchLookRequest, frame: Frame
    ) -> CloseLook | PatchLook:
        """Look at parts of one picture in full size; their rule knows it from the next frame on.

        Args:
            request: One that a step asked for.
            frame: The keyframe at or before its seconds, in full size.
        """
        look: CloseLook | PatchLook = (
            self._full_size.patches(request, frame)
            if isinstance(request, PatchLookRequest)
            else self._full_size.writing(request, frame)
        )
        if self._ad_rule is not None:
            self._ad_rule.hear(look)
        return look

    def finish(self) -> tuple[EpisodeEvent, ...]:
        """End what is open: the footage is over."""
        return self.book.finish()

    def snapshot(self) -> JsonObject:
        """The state of rules and episodes as JSON values, for a restart.

        Reference views are kept apart (`change.export_references`); pending passages are let go.
        """
        return {
            "format": 1,
            "book": self.book.snapshot(),
            "rules": {rule.name: rule.snapshot() for rule in self._rules},
        }

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`.

        Raises:
            SnapshotError: It is not one of this camera's.
        """
        self.book.restore(snapshot["book"])
        for rule in self._rules:
            if rule.name in snapshot["rules"]:
                rule.restore(snapshot["rules"][rule.name])

    def _movers(self, detections: Detections) -> list[Box]:
        return [
            found.box
            for found in detections.of(*MOVERS)
            if found.score >= self._thresholds.get(found.class_name, 0.0)
        ]

    def _frozen(self, frame: Frame) -> list[Box]:
        """Where the reference view must not learn, in source pixels."""
        boxes = [*self._watched, *(e.fraction_box for e in self.book.open_episodes)]
        return [box.scaled(frame.width, frame.height) for box in boxes]

    def _bare_soil(self, frame: Frame) -> dict[str, float]:
        last = self._soil_seconds
        if last is None or frame.seconds - last >= SOIL_INTERVAL_SECONDS:
            self._soil_seconds = frame.seconds
            sites = self.camera.zones_of(ZoneKind.SITE)
            self._soil = {zone.id: bare_soil_share(frame, zone) for zone in sites}
        return self._soil

    def _due_passages(self, seconds: float) -> tuple[Passage, ...]:
        due = [pending for pending in self._pending if seconds >= pending.due_seconds]
        self._pending = [pending for pending in self._pending if seconds < pending.due_seconds]
        return tuple(pending.passage for pending in due)

    def _judge(self, passage: Passage) -> tuple[Judgement, ...]:
        request = passage.request
        surface = self._surfaces.get(request.zone_id)
        if self._spill_rule is None or surface is None:
            return ()
        changes: tuple[SurfaceChange, ...] = surface.compare(
            before_seconds=request.begin_seconds, after_seconds=request.end_seconds
        )
        return self._spill_rule.observe_passage(passage, changes).judgements


def _on_the_road(detections: Detections) -> list[Box]:
    """Everything that may hide the road, however unsure the network is.

    A road unseen for a second costs nothing; a parked van that is recognised every other second
    would pass for material, and a stall that was put down on the road is none either. Tricycles
    hide nothing: the network takes heaps of soil for them; one that drives by is looked through.
    """
    return [found.box for found in detections.of(*HIDES_THE_ROAD)]


class _Laps:
    """Seconds of each stage of one frame, if there is a stopwatch."""

    def __init__(self, stopwatch: Callable[[], float] | None) -> None:
        self._stopwatch = stopwatch
        self._since = 0.0
        self.seconds: dict[str, float] = {}

    def begin(self) -> None:
        """Start the first stage."""
        self.seconds = {}
        if self._stopwatch is not None:
            self._since = self._stopwatch()

    def lap(self, stage: str) -> None:
        """End a stage; what follows belongs to the next."""
        if self._stopwatch is not None:
            now = self._stopwatch()
            self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
            self._since = now
