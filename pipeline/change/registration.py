"""Where the picture lies against the reference view: shift and small zoom of a nudged camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR_LEVELS = 8.0  # added before a logarithm: keeps sensor noise in the dark small
RELIEF_WINDOW_PX = 15  # coarse pixels: light varies on larger, texture on smaller scales
RELIEF_LIMIT = 0.4  # log units: a lamp may not outweigh the street
NEWTON_ROUNDS = 2  # of refinement; phase correlation has already come within half a pixel
SCALE_LIMIT = 0.015  # zoom that a nudge or a warm lens may cause
FINE_PX = 0.02  # a round that moved it by less was the last
SETTLED_PX = 0.12  # a shift that small is not worth an interpolation
SETTLED_SCALE = 0.001  # 0.16 coarse pixels at the border
ERROR_SCALE = 0.1  # log units: what moves or is new has little say
STEP = 3  # one pixel in nine fixes three numbers
MIN_FIT_PX = 100  # too little left of the picture to fit three numbers on
BETTER = 0.02  # correlation that another alignment must gain over the last one
SURE_CORRELATION = 0.5  # with as much as last time, nobody looks for another place


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where a point of the reference view lies in the picture, in coarse pixels.

    `picture = center + scale * (reference - center) + (dx, dy)`
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    correlation: float = 1.0  # of picture and reference relief after alignment, in [-1, 1]

    @property
    def shift(self) -> tuple[float, float]:
        """Right, down."""
        return self.dx, self.dy

    @property
    def length(self) -> float:
        """Coarse pixels."""
        return float(np.hypot(self.dx, self.dy))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as it would look from the reference's place."""
        return _warped(image, self.dx, self.dy, self.scale)

    def inside(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """True where the picture still shows the reference's pixel (rows, columns)."""
        rows, columns = shape
        cx, cy = (columns - 1) / 2, (rows - 1) / 2
        x = cx + self.scale * (np.arange(columns) - cx) + self.dx
        y = cy + self.scale * (np.arange(rows) - cy) + self.dy
        seen_x = (x >= -SETTLED_PX) & (x <= columns - 1 + SETTLED_PX)
        seen_y = (y >= -SETTLED_PX) & (y <= rows - 1 + SETTLED_PX)
        return np.asarray(seen_y[:, None] & seen_x[None, :], np.bool_)

    def undo(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the reference view, moved to where the picture shows it."""
        if self.length < 0.5:  # noqa: PLR2004 - half a pixel rounds to nothing
            return mask
        matrix = np.array([[1, 0, self.dx], [0, 1, self.dy]], np.float32)
        size = (mask.shape[1], mask.shape[0])
        moved = cv2.warpAffine(mask.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
        return moved.astype(np.bool_)


def log_of(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural logarithm of positive numbers, several times as fast as NumPy's."""
    return np.asarray(cv2.log(values), np.float32)


def relief_energy(of: NDArray[np.float32]) -> float:
    """Mean square of a relief (h x w)."""
    return float(cv2.norm(of, cv2.NORM_L2SQR)) / of.size


def relief(log: NDArray[np.float32]) -> NDArray[np.float32]:
    """Local relief of log brightness (h x w): less its neighbourhood's mean, clipped.

    Shadows, exposure and fog change it far less than brightness.
    """
    low = cv2.blur(log, (RELIEF_WINDOW_PX, RELIEF_WINDOW_PX))
    relief_of = np.clip(log - low, -RELIEF_LIMIT, RELIEF_LIMIT)
    return np.asarray(relief_of, np.float32)


class Registration:
    """Finds pictures against one reference relief (h x w)."""

    def __init__(self, reference: NDArray[np.float32], known: NDArray[np.bool_]) -> None:
        rows, columns = reference.shape
        self._reference = np.ascontiguousarray(reference[::STEP, ::STEP])
        self._known = known[::STEP, ::STEP]
        self._power = self._reference * self._reference
        half = (max(columns // 2, 2), max(rows // 2, 2))
        self._small = cv2.resize(reference, half, interpolation=cv2.INTER_AREA)
        self._window = cv2.createHanningWindow(half, cv2.CV_32F)
        self._zoom = (columns / half[0], rows / half[1])
        gx = cv2.Scharr(reference, cv2.CV_32F, 1, 0, scale=1 / 32)
        gy = cv2.Scharr(reference, cv2.CV_32F, 0, 1, scale=1 / 32)
        xs = np.arange(columns, dtype=np.float32) - np.float32((columns - 1) / 2)
        ys = np.arange(rows, dtype=np.float32) - np.float32((rows - 1) / 2)
        gx, gy = gx[::STEP, ::STEP], gy[::STEP, ::STEP]
        self._slopes = np.stack([gx, gy, gx * xs[::STEP] + gy * ys[::STEP, None]])

    def find(
        self, picture: NDArray[np.float32], usable: NDArray[np.bool_], before: Alignment
    ) -> Alignment:
        """The best alignment of a picture's relief (h x w), starting from the last one."""
        keep = usable[::STEP, ::STEP] & self._known
        best = self._scored(picture, keep, before)
        if best.correlation < max(before.correlation - BETTER, SURE_CORRELATION):
            best = self._elsewhere(picture, keep, best)
        refined = self._refined(picture, keep, best)
        return refined if refined.correlation > best.correlation else best

    def _elsewhere(
        self, picture: NDArray[np.float32], keep: NDArray[np.bool_], best: Alignment
    ) -> Alignment:
        """Where phase correlation finds the picture, if that is clearly better.

        It is cyclic and easily led by repeated patterns: it must prove better.
        """
        guess = self._coarse(picture)
        if abs(guess.dx - best.dx) + abs(guess.dy - best.dy) <= 0.5:  # noqa: PLR2004 - half a pixel
            return best
        guess = self._scored(picture, keep, guess)
        return guess if guess.correlation > best.correlation + BETTER else best

    def _coarse(self, picture: NDArray[np.float32]) -> Alignment:
        size = (self._small.shape[1], self._small.shape[0])
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        (dx, dy), _ = cv2.phaseCorrelate(self._small, small, self._window)
        return Alignment(dx=dx * self._zoom[0], dy=dy * self._zoom[1])

    def _scored(
        self, picture: NDArray[np.float32], keep: NDArray[np.bool_], guess: Alignment
    ) -> Alignment:
        warped = _warped(picture, guess.dx, guess.dy, guess.scale)[::STEP, ::STEP]
        a = warped * keep
        power = float(np.sqrt(np.vdot(a, a) * np.vdot(self._power, keep.astype(np.float32))))
        correlation = float(np.vdot(a, self._reference)) / power if power > 0 else 0.0
        return Alignment(dx=guess.dx, dy=guess.dy, scale=guess.scale, correlation=correlation)

    def _refined(
        self, picture: NDArray[np.float32], keep: NDArray[np.bool_], start: Alignment
    ) -> Alignment:
        """Gauss-Newton on shift and zoom (Lucas and Kanade's method)."""
        dx, dy, scale = start.dx, start.dy, start.scale
        if np.count_nonzero(keep) < MIN_FIT_PX:
            return start
        slopes = self._slopes.reshape(len(self._slopes), -1)
        for _ in range(NEWTON_ROUNDS):
            error = _warped(picture, dx, dy, scale)[::STEP, ::STEP] - self._reference
            weight = (keep / (1.0 + np.square(error / np.float32(ERROR_SCALE)))).astype(np.float32)
            error = error.ravel()
            weighted = slopes * weight.ravel()
            normal = weighted @ slopes.T + np.diag([1e-3, 1e-3, 1.0]).astype(np.float32)
            step = np.linalg.solve(normal, weighted @ error)
            dx, dy = dx - float(step[0]), dy - float(step[1])
            scale = float(np.clip(scale - step[2], 1 - SCALE_LIMIT, 1 + SCALE_LIMIT))
            if max(abs(step[0]), abs(step[1])) < FINE_PX:
                break
        return self._scored(picture, keep, Alignment(dx=dx, dy=dy, scale=scale))


def _warped(image: NDArray[Number], dx: float, dy: float, scale: float) -> NDArray[Number]:
    if max(abs(dx), abs(dy)) < SETTLED_PX and abs(scale - 1) < SETTLED_SCALE:
        return image
    rows, columns = image.shape[:2]
    cx, cy = (columns - 1) / 2, (rows - 1) / 2
    matrix = np.array(
        [[scale, 0, cx * (1 - scale) + dx], [0, scale, cy * (1 - scale) + dy]], np.float32
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, image.dtype)
