"""The coarse picture that the change witness works on, and the way between it and the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pipeline.frames import Frame
    from pipeline.geometry import Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A raster of `rows` x `columns` coarse pixels over a source frame of `width` x `height`.

    >>> grid = Grid(rows=180, columns=320, width=1920, height=1080)
    >>> int(grid.box_mask([Box(0, 0, 60, 60)]).sum())
    100
    """

    rows: int
    columns: int
    width: int  # pixels of the source frame
    height: int  # pixels of the source frame

    @classmethod
    def over(cls, frame: Frame, width_px: int) -> Grid:
        """The raster for a frame: at most `width_px` wide and never finer than the picture."""
        columns = min(width_px, frame.image.shape[1])
        rows = max(round(columns * frame.height / frame.width), 1)
        return cls(rows=rows, columns=columns, width=frame.width, height=frame.height)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rows, self.columns

    @property
    def x_scale(self) -> float:
        """Coarse pixels per source pixel, along x."""
        return self.columns / self.width

    @property
    def y_scale(self) -> float:
        """Coarse pixels per source pixel, along y."""
        return self.rows / self.height

    def shrink(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture (h x w x 3) at rows x columns x 3, each pixel the mean of what it covers."""
        if image.shape[:2] == self.shape:
            return image
        size = (self.columns, self.rows)
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def box_mask(
        self, boxes: Iterable[Box], *, grow: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)
    ) -> NDArray[np.bool_]:
        """True where a box covers any part of a pixel.

        Args:
            boxes: In source pixels; parts outside the frame are cut off.
            grow: Share of its size that each box gains on each side.
            shift: Coarse pixels (x, y) taken off each box: how far the picture was moved.
        """
        mask = np.zeros(self.shape, np.bool_)
        for box in boxes:
            grown = box.grown(grow, self.width, self.height) if grow else box
            x1 = int(np.floor(grown.x1 * self.x_scale - shift[0]))
            x2 = int(np.ceil(grown.x2 * self.x_scale - shift[0]))
            y1 = int(np.floor(grown.y1 * self.y_scale - shift[1]))
            y2 = int(np.ceil(grown.y2 * self.y_scale - shift[1]))
            mask[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = True
        return mask

    def polygon_mask(self, polygon: Polygon) -> NDArray[np.bool_]:
        """True inside a polygon given in fractions of the frame (as zones are)."""
        corners = [(x * self.columns - 0.5, y * self.rows - 0.5) for x, y in polygon.points]
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [np.rint(np.array(corners)).astype(np.int32)], 1)
        return mask.astype(np.bool_)

    def source_box(
        self, left: float, top: float, width: float, height: float, *, shift: tuple[float, float]
    ) -> Box:
        """A rectangle of coarse pixels, moved by `shift` coarse pixels, in source pixels."""
        x1, y1 = (left + shift[0]) / self.x_scale, (top + shift[1]) / self.y_scale
        x2, y2 = x1 + width / self.x_scale, y1 + height / self.y_scale
        return Box(
            min(max(x1, 0.0), self.width),
            min(max(y1, 0.0), self.height),
            min(max(x2, 0.0), self.width),
            min(max(y2, 0.0), self.height),
        )


def bounds(mask: NDArray[np.bool_], *, margin: int = 0) -> tuple[slice, slice]:
    """The rows and columns that hold all true pixels, with a margin as far as there is one.

    >>> bounds(np.array([[0, 0, 0], [0, 0, 1]], np.bool_), margin=1)
    (slice(0, 2, None), slice(1, 3, None))
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(top - margin, 0), min(top + height + margin, mask.shape[0]))
    return rows, slice(max(left - margin, 0), min(left + width + margin, mask.shape[1]))
