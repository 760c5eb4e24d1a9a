"""Redacted copies: heads of people and plates of other vehicles filled in beyond recovery.

Filled with one colour, not pixelated and not blurred. Both of those keep something of what was
there, and the text of a plate (few letters, known type face) or a face from a known set has been
read back from such remains by comparing. A fill of one constant colour keeps nothing: the redacted
picture is a function of what lies outside the regions alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, JsonValue

from pipeline.candidate import ItemKind
from pipeline.evidence.manifest import Method, Operation
from pipeline.evidence.stills import (
    JPEG_QUALITY,
    Still,
    decode_picture,
    encode_jpeg,
    pixel_bounds,
)
from pipeline.geometry import Box
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

FILL_COLOUR = (90, 90, 90)  # BGR; darker than a privacy mask's grey, so that the two can be told
Share = Annotated[float, Field(ge=0, le=1)]
_MOSTLY = 0.5  # share of a plate that must lie in a box to be taken for a part of it
PixelBounds = tuple[int, int, int, int]  # x1, y1, x2, y2; x2 and y2 not included


class Redacted(StrEnum):
    """What a region hides."""

    HEAD = "head"
    PLATE = "plate"


class RedactionSettings(Settings):
    """How generously heads and plates are covered; shares of the box of the person or vehicle."""

    # A standing person's head is about 1/7.5 of the height (drawing canon); twice that, because
    # boxes sit loosely and people stoop.
    head_share: Share = 0.28
    # A box that is wide for its height shows a person cut off below, sitting or riding: a head is
    # then about as high as 0.6 of the shoulders' width.
    head_share_of_width: Share = 0.75
    head_margin: Share = 0.1  # of the region's size, added on each side
    # Where a plate was not found it is assumed anywhere in the lower part of the vehicle.
    plate_band_share: Share = 0.5
    plate_margin: Share = 0.25  # of a found plate's size, added on each side
    subject_vehicle_iou: Share = 0.5  # a vehicle that overlaps the subject so far is the subject
    cover_heads_on_subject: bool = False  # true: privacy before view, heads hide parts of a stall


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One rectangle to be filled."""

    box: Box  # in pixels of the source frame
    hides: Redacted


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionPlan:
    """What to fill in pictures of one frame, and what never to touch."""

    regions: tuple[Region, ...]
    subject: Box | None  # in pixels of the source frame; none: there is nothing to spare
    cover_heads_on_subject: bool = False
    plates_left_clear: int = 0  # of vehicles and plates that are the subject or on it


def plan_redaction(
    *,
    people: Iterable[Box],
    vehicles: Iterable[Box],
    plates: Iterable[Box] = (),
    subject: Box | None,
    settings: RedactionSettings | None = None,
) -> RedactionPlan:
    """What to hide in a frame. All boxes are in pixels of the source frame.

    Args:
        people: Every person in the frame.
        vehicles: Every vehicle in the frame; the one that is the subject is recognised and spared.
        plates: Plates that were found. A vehicle without one loses its lower part.
        subject: What the evidence is about.
        settings: How generously to cover.
    """
    limits = settings or RedactionSettings()
    vehicles, plates = tuple(vehicles), tuple(plates)
    regions = [Region(box=_head(person, limits), hides=Redacted.HEAD) for person in people]
    left_clear = 0
    for vehicle in vehicles:
        is_subject = subject is not None and vehicle.iou(subject) >= limits.subject_vehicle_iou
        left_clear += is_subject
        if not is_subject and not _has_own_plate(vehicle, vehicles, plates):
            regions.append(Region(box=_plate_band(vehicle, limits), hides=Redacted.PLATE))
    for plate in plates:
        if subject is not None and plate.share_inside(subject) >= _MOSTLY:
            left_clear += 1
        else:
            widened = _widened(plate, limits.plate_margin)
            regions.append(Region(box=widened, hides=Redacted.PLATE))
    return RedactionPlan(
        regions=tuple(regions),
        subject=subject,
        cover_heads_on_subject=limits.cover_heads_on_subject,
        plates_left_clear=left_clear,
    )


def _has_own_plate(vehicle: Box, vehicles: tuple[Box, ...], plates: tuple[Box, ...]) -> bool:
    """Whether a found plate can only be this vehicle's: where boxes overlap, both get a band."""
    for plate in plates:
        owners = [other for other in vehicles if plate.share_inside(other) >= _MOSTLY]
        if owners == [vehicle]:
            return True
    return False


def redacted_copy(still: Still, plan: RedactionPlan) -> Still:
    """A copy of a still or close-up with the plan carried out; a derivative of it.

    Regions and operation are recorded in its parameters, in pixels of the picture.

    Raises:
        EvidenceError: The still's content is not a picture in memory.
    """
    picture = decode_picture(still.file)
    height, width = picture.shape[:2]
    subject = None
    if plan.subject is not None:
        subject = pixel_bounds(still.to_picture(plan.subject, width, height), width, height)
    rectangles: list[tuple[PixelBounds, Redacted]] = []
    left_clear = plan.plates_left_clear
    for region in plan.regions:
        bounds = pixel_bounds(still.to_picture(region.box, width, height), width, height)
        covers_all = region.hides is Redacted.HEAD and plan.cover_heads_on_subject
        pieces = [bounds] if covers_all or subject is None else outside(bounds, subject)
        left_clear += pieces != [bounds]
        rectangles += [(p, region.hides) for p in pieces if p[0] < p[2] and p[1] < p[3]]
    recorded: list[JsonValue] = [[*bounds, hides.value] for bounds, hides in rectangles]
    name = still.file.name.rpartition(".")[0]
    file = replace(
        still.file,
        name=f"{name}.redacted.jpg",
        kind=ItemKind.REDACTED,
        content=encode_jpeg(filled(picture, [bounds for bounds, _ in rectangles])),
        method=Method.DERIVED,
        derived_from=still.file.name,
        operation=Operation.REDACT,
        parameters={
            "regions": recorded,
            "fill_bgr": list(FILL_COLOUR),
            "spared": None if subject is None else list(subject),
            # Heads and plates of which something stays visible, since the subject lies there.
            "left_clear": left_clear,
            "jpeg_quality": JPEG_QUALITY,
        },
    )
    return Still(file=file, view=still.view)


def filled(picture: NDArray[np.uint8], rectangles: Iterable[PixelBounds]) -> NDArray[np.uint8]:
    """A copy of a picture (height x width x 3, BGR) with rectangles filled in one colour."""
    result = picture.copy()
    for x1, y1, x2, y2 in rectangles:
        result[y1:y2, x1:x2] = FILL_COLOUR
    return result


def outside(bounds: PixelBounds, spared: PixelBounds) -> list[PixelBounds]:
    """A rectangle without the part that lies in another: up to four rectangles.

    >>> outside((0, 0, 10, 10), (5, 5, 20, 20))
    [(0, 0, 10, 5), (0, 5, 5, 10)]
    """
    x1, y1, x2, y2 = bounds
    left, top = max(x1, spared[0]), max(y1, spared[1])
    right, bottom = min(x2, spared[2]), min(y2, spared[3])
    if left >= right or top >= bottom:
        return [bounds]
    pieces = [
        (x1, y1, x2, top),
        (x1, top, left, bottom),
        (right, top, x2, bottom),
        (x1, bottom, x2, y2),
    ]
    return [piece for piece in pieces if piece[0] < piece[2] and piece[1] < piece[3]]


def _head(person: Box, limits: RedactionSettings) -> Box:
    height = max(limits.head_share * person.height, limits.head_share_of_width * person.width)
    bottom = person.y1 + min(height, person.height)
    return _widened(Box(person.x1, person.y1, person.x2, bottom), limits.head_margin)


def _plate_band(vehicle: Box, limits: RedactionSettings) -> Box:
    top = vehicle.y2 - limits.plate_band_share * vehicle.height
    return Box(vehicle.x1, top, vehicle.x2, vehicle.y2)


def _widened(box: Box, share: float) -> Box:
    dx, dy = share * box.width, share * box.height
    return Box(box.x1 - dx, box.y1 - dy, box.x2 + dx, box.y2 + dy)
