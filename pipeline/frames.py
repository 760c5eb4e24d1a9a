"""One captured picture with its camera and its two times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import FrameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHANNELS = 3


def require_utc(instant: datetime, what: str) -> datetime:
    """Return the instant if it is in UTC.

    Raises:
        FrameError: It is naive or in another time zone.
    """
    if instant.utcoffset() != timedelta(0):
        raise FrameError(
            f"{what} must be an instant in UTC, got {instant.isoformat()};"
            " use datetime.now(UTC) or .astimezone(UTC)"
        )
    return instant


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One captured picture.

    The picture may have been scaled on the way (keyframes come scaled to the network's input);
    boxes and zones are always in pixels of the source, so `width` and `height` tell the size the
    camera sent.

    Raises:
        FrameError: The picture is not height x width x 3 of uint8 or is empty, the instant is naive
            or not UTC, the seconds are not finite, or the picture's shape is not the source's.
    """

    image: NDArray[np.uint8]  # height x width x 3, BGR, 0..255
    camera_id: str
    captured_at: datetime  # UTC
    seconds: float  # of the stream's own monotonic clock; only differences have a meaning
    width: int  # pixels of the source frame
    height: int  # pixels of the source frame
    is_keyframe: bool = True

    def __post_init__(self) -> None:
        """Refuse what is not a picture."""
        image = self.image
        if image.dtype != np.uint8 or image.ndim != CHANNELS or image.shape[2] != CHANNELS:
            raise FrameError(
                "a frame is an array height x width x 3 of uint8 (BGR),"
                f" got shape {image.shape} of {image.dtype}"
            )
        if 0 in image.shape or self.width <= 0 or self.height <= 0:
            raise FrameError(f"a frame cannot be empty: {image.shape}, {self.width}x{self.height}")
        require_utc(self.captured_at, "captured_at")
        if not math.isfinite(self.seconds):
            raise FrameError(f"seconds must be a finite number, got {self.seconds}")

    @property
    def x_scale(self) -> float:
        """Pixels of the picture in hand per source pixel, along x."""
        return float(self.image.shape[1]) / self.width

    @property
    def y_scale(self) -> float:
        """Pixels of the picture in hand per source pixel, along y."""
        return float(self.image.shape[0]) / self.height
