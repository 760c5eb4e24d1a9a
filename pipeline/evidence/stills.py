"""Stills: the best picture for each role of a template, and close-ups cut from them.

A still is the frame as decoded, fixed as a JPEG file: nothing is drawn on it, its size is kept.
Where the set also holds the camera's own packet of that picture, the still is a derivative of it. A
close-up is a derivative, cut from the still's own decoded pixels, so that anybody can cut it again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.candidate import ItemKind
from pipeline.errors import EvidenceError
from pipeline.evidence.bundle import EvidenceFile
from pipeline.evidence.manifest import Method, Operation
from pipeline.evidence.templates import View
from pipeline.geometry import Box
from pipeline.quality import measured_grey, sharpness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.candidate import TemplateResult
    from pipeline.evidence.templates import EvidenceTemplate, Need
    from pipeline.frames import Frame

JPEG_MEDIA_TYPE = "image/jpeg"
# Visually without loss for text and plates; every option that could differ between runs is fixed.
# Full colour resolution costs about 12 % more bytes than 4:2:0 and halves the largest error (35 to
# 20 grey levels on real street clips), mostly at red and blue letters.
JPEG_QUALITY = 95
_JPEG_OPTIONS = (
    *(cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY),
    *(cv2.IMWRITE_JPEG_PROGRESSIVE, 0),
    *(cv2.IMWRITE_JPEG_OPTIMIZE, 0),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)
_CLOSE_UP_MARGIN = 0.15  # of the subject's size on each side: what it stands on and beside
_CLIPPED_DARK, _CLIPPED_BRIGHT = 8, 247  # grey levels beyond which 8-bit video holds no detail
_COVER_GRID = 64  # cells along each side of the subject when occluders are counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """A frame that might serve, with where the subject is and what may hide it."""

    frame: Frame
    subject: Box  # in pixels of the source frame
    occluders: tuple[Box, ...] = ()  # people and vehicles in front, in pixels of the source frame
    method: Method = Method.DECODED_FRAME


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotScore:
    """How well a shot shows its subject; each figure in [0, 1], more is better."""

    sharpness: float  # of the subject, relative to the sharpest of the shots compared
    exposure: float  # share of the subject's pixels that are neither black nor burnt out
    visibility: float  # share of the subject that no occluder covers

    @property
    def total(self) -> float:
        """The product: a shot is as good as its worst side lets it be."""
        return self.sharpness * self.exposure * self.visibility


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Still:
    """A picture of the set and the part of the source frame that it shows."""

    file: EvidenceFile
    view: Box  # in pixels of the source frame

    def to_picture(self, box: Box, width: int, height: int) -> Box:
        """A box of the source frame in pixels of this picture, which has that width and height."""
        moved = Box(
            box.x1 - self.view.x1,
            box.y1 - self.view.y1,
            box.x2 - self.view.x1,
            box.y2 - self.view.y1,
        )
        return moved.scaled(width / self.view.width, height / self.view.height)

    def to_source(self, box: Box, width: int, height: int) -> Box:
        """The reverse: what was found in this picture, in pixels of the source frame."""
        scaled = box.scaled(self.view.width / width, self.view.height / height)
        return Box(
            scaled.x1 + self.view.x1,
            scaled.y1 + self.view.y1,
            scaled.x2 + self.view.x1,
            scaled.y2 + self.view.y1,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StillSet:
    """The pictures of one act, in the template's order, and whether they suffice."""

    stills: tuple[Still, ...]
    result: TemplateResult

    @property
    def files(self) -> tuple[EvidenceFile, ...]:
        """The files for `EvidenceBuilder.build`."""
        return tuple(still.file for still in self.stills)


def make_stills(template: EvidenceTemplate, shots: Mapping[str, Sequence[Shot]]) -> StillSet:
    """Choose and encode the pictures that a template asks for.

    Args:
        template: See `templates.template_for`.
        shots: For each role some neighbouring frames of its instant. A close-up without shots of
            its own is cut from the still that shows the subject best.

    Raises:
        EvidenceError: A subject lies outside its frame, or a picture cannot be encoded.
    """
    chosen: dict[str, tuple[Shot, Still]] = {}
    for need in template.needs:
        if need.view is View.WHOLE and shots.get(need.role):
            used = {id(shot.frame) for shot, _ in chosen.values()}
            candidates = shots[need.role]
            # Two roles need two pictures where there is a choice.
            fresh = [shot for shot in candidates if id(shot.frame) not in used]
            shot = best_shot(fresh or candidates)
            chosen[need.role] = shot, still_of(shot, role=need.role, proves=need.proves)
    stills: list[Still] = []
    for need in template.needs:
        if need.role in chosen:
            stills.append(chosen[need.role][1])
        elif need.view is View.CLOSE_UP:
            stills += _close_up(need, shots.get(need.role, ()), tuple(chosen.values()))
    taken_at = {still.file.role: [still.file.captured_at] for still in stills}
    return StillSet(stills=tuple(stills), result=template.judge(taken_at))


def best_shot(shots: Sequence[Shot]) -> Shot:
    """The shot that shows its subject best; of equals, the earliest.

    Raises:
        EvidenceError: There is no shot, or a subject lies outside its frame.
    """
    if not shots:
        raise EvidenceError("there is no shot to choose from; decode some frames first")
    scores = score_shots(shots)
    order = sorted(range(len(shots)), key=lambda i: (-scores[i].total, shots[i].frame.captured_at))
    return shots[order[0]]


def score_shots(shots: Sequence[Shot]) -> tuple[ShotScore, ...]:
    """Score shots of one subject against each other.

    Raises:
        EvidenceError: A subject lies outside its frame.
    """
    greys = [measured_grey(_subject_pixels(shot)) for shot in shots]
    values = [sharpness(grey) for grey in greys]
    best = max(values, default=0.0)
    return tuple(
        ShotScore(
            sharpness=value / best if best > 0 else 1.0,
            exposure=float(((grey > _CLIPPED_DARK) & (grey < _CLIPPED_BRIGHT)).mean()),
            visibility=_visible_share(shot.subject, shot.occluders),
        )
        for shot, grey, value in zip(shots, greys, values, strict=True)
    )


def still_of(shot: Shot, *, role: str, proves: tuple[str, ...]) -> Still:
    """Fix a shot's whole frame as a file of the set.

    Raises:
        EvidenceError: The picture cannot be encoded.
    """
    frame = shot.frame
    height, width = frame.image.shape[:2]
    file = EvidenceFile(
        name=f"{role}.jpg",
        kind=ItemKind.STILL,
        role=role,
        media_type=JPEG_MEDIA_TYPE,
        content=encode_jpeg(frame.image),
        captured_at=frame.captured_at,
        frame_seconds=frame.seconds,
        method=shot.method,
        parameters={
            "jpeg_quality": JPEG_QUALITY,
            "width": width,
            "height": height,
            "source_width": frame.width,
            "source_height": frame.height,
        },
        proves=proves,
    )
    return Still(file=file, view=Box(0, 0, frame.width, frame.height))


def decoded_from(still: Still, original: EvidenceFile) -> Still:
    """The same still, as a derivative of the file that holds its picture as the camera coded it.

    Raises:
        EvidenceError: The still is a derivative already, or was captured at another instant.
    """
    file = still.file
    if file.method is not Method.DECODED_FRAME or file.captured_at != original.captured_at:
        raise EvidenceError(f"{file.name} is not a picture decoded from {original.name}")
    decoded = replace(
        file,
        method=Method.DERIVED,
        derived_from=original.name,
        operation=Operation.DECODE,
        parameters={"picture": 1, **file.parameters},  # the first one of the file
    )
    return replace(still, file=decoded)


def close_up_of(still: Still, subject: Box, *, role: str, proves: tuple[str, ...]) -> Still:
    """Cut a still to its subject, with a margin; a derivative of the still.

    Args:
        still: A still of a whole frame whose content is in memory.
        subject: In pixels of the source frame.
        role: What the close-up shows.
        proves: Codes for the manifest.

    Raises:
        EvidenceError: The subject lies outside the picture.
    """
    picture = decode_picture(still.file)
    height, width = picture.shape[:2]
    in_picture = still.to_picture(subject, width, height)
    if in_picture.intersection_area(Box(0, 0, width, height)) <= 0:
        raise EvidenceError(f"the subject {subject} lies outside the picture {still.file.name}")
    with_margin = in_picture.grown(_CLOSE_UP_MARGIN, width, height)
    x1, y1, x2, y2 = pixel_bounds(with_margin, width, height)
    x, y = still.view.width / width, still.view.height / height
    file = EvidenceFile(
        name=f"{role}.jpg",
        kind=ItemKind.CROP,
        role=role,
        media_type=JPEG_MEDIA_TYPE,
        content=encode_jpeg(picture[y1:y2, x1:x2]),
        captured_at=still.file.captured_at,
        frame_seconds=still.file.frame_seconds,
        method=Method.DERIVED,
        derived_from=still.file.name,
        operation=Operation.CROP,
        parameters={"x1": x1, "y1": y1, "x2": x2, "y2": y2, "jpeg_quality": JPEG_QUALITY},
        proves=proves,
    )
    return Still(file=file, view=Box(x1, y1, x2, y2).scaled(x, y))


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """JPEG of quality 95 from height x width x 3 (BGR); equal pictures give equal bytes.

    Raises:
        EvidenceError: The picture is empty or larger than JPEG allows.
    """
    try:
        done, encoded = cv2.imencode(".jpg", image, _JPEG_OPTIONS)
    except cv2.error as error:
        raise EvidenceError(f"a picture of shape {image.shape} cannot be encoded") from error
    if not done:
        raise EvidenceError(f"a picture of shape {image.shape} cannot be encoded")
    return encoded.tobytes()


def decode_picture(file: EvidenceFile) -> NDArray[np.uint8]:
    """The pixels (height x width x 3, BGR) of a picture of the set.

    Raises:
        EvidenceError: It is no picture, or lies on disk instead of in memory.
    """
    if not isinstance(file.content, bytes):
        raise EvidenceError(f"{file.name}: a picture in memory is needed, not a path")
    # Whatever orientation a file claims, the camera's rows stay rows.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(file.content, np.uint8), flags)
    if picture is None:
        raise EvidenceError(f"{file.name}: is not a picture that can be decoded")
    return picture.astype(np.uint8, copy=False)


def pixel_bounds(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The whole pixels that a box touches, cut at a width x height picture, as x1, y1, x2, y2.

    >>> pixel_bounds(Box(1.5, -3, 4.2, 2), 100, 100)
    (1, 0, 5, 2)
    """
    return (
        min(max(math.floor(box.x1), 0), width),
        min(max(math.floor(box.y1), 0), height),
        min(max(math.ceil(box.x2), 0), width),
        min(max(math.ceil(box.y2), 0), height),
    )


def _close_up(
    need: Need, shots: Sequence[Shot], chosen: Sequence[tuple[Shot, Still]]
) -> list[Still]:
    """The close-up and, where it comes from a frame of its own, that frame before it."""
    if shots:
        shot = best_shot(shots)
        still = next((still for other, still in chosen if other.frame is shot.frame), None)
        if still is None:
            still = still_of(shot, role=f"{need.role}_source", proves=need.proves)
            close_up = close_up_of(still, shot.subject, role=need.role, proves=need.proves)
            return [still, close_up]
    elif chosen:
        shot = best_shot([shot for shot, _ in chosen])
        still = next(still for other, still in chosen if other is shot)
    else:
        return []
    return [close_up_of(still, shot.subject, role=need.role, proves=need.proves)]


def _subject_pixels(shot: Shot) -> NDArray[np.uint8]:
    frame = shot.frame
    height, width = frame.image.shape[:2]
    box = shot.subject.scaled(frame.x_scale, frame.y_scale)
    x1, y1, x2, y2 = pixel_bounds(box, width, height)
    if x2 <= x1 or y2 <= y1:
        raise EvidenceError(
            f"the subject {shot.subject} lies outside its {frame.width}x{frame.height} frame"
        )
    return frame.image[y1:y2, x1:x2]


def _visible_share(subject: Box, occluders: Sequence[Box]) -> float:
    if subject.area <= 0:
        return 1.0
    covered = np.zeros((_COVER_GRID, _COVER_GRID), np.bool_)
    for occluder in occluders:
        if subject.intersection_area(occluder) > 0:
            moved = Box(
                max(occluder.x1 - subject.x1, 0),
                max(occluder.y1 - subject.y1, 0),
                max(occluder.x2 - subject.x1, 0),
                max(occluder.y2 - subject.y1, 0),
            ).scaled(_COVER_GRID / subject.width, _COVER_GRID / subject.height)
            x1, y1, x2, y2 = (round(min(v, _COVER_GRID)) for v in moved.xyxy)
            covered[y1:y2, x1:x2] = True
    return 1.0 - float(covered.mean())
