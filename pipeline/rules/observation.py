"""What one triage frame says, gathered for the rules: detections, tracks, change, in one unit.

Detections, tracks and change come in pixels of the source frame. Rules, presences and episodes
work in *fractions* of the frame (x right, y down, 0..1), so that they survive a change of
resolution and go on the wire as they are. Overlap (IoU, shares) is the same in both units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.camera import Camera
from pipeline.change.results import ChangeResult, Haze, ViewState
from pipeline.detections import Detections
from pipeline.frames import Frame, require_utc
from pipeline.geometry import Box, containment
from pipeline.tracking.tracks import Track
from pipeline.zones import Business, Zone

# Where a model card names no threshold for a class: Ultralytics' own default confidence.
DEFAULT_THRESHOLD = 0.25

VEHICLE_CLASSES = frozenset(
    {"bicycle", "motorcycle", "tricycle", "car", "bus", "truck", "machinery"}
)
# What may stand in front of something. A tricycle may be what a vendor sells from, a machine
# belongs to its site: both are looked at, not past.
COVERING_VEHICLES = VEHICLE_CLASSES - {"tricycle", "machinery"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One detection in the rules' units."""

    class_name: str
    score: float  # the network's, in [0, 1]
    support: float  # in [0, 1]: 1 at the class's threshold, 1/4 at half of it
    fraction_box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHint:
    """What a stall sells, where something (a classifier, an operator) knows it."""

    fraction_box: Box
    business: Business
    confidence: float  # in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """One triage frame as the rules see it.

    Raises:
        FrameError: `captured_at` is naive or not UTC.
    """

    camera: Camera
    seconds: float  # the stream's monotonic clock; only differences have a meaning
    captured_at: datetime  # UTC
    width: int  # pixels of the source frame
    height: int  # pixels of the source frame
    detections: Detections  # every class, scores down to the detector's floor
    tracks: tuple[Track, ...] = ()
    change: ChangeResult | None = None  # none: the change witness is switched off
    thresholds: Mapping[str, float] = field(default_factory=dict)  # class -> score, model card
    bare_soil: Mapping[str, float] = field(default_factory=dict)  # zone id -> share in [0, 1]
    businesses: tuple[BusinessHint, ...] = ()
    scale: float = 1.0  # pixels of the picture in hand per pixel of the source, > 0
    # Several rules ask for the same parts; they are made once, when first asked for.
    _parts: dict[str, tuple[Part, ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse an instant that is not UTC."""
        require_utc(self.captured_at, "captured_at")

    @classmethod
    def of_frame(
        cls,
        frame: Frame,
        *,
        camera: Camera,
        detections: Detections,
        tracks: tuple[Track, ...] = (),
        change: ChangeResult | None = None,
        thresholds: Mapping[str, float] | None = None,
        bare_soil: Mapping[str, float] | None = None,
        businesses: tuple[BusinessHint, ...] = (),
    ) -> Observation:
        """Gather what was found in a frame."""
        return cls(
            camera=camera,
            seconds=frame.seconds,
            captured_at=frame.captured_at,
            width=frame.width,
            height=frame.height,
            detections=detections,
            tracks=tracks,
            change=change,
            thresholds=thresholds or {},
            bare_soil=bare_soil or {},
            businesses=businesses,
            scale=max(frame.x_scale, frame.y_scale),
        )

    @property
    def view_is_reliable(self) -> bool:
        """Whether the picture shows what the zones were drawn on: neither moved nor blocked."""
        return self.change is None or self.change.state not in {ViewState.MOVED, ViewState.BLOCKED}

    @property
    def change_speaks(self) -> bool:
        """Whether the change witness can compare this picture with a reference view."""
        return self.change is not None and self.change.state is ViewState.OK

    @property
    def hazes(self) -> tuple[Haze, ...]:
        """What veils the site zones; nothing where the change witness cannot speak."""
        return self.change.hazes if self.change is not None and self.change_speaks else ()

    def parts(self, *class_names: str) -> tuple[Part, ...]:
        """The detections of the named classes, the surest first.

        Their order does not depend on the order in which the detector gave them.
        """
        if not self._parts:
            self._parts.update(self._parts_by_class())
        found = [part for name in class_names for part in self._parts.get(name, ())]
        return tuple(sorted(found, key=_surest_first))

    def to_fractions(self, box: Box) -> Box:
        """A box in pixels of the source frame, as fractions of it, cut at the frame's edges."""
        x1, x2 = (min(max(x / self.width, 0.0), 1.0) for x in (box.x1, box.x2))
        y1, y2 = (min(max(y / self.height, 0.0), 1.0) for y in (box.y1, box.y2))
        return Box(x1, y1, x2, y2)

    def to_pixels(self, fraction_box: Box) -> Box:
        """A box in fractions, in pixels of the source frame."""
        return fraction_box.scaled(self.width, self.height)

    def changed_share(self, fraction_box: Box) -> float | None:
        """Share of a box that differs from the reference view; none where change is silent."""
        if self.change is None or not self.change_speaks:
            return None
        return self.change.changed_share(self.to_pixels(fraction_box))

    def _parts_by_class(self) -> dict[str, tuple[Part, ...]]:
        found: dict[str, list[Part]] = {}
        for detection in self.detections:
            part = Part(
                class_name=detection.class_name,
                score=detection.score,
                support=self._support(detection.class_name, detection.score),
                fraction_box=self.to_fractions(detection.box),
            )
            found.setdefault(part.class_name, []).append(part)
        # The nameless entry tells a frame without detections from one not yet looked at.
        return {"": ()} | {name: tuple(parts) for name, parts in found.items()}

    def _support(self, class_name: str, score: float) -> float:
        """How much a score counts.

        The square of its share of the class's threshold: a detection at the threshold counts
        whole, at half of it a quarter, so weak detections help but noise does not add up.
        """
        threshold = self.thresholds.get(class_name, DEFAULT_THRESHOLD)
        return min(score / threshold, 1.0) ** 2 if threshold > 0 else 1.0


def share_in_zone(fraction_box: Box, zone: Zone) -> float:
    """Share of a box (fractions of the frame) that lies inside a zone, in [0, 1]."""
    return containment(fraction_box, zone.polygon)


def _surest_first(part: Part) -> tuple[float, str, tuple[float, float, float, float]]:
    return -part.score, part.class_name, part.fraction_box.xyxy
