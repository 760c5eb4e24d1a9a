"""Letterbox: a picture scaled and padded to a network's input, and boxes mapped back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.detection.card import NetworkInput

_MAX_LEVEL = 255  # of an 8-bit picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterbox:
    """Where a picture lies inside a network's input. All lengths in pixels.

    The scales of the two axes may differ by the rounding of the scaled picture to whole pixels;
    each is kept, so that boxes come back to where they were.
    """

    image_width: int
    image_height: int
    scaled_width: int
    scaled_height: int
    left: int  # bar to the left of the scaled picture
    top: int  # bar above it
    width: int  # of the network's input
    height: int  # of the network's input

    @classmethod
    def fit(
        cls,
        image_size: tuple[int, int],
        *,
        limit: tuple[int, int],
        stride: int,
        fill: bool,
    ) -> Letterbox:
        """Place a picture, keeping its aspect, in the middle of the smallest input that holds it.

        Args:
            image_size: The picture's (width, height).
            limit: Largest (width, height) of the input, multiples of `stride`.
            stride: The input's sides are multiples of it.
            fill: Use the whole `limit`, as a network of fixed size needs it.

        >>> Letterbox.fit((640, 360), limit=(640, 640), stride=32, fill=False)
        ... # doctest: +NORMALIZE_WHITESPACE
        Letterbox(image_width=640, image_height=360, scaled_width=640, scaled_height=360,
                  left=0, top=12, width=640, height=384)
        """
        image_width, image_height = image_size
        scale = min(limit[0] / image_width, limit[1] / image_height)
        scaled_width = max(1, round(image_width * scale))  # a strip keeps at least one pixel
        scaled_height = max(1, round(image_height * scale))
        width, height = limit
        if not fill:
            width = math.ceil(scaled_width / stride) * stride
            height = math.ceil(scaled_height / stride) * stride
        return cls(
            image_width=image_width,
            image_height=image_height,
            scaled_width=scaled_width,
            scaled_height=scaled_height,
            left=(width - scaled_width) // 2,
            top=(height - scaled_height) // 2,
            width=width,
            height=height,
        )

    @property
    def x_scale(self) -> float:
        """Input pixels per picture pixel, along x."""
        return self.scaled_width / self.image_width

    @property
    def y_scale(self) -> float:
        """Input pixels per picture pixel, along y."""
        return self.scaled_height / self.image_height

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes N x 4 (x1, y1, x2, y2) of the picture, in pixels of the network's input."""
        return np.asarray(boxes * self._scales + self._shifts, np.float32)

    def to_image(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes N x 4 (x1, y1, x2, y2) of the network's input, in pixels of the picture.

        Not clipped: a box that reaches into the bars reaches out of the picture.
        """
        return np.asarray((boxes - self._shifts) / self._scales, np.float32)

    @property
    def _scales(self) -> NDArray[np.float64]:
        return np.array([self.x_scale, self.y_scale] * 2)

    @property
    def _shifts(self) -> NDArray[np.float64]:
        return np.array([self.left, self.top] * 2)


def to_blob(image: NDArray[np.uint8], box: Letterbox, network: NetworkInput) -> NDArray[np.float32]:
    """A picture as the network wants it.

    Args:
        image: height x width x 3, BGR, 0..255, of the size that `box` was fitted to.
        box: Where the picture goes.
        network: Channel order, range and grey level of the bars.

    Returns:
        1 x 3 x box.height x box.width; each value in `network.range`.
    """
    size = (box.scaled_width, box.scaled_height)
    if size != (box.image_width, box.image_height):
        # Averaging when shrinking, as the pictures that the networks learned from were shrunk.
        shrinks = size[0] < box.image_width
        image = np.asarray(
            cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
            np.uint8,
        )
    low, high = network.range
    factor = np.float32((high - low) / _MAX_LEVEL)
    right, bottom = box.left + size[0], box.top + size[1]
    blob = np.empty((1, 3, box.height, box.width), np.float32)
    bars = np.float32(low) + np.float32(network.pad) * factor
    blob[:, :, : box.top] = bars
    blob[:, :, bottom:] = bars
    blob[:, :, box.top : bottom, : box.left] = bars
    blob[:, :, box.top : bottom, right:] = bars
    # Split, then scale each plane where it belongs: a quarter of the time of one transposed copy.
    planes = cv2.split(image)
    for plane, target in zip(
        planes if network.channels == "BGR" else planes[::-1], blob[0], strict=True
    ):
        inside = target[box.top : bottom, box.left : right]
        np.multiply(plane, factor, out=inside)
        if low:
            inside += np.float32(low)
    return blob
