"""Cut-outs: things with alpha, from labelled boxes of real pictures or from our own renderer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import CLASSES, class_id
from models.composites.harmony import Alpha, Look, Picture, look_of, relight, soften
from models.street import tone
from models.street.actors import Casting
from models.street.labels import class_of
from models.street.sprites import Colours, Sprite, bank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MARGIN: Final = 0.35  # of the box around it, so that GrabCut learns the background
CORE: Final = 0.22  # of the box at each side that GrabCut may call background
ROUNDS: Final = 4  # of GrabCut; more changed nothing on the stalls set
CUT_PX: Final = 220  # GrabCut's working size: it is slow and outlines need no more
COVERS: Final = (0.4, 0.97)  # of the box: less is a fragment, more is the box itself
SPANS: Final = 0.85  # of the box's width and height that a good cut-out reaches
WHOLE: Final = 0.9  # of the cut-out that must be one piece
PART_INSIDE: Final = 0.8  # of a smaller labelled box that makes it a part of the thing
OPAQUE: Final = 128  # of 255
DAYLIGHT: Final = 0.9  # gain that our renderer's own day uses for sprites
# Heights in metres: of a stall with its parasol, of one without, of goods on the pavement.
STALL_M: Final = 2.2
LOW_STALL_M: Final = 1.6
GOODS_M: Final = 0.8
PARASOL_WIDTH_M: Final = 2.2
EVEN_LIGHT: Final = 118.0  # mean grey of our renderer's own day


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutOut:
    """A thing to paste."""

    kind: int  # class id
    picture: Picture
    alpha: Alpha
    height_m: float
    look: Look  # of the scene it was taken from
    origin: str  # where it came from, for the record
    # (N, 5) class id, x1, y1, x2, y2 in fractions of this picture: labelled parts of it
    parts: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 5), np.float32))

    def resized(self, per_metre: float) -> CutOut:
        """The same at a scale in pixels a metre."""
        factor = self.height_m * per_metre / self.picture.shape[0]
        size = (
            max(2, round(self.picture.shape[1] * factor)),
            max(2, round(self.picture.shape[0] * factor)),
        )
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return replace(
            self,
            picture=np.asarray(cv2.resize(self.picture, size, interpolation=how), np.uint8),
            alpha=np.clip(cv2.resize(self.alpha, size, interpolation=how), 0, 1).astype(np.float32),
        )

    def mirrored(self) -> CutOut:
        """The same seen in a mirror."""
        parts = self.parts.copy()
        parts[:, [1, 3]] = 1 - parts[:, [3, 1]]
        return replace(
            self,
            picture=np.ascontiguousarray(self.picture[:, ::-1]),
            alpha=np.ascontiguousarray(self.alpha[:, ::-1]),
            parts=parts,
        )


def cut_out(
    picture: Picture, labels: NDArray[np.float32], index: int, origin: str
) -> CutOut | None:
    """Cut a labelled thing out of its picture with GrabCut.

    Args:
        picture: The whole picture.
        labels: (N, 5) class id, x1, y1, x2, y2 in fractions.
        index: Which label.
        origin: Written into the cut-out.

    Returns:
        The cut-out, or none where the outline is poor (fragment, box, several pieces).
    """
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = _pixels(labels[index, 1:], width, height)
    margin_x, margin_y = int(MARGIN * (x2 - x1)) + 4, int(MARGIN * (y2 - y1)) + 4
    left, top = max(0, x1 - margin_x), max(0, y1 - margin_y)
    around = picture[top : min(height, y2 + margin_y), left : min(width, x2 + margin_x)]
    inner = (x1 - left, y1 - top, x2 - left, y2 - top)
    mask = _grab(around, inner)
    if mask is None:
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    a, b, c, d = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    soft = cv2.GaussianBlur(mask[b:d, a:c].astype(np.float32) / 255, (0, 0), 0.8)
    own = np.array([(left + a) / width, (top + b) / height, (left + c) / width, (top + d) / height])
    kind = int(labels[index, 0])
    parts = _parts_inside(labels, index, own.astype(np.float32))
    has_parasol = bool((parts[:, 0] == class_id("umbrella")).any())
    metres = {
        class_id("stall"): STALL_M if has_parasol else LOW_STALL_M,
        class_id("umbrella"): PARASOL_WIDTH_M * (d - b) / (c - a),
    }.get(kind, GOODS_M)
    return CutOut(
        kind=kind,
        picture=np.ascontiguousarray(around[b:d, a:c]),
        alpha=soft.astype(np.float32),
        height_m=float(metres),
        look=look_of(picture),
        origin=origin,
        parts=parts,
    )


def _pixels(box: NDArray[np.float32], width: int, height: int) -> tuple[int, int, int, int]:
    """A box in fractions as whole pixels."""
    x1, y1, x2, y2 = (float(v) for v in box)
    return round(x1 * width), round(y1 * height), round(x2 * width), round(y2 * height)


def _grab(around: Picture, inner: tuple[int, int, int, int]) -> NDArray[np.uint8] | None:
    """GrabCut of what a box holds: 0 or 255 in the size of `around`, none where it is poor."""
    x1, y1, x2, y2 = inner
    scale = min(1.0, CUT_PX / max(around.shape[:2]))
    small = cv2.resize(around, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    a, b, c, d = (int(v * scale) for v in inner)
    mask = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    mask[b:d, a:c] = cv2.GC_PR_FGD
    dx, dy = int((c - a) * CORE), int((d - b) * CORE)
    mask[b + dy : d - dy, a + dx : c - dx] = cv2.GC_FGD
    if (mask == cv2.GC_BGD).all() or not (mask == cv2.GC_BGD).any():
        return None
    cv2.setRNGSeed(0)  # GrabCut seeds its clusters from OpenCV's own generator
    empty = np.zeros((1, 65), np.float64)
    cv2.grabCut(small, mask, (0, 0, 1, 1), empty, empty.copy(), ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    count, names, facts, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:  # noqa: PLR2004 (background alone)
        return None
    largest = 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())
    if facts[largest, cv2.CC_STAT_AREA] < WHOLE * found.sum():
        return None
    piece = np.where(names == largest, 255, 0).astype(np.uint8)
    full = cv2.resize(piece, (around.shape[1], around.shape[0]), interpolation=cv2.INTER_LINEAR)
    solid = np.where(full >= OPAQUE, 255, 0).astype(np.uint8)
    area = float((solid > 0).sum()) / max((x2 - x1) * (y2 - y1), 1)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    spans = (
        np.ptp(columns) >= SPANS * (x2 - x1) and np.ptp(rows) >= SPANS * (y2 - y1)
        if len(rows)
        else False
    )
    return solid if spans and COVERS[0] <= area <= COVERS[1] else None


def _parts_inside(
    labels: NDArray[np.float32], index: int, own: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Other labels that lie mostly inside a cut-out, in fractions of it."""
    side = own[2:] - own[:2]
    rows = []
    for i, row in enumerate(labels):
        inner = np.concatenate([np.maximum(row[1:3], own[:2]), np.minimum(row[3:], own[2:])])
        shared = float(np.maximum(inner[2:] - inner[:2], 0).prod())
        if i != index and shared >= PART_INSIDE * float((row[3:] - row[1:3]).prod()):
            rows.append([row[0], *((inner[:2] - own[:2]) / side), *((inner[2:] - own[:2]) / side)])
    return np.array(rows, np.float32).reshape(-1, 5)


def rendered(name: str, rng: np.random.Generator) -> CutOut:
    """One of our renderer's actors, in a random colour and view.

    Args:
        name: As `models.street.sprites.bank` knows it.
        rng: Chooses.
    """
    views = bank().sprites[name]
    return of_sprite(views[int(rng.integers(len(views)))], colours_of(name, rng), rng)


def colours_of(name: str, rng: np.random.Generator) -> Colours:
    """Random clothes for people, paint for everything else."""
    casting = Casting(rng)
    people = bank().sprites[name][0].family == "people"
    return casting.clothes() if people else casting.paint(name)


def of_sprite(sprite: Sprite, colours: Colours, rng: np.random.Generator) -> CutOut:
    """One view of one of our renderer's actors."""
    colour, alpha = bank().paint(sprite, colours, bool(rng.random() < 0.5))  # noqa: PLR2004
    lit = tone.relight(colour, np.full(3, DAYLIGHT, np.float32))
    rows, columns = np.flatnonzero((alpha > OPAQUE).any(1)), np.flatnonzero((alpha > OPAQUE).any(0))
    x1, y1, x2, y2 = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    span = np.array([x2 - x1, y2 - y1] * 2, np.float32)
    corner = np.array([x1, y1] * 2, np.float32)
    parts = [
        [class_id(part), *((np.array(box, np.float32) - corner) / span)]
        for part, box in sprite.parts.items()
        if part in CLASSES
    ]
    fractions = np.array(parts, np.float32).reshape(-1, 5)
    fractions[:, 1:] = np.clip(fractions[:, 1:], 0, 1)
    return CutOut(
        kind=class_id(class_of(sprite.name)),
        picture=np.ascontiguousarray(lit[y1:y2, x1:x2]),
        alpha=(alpha[y1:y2, x1:x2] / np.float32(255)).astype(np.float32),
        height_m=float((y2 - y1) / sprite.per_metre),
        look=Look(
            mean=np.array([EVEN_LIGHT, 128.0, 131.0], np.float32),
            spread=np.array([50.0, 8.0, 10.0], np.float32),  # of the renderer's own day pictures
            sharpness=1.0,
            noise=0.0,
            white=np.full(3, 230.0, np.float32),
        ),
        origin=f"rendered:{sprite.name}",
        parts=fractions,
    )


def settled(thing: CutOut, per_metre: float, look: Look, rng: np.random.Generator) -> CutOut:
    """A cut-out at a scale in pixels a metre, as a scene's camera would have taken it."""
    sized = thing.resized(per_metre)
    lit = relight(sized.picture, sized.look, look)
    return replace(sized, picture=soften(lit, sized.alpha, look, rng), look=look)


def assembled(parasol: CutOut, below: CutOut, rng: np.random.Generator) -> CutOut:
    """A stall put together: a real parasol on a drawn pole over real or rendered goods.

    Args:
        parasol: Its canopy.
        below: What stands under it.
        rng: Chooses where the pole stands.
    """
    per_metre = parasol.picture.shape[1] / PARASOL_WIDTH_M
    cloth, wares = parasol.resized(per_metre), below.resized(per_metre)
    total = round(STALL_M * per_metre)
    rows, columns = cloth.alpha.shape
    wares_rows, wares_columns = wares.alpha.shape
    width = max(columns, wares_columns)
    height = max(total, wares_rows)
    picture = np.zeros((height, width, 3), np.uint8)
    alpha = np.zeros((height, width), np.float32)
    pole = width // 2 + int(rng.uniform(-0.1, 0.1) * columns)
    thick = max(1, round(0.05 * per_metre))
    grey = int(rng.integers(90, 190))
    cv2.rectangle(picture, (pole, rows // 2), (pole + thick, height - 1), (grey,) * 3, -1)
    alpha[rows // 2 :, pole : pole + thick + 1] = 1
    at = int(rng.uniform(0, max(width - wares_columns, 0) + 1))
    _lay_over(picture, alpha, wares, at, height - wares_rows)
    left = (width - columns) // 2
    _lay_over(picture, alpha, cloth, left, 0)
    frame = np.array([width, height, width, height], np.float32)
    rows_of = [
        [parasol.kind, *(np.array([left, 0, left + columns, rows]) / frame)],
        [
            below.kind if below.kind != class_id("stall") else class_id("goods"),
            *(np.array([at, height - wares_rows, at + wares_columns, height]) / frame),
        ],
    ]
    return CutOut(
        kind=class_id("stall"),
        picture=picture,
        alpha=alpha,
        height_m=height / per_metre,
        look=parasol.look,
        origin=f"{parasol.origin}+{below.origin}",
        parts=np.array(rows_of, np.float32),
    )


def _lay_over(picture: Picture, alpha: Alpha, thing: CutOut, left: int, top: int) -> None:
    """Draw a cut-out over another one in the making, in place."""
    rows, columns = thing.alpha.shape
    cut = (slice(top, top + rows), slice(left, left + columns))
    weight = thing.alpha[cut[0].start - top : picture.shape[0] - top, : picture.shape[1] - left]
    part = picture[cut]
    weight = weight[: part.shape[0], : part.shape[1]]
    colour = thing.picture[: part.shape[0], : part.shape[1]]
    part[:] = (part * (1 - weight[..., None]) + colour * weight[..., None]).astype(np.uint8)
    alpha[cut] = np.maximum(alpha[cut], weight)


def usable(cuts: Sequence[CutOut], kind: str) -> list[CutOut]:
    """Those of one class."""
    return [c for c in cuts if c.kind == class_id(kind)]
