"""Close looks: parts of the ad surfaces seen at a higher scale, now and then, in turn.

Triage scales the whole picture to the network's input, so a small poster far away is a dozen pixels
there. The order of calls:

1. `rule.observe(observation)` returns a `CloseLookRequest` when a tile's turn has come.
2. Decode the keyframe at or before its `seconds`, in full size; burn in the privacy masks; cut out
   its `fraction_box`; detect; make a `CloseLook` of what was found (`CloseLook.of`).
3. `rule.hear(look)`. No call for a request simply means that the tile was not looked at.

Signs do not move, so what a look showed holds until the tile's next look. Not having looked is not
absence; a look that does not show what an earlier one showed is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.geometry import Box
from pipeline.rules.observation import VEHICLE_CLASSES, Observation, Part
from pipeline.rules.settings import CloseLookSettings
from pipeline.zones import Zone

# Around a zone, in fractions of the frame: an ad counts when half of it lies on the surface.
ZONE_MARGIN = 0.03
# With a smaller gain the whole picture shows as much, and the look costs as much as a frame.
MIN_ZOOM = 1.25
ZOOM_STEP = 0.8  # of the zoom, until the tiles are few enough
# A box that ends within this share of a tile's side from a cut is a piece of something.
CUT_MARGIN = 0.01
# What a look showed holds for so many rounds: one look may fail without harm.
HOLD_ROUNDS = 2.5
# Of a spot that a tile holds, and that nobody covers, to have been looked at.
SEEN_SHARE = 0.9
MIN_COVER_SHARE = 0.5
# People and vehicles count from this support on: 0.7 of their class's threshold.
MIN_COVER_SUPPORT = 0.5
# Two boxes of one class that overlap so much are one sign; the surer one stays.
SAME_IOU = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLookRequest:
    """A part of a picture that a rule wants to see in full size."""

    tile: int  # which of the rule's tiles, from 0
    seconds: float  # of the stream's monotonic clock: the newest keyframe at or before it
    fraction_box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLook:
    """What one look showed, in fractions of the whole frame."""

    request: CloseLookRequest
    seconds: float  # of the picture looked at
    parts: tuple[Part, ...] = ()  # what is shown whole, the surest first
    people: tuple[Box, ...] = ()
    vehicles: tuple[Box, ...] = ()

    @classmethod
    def of(
        cls, request: CloseLookRequest, observation: Observation, class_names: Iterable[str]
    ) -> CloseLook:
        """Take the named classes from what was detected in the tile.

        Args:
            request: What was asked for.
            observation: The detections of the tile, in pixels of the source frame, with the
                picture's own times.
            class_names: Which of them to keep, less what the tile's border cuts.
        """
        whole = (
            part
            for part in observation.parts(*class_names)
            if not _is_cut(part.fraction_box, request.fraction_box)
        )
        kept: list[Part] = []
        for part in whole:
            if not any(_is_same(part, other) for other in kept):
                kept.append(part)
        return cls(
            request=request,
            seconds=observation.seconds,
            parts=tuple(kept),
            people=_sure(observation.parts("person")),
            vehicles=_sure(observation.parts(*VEHICLE_CLASSES)),
        )

    def saw(self, spot: Box) -> bool:
        """Whether a spot was in view: inside the tile, and not behind people or vehicles."""
        if spot.share_inside(self.request.fraction_box) < SEEN_SHARE:
            return False
        covered = sum(spot.share_inside(cover) for cover in self.people + self.vehicles)
        return covered < MIN_COVER_SHARE

    def without_lettering(self, vehicle_share: float) -> CloseLook:
        """The look without signs that lie by so much, in [0, 1], on a vehicle."""
        return replace(
            self,
            parts=tuple(
                part
                for part in self.parts
                if not any(
                    part.fraction_box.share_inside(vehicle) >= vehicle_share
                    for vehicle in self.vehicles
                )
            ),
        )


class CloseLooks:
    """The close looks of one camera: whose turn it is, and what the last ones showed.

    At most one word per tile is kept, and there are at most `settings.max_tiles`.
    """

    def __init__(self, zones: Iterable[Zone], settings: CloseLookSettings) -> None:
        self._zones = tuple(zones)
        self._settings = settings
        self._zoom = 0.0  # the tiles are for
        self._tiles: tuple[Box, ...] = ()
        self._asked: dict[int, float] = {}  # seconds of each tile's last turn
        self._words: dict[int, CloseLook] = {}

    @property
    def round_seconds(self) -> float:
        """From one look at a tile to the next, if none fails."""
        settings = self._settings
        return max(settings.revisit_seconds, settings.interval_seconds * len(self._tiles))

    def due(self, observation: Observation) -> CloseLookRequest | None:
        """The tile whose turn has come, if any; its turn then is over."""
        self._plan(observation.scale)
        if not self._tiles:
            return None
        now = observation.seconds
        if self._asked and now - max(self._asked.values()) < self._settings.interval_seconds:
            return None
        waits = [now - self._asked.get(tile, -math.inf) for tile in range(len(self._tiles))]
        tile = max(range(len(waits)), key=lambda i: (waits[i], -i))
        if waits[tile] < self._settings.revisit_seconds:
            return None
        self._asked[tile] = now
        return CloseLookRequest(tile=tile, seconds=now, fraction_box=self._tiles[tile])

    def hear(self, look: CloseLook) -> None:
        """Take in what a look showed; the tile's earlier word is over."""
        tile = look.request.tile
        if tile < len(self._tiles) and self._tiles[tile] == look.request.fraction_box:
            self._words[tile] = look

    def words(self, seconds: float) -> tuple[CloseLook, ...]:
        """What the last looks showed and still holds, by tile."""
        limit = HOLD_ROUNDS * self.round_seconds
        return tuple(
            self._words[tile]
            for tile in sorted(self._words)
            if 0 <= seconds - self._words[tile].seconds <= limit
        )

    def forget(self) -> None:
        """The picture shows something else than the zones were drawn on: no word holds."""
        self._words.clear()

    def _plan(self, scale: float) -> None:
        """Make the tiles anew if the camera's picture has another size."""
        # Never beyond the camera's own pixels: enlarging shows nothing new.
        zoom = min(self._settings.zoom, 1 / scale) if self._settings.enabled else 0.0
        if zoom == self._zoom:
            return
        self._zoom = zoom
        self._tiles = plan_tiles(self._zones, zoom, self._settings)
        self._asked.clear()
        self._words.clear()


def merged(parts: Iterable[Part], words: Iterable[CloseLook]) -> tuple[Part, ...]:
    """Signs of close looks that the whole picture, or another look, does not show as well.

    Args:
        parts: Of the whole picture.
        words: What the last looks showed.
    """
    kept: list[Part] = []
    known = list(parts)
    for part in sorted(
        (part for word in words for part in word.parts),
        key=lambda p: (-p.score, p.class_name, p.fraction_box.xyxy),
    ):
        if not any(_is_same(part, other) and other.support >= part.support for other in known):
            kept.append(part)
            known.append(part)
    return tuple(kept)


def plan_tiles(zones: Iterable[Zone], zoom: float, settings: CloseLookSettings) -> tuple[Box, ...]:
    """Tiles (fractions of the frame) that together show every zone, each `1 / zoom` wide and high.

    Zones that fit into one tile share it; a larger one gets several, which overlap. With more tiles
    than may be, the zoom is lowered; where little is gained, there are none.
    """
    zones = tuple(zones)
    while zoom >= MIN_ZOOM:
        tiles = _tiles_of(zones, 1 / zoom, settings.overlap_share)
        if len(tiles) <= settings.max_tiles:
            return tiles
        zoom *= ZOOM_STEP
    return ()


def _tiles_of(zones: tuple[Zone, ...], side: float, overlap: float) -> tuple[Box, ...]:
    groups: list[Box] = []
    for box in sorted((_with_margin(zone.polygon.bounds) for zone in zones), key=lambda b: b.xyxy):
        for i, group in enumerate(groups):
            both = group.union(box)
            if both.width <= side and both.height <= side:
                groups[i] = both
                break
        else:
            groups.append(box)
    tiles = {
        Box(x, y, x + side, y + side)
        for group in groups
        for x in _steps(group.x1, group.x2, side, overlap)
        for y in _steps(group.y1, group.y2, side, overlap)
    }
    shown = [tile for tile in tiles if any(zone.polygon.overlap_area(tile) > 0 for zone in zones)]
    return tuple(sorted(shown, key=lambda tile: tile.xyxy))


def _steps(low: float, high: float, side: float, overlap: float) -> list[float]:
    """Where tiles begin along one axis; all lie inside the frame."""
    last = 1 - side
    if high - low <= side:
        return [min(max((low + high - side) / 2, 0.0), last)]
    count = math.ceil((high - low - side) / (side * (1 - overlap))) + 1
    stride = (high - low - side) / (count - 1)
    return [min(low + i * stride, last) for i in range(count)]


def _with_margin(box: Box) -> Box:
    return Box(
        max(box.x1 - ZONE_MARGIN, 0.0),
        max(box.y1 - ZONE_MARGIN, 0.0),
        min(box.x2 + ZONE_MARGIN, 1.0),
        min(box.y2 + ZONE_MARGIN, 1.0),
    )


def _is_cut(box: Box, tile: Box) -> bool:
    """Whether a box ends at a border of the tile that is not the frame's own."""
    near_x, near_y = CUT_MARGIN * tile.width, CUT_MARGIN * tile.height
    return (
        (tile.x1 > 0 and box.x1 <= tile.x1 + near_x)
        or (tile.y1 > 0 and box.y1 <= tile.y1 + near_y)
        or (tile.x2 < 1 and box.x2 >= tile.x2 - near_x)
        or (tile.y2 < 1 and box.y2 >= tile.y2 - near_y)
    )


def _sure(parts: tuple[Part, ...]) -> tuple[Box, ...]:
    return tuple(part.fraction_box for part in parts if part.support >= MIN_COVER_SUPPORT)


def _is_same(part: Part, other: Part) -> bool:
    overlap = part.fraction_box.iou(other.fraction_box)
    return part.class_name == other.class_name and overlap >= SAME_IOU
