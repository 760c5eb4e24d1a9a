"""A composite in the making: a background, what has been pasted on it, and what is labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import class_id
from models.composites.cutouts import settled
from models.composites.harmony import SOLID, Layer, box_of, lay
from models.composites.walls import hides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.composites.bases import Base
    from models.composites.cutouts import CutOut

HIDDEN: Final = 0.6  # of an older label that a paste may cover before the label goes
LEAST_PART_PX: Final = 5  # a part smaller than this after scaling is not labelled
LEAST_SEEN: Final = 0.3  # of a part that must be inside the picture
OPAQUE: Final = 178  # of 255: through less one still sees what it was
SHADOW: Final = 0.5  # of the light that is missing right under a thing


class Canvas:
    """A background with what has been pasted on it so far.

    Args:
        base: The background; its picture is copied.
        rng: Of this composite.
    """

    def __init__(self, base: Base, rng: np.random.Generator) -> None:
        self.base = base
        self.rng = rng
        self.picture = base.picture.copy()
        self.labels: list[tuple[int, NDArray[np.float32]]] = [
            (int(row[0]), row[1:].copy()) for row in base.labels
        ]
        self.made_of: list[str] = []  # "class < origin", for the record

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.shape[1], self.picture.shape[0]

    @property
    def taken(self) -> NDArray[np.float32]:
        """(N, 4) boxes in fractions of all that is labelled so far, and of what is greyed out."""
        boxes = np.array([box for _, box in self.labels], np.float32).reshape(-1, 4)
        return np.vstack([boxes, self.base.unknown])

    def paste(self, layer: Layer, kind: int | None, origin: str, solid: float = SOLID) -> bool:
        """Blend a layer in and label it.

        Args:
            layer: What to paste.
            kind: Its class id; none: a twin that must not be found.
            origin: For the record.
            solid: Alpha from which a pixel belongs to it.

        Returns:
            Whether anything of it is inside the picture.
        """
        box = box_of(layer, self.size, solid)
        if box is None:
            return False
        self._forget_hidden(layer)
        lay(self.picture, layer)
        if kind is not None:
            self.labels.append((kind, box))
        self.made_of.append(f"{'-' if kind is None else kind} < {origin}")
        return True

    def stand(self, thing: CutOut, foot_px: tuple[float, float], per_metre: float) -> bool:
        """Stand a cut-out on the ground with its contact shadow, and label it with its parts.

        Args:
            thing: What stands.
            foot_px: Column of its middle and row of its foot.
            per_metre: Pixels a metre has there.
        """
        sized = settled(thing, per_metre, self.base.look, self.rng)
        rows, columns = sized.alpha.shape
        left, top = round(foot_px[0] - columns / 2), round(foot_px[1] - rows)
        self._shade((foot_px[0], foot_px[1]), columns)
        layer = Layer(picture=sized.picture, alpha=sized.alpha, left=left, top=top)
        if not self.paste(layer, sized.kind, sized.origin):
            return False
        for part in sized.parts:
            self._label_part(part, (left, top, columns, rows))
        return True

    def _label_part(self, part: NDArray[np.float32], at: tuple[int, int, int, int]) -> None:
        """Label a part of a thing that stands at left, top, width, height."""
        width, height = self.size
        left, top, columns, rows = at
        x1, x2 = left + part[1] * columns, left + part[3] * columns
        y1, y2 = top + part[2] * rows, top + part[4] * rows
        whole = max(float((x2 - x1) * (y2 - y1)), 1e-6)
        x1, x2 = (float(np.clip(v, 0, width)) for v in (x1, x2))
        y1, y2 = (float(np.clip(v, 0, height)) for v in (y1, y2))
        if min(x2 - x1, y2 - y1) < LEAST_PART_PX or (x2 - x1) * (y2 - y1) < LEAST_SEEN * whole:
            return
        box = np.array([x1 / width, y1 / height, x2 / width, y2 / height], np.float32)
        self.labels.append((int(part[0]), box))

    def _forget_hidden(self, layer: Layer) -> None:
        """Drop labels of what a layer hides."""
        width, height = self.size
        flat = Layer(
            picture=np.full((*layer.alpha.shape, 3), 255, np.uint8),
            alpha=layer.alpha,
            left=layer.left,
            top=layer.top,
        )
        shown = np.zeros((height, width, 3), np.uint8)
        lay(shown, flat)
        sums = cv2.integral((shown[..., 0] > OPAQUE).astype(np.uint8))

        def hidden(box: NDArray[np.float32]) -> float:
            x1, x2 = int(box[0] * width), max(int(box[2] * width), int(box[0] * width) + 1)
            y1, y2 = int(box[1] * height), max(int(box[3] * height), int(box[1] * height) + 1)
            x2, y2 = min(x2, width), min(y2, height)
            inside = int(sums[y2, x2]) - sums[y1, x2] - sums[y2, x1] + sums[y1, x1]
            return float(inside) / max((x2 - x1) * (y2 - y1), 1)

        self.labels = [(kind, box) for kind, box in self.labels if hidden(box) < HIDDEN]

    def _shade(self, foot_px: tuple[float, float], columns: int) -> None:
        """Darken the ground where a thing touches it."""
        width, height = self.size
        high = max(2.0, 0.1 * columns)
        x = (np.arange(width, dtype=np.float32) - foot_px[0]) / (0.52 * columns)
        y = (np.arange(height, dtype=np.float32) - foot_px[1]) / high
        near = np.exp(-((x[None] ** 4) + (y[:, None] ** 2)))
        dark = 1 - SHADOW * near[..., None]
        self.picture = (self.picture * dark).astype(np.uint8)

    def free(self, box: NDArray[np.float32], most: float) -> bool:
        """Whether a box (fractions) hides little of what is labelled."""
        return not hides(box, self.taken, most)

    def rows(self) -> NDArray[np.float32]:
        """(N, 5) class id, x1, y1, x2, y2 in fractions."""
        return np.array([[kind, *box] for kind, box in self.labels], np.float32).reshape(-1, 5)

    def count(self, kind: str) -> int:
        """How many labels of a class there are."""
        return sum(k == class_id(kind) for k, _ in self.labels)
