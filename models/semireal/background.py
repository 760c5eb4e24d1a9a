"""A real fixed-camera clip as an endless background: played to and fro, without a jump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from models.composites.harmony import Look, look_of

if TYPE_CHECKING:
    from pathlib import Path

Picture = NDArray[np.uint8]

FPS: Final = 5  # of the finished video: what bursts are decoded at, and enough for a street
MOST_FRAMES: Final = 600  # two minutes of background: 600 MB at 640 x 360
SEEN_OFTEN: Final = 60  # frames that the median is taken of
MOVES: Final = 26  # levels from the median: beyond noise and compression on all twelve clips
LEAST_MOVER_PX: Final = 24  # a smaller blob is noise


class ClipError(ValueError):
    """A clip cannot serve as a background; names the file and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """A clip at `FPS`."""

    frames: tuple[Picture, ...]
    usual: Picture  # its median: the street without what moves
    look: Look

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.usual.shape[1], self.usual.shape[0]

    def at(self, index: int) -> Picture:
        """Frame of the endless video: forth, back, forth ...; not to be written to.

        People walk backwards half of the time, which neither detector nor change witness minds;
        a cut or a cross-fade would be an event.
        """
        return self.frames[to_and_fro(index, len(self.frames))]

    def movers(self, index: int) -> list[tuple[int, NDArray[np.bool_]]]:
        """What moves in a frame: row of its foot in pixels, and its pixels (height, width)."""
        away = cv2.absdiff(self.at(index), self.usual).max(2)
        mask = (away > MOVES).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        count, names, facts, _ = cv2.connectedComponentsWithStats(mask)
        return [
            (
                int(facts[k, cv2.CC_STAT_TOP] + facts[k, cv2.CC_STAT_HEIGHT]),
                np.asarray(names == k, np.bool_),
            )
            for k in range(1, count)
            if facts[k, cv2.CC_STAT_AREA] >= LEAST_MOVER_PX
        ]


def to_and_fro(index: int, count: int) -> int:
    """Position in a clip that is played forth and back for ever.

    >>> [to_and_fro(i, 4) for i in range(9)]
    [0, 1, 2, 3, 2, 1, 0, 1, 2]
    """
    if count == 1:
        return 0
    around = index % (2 * count - 2)
    return around if around < count else 2 * count - 2 - around


def open_background(path: Path) -> Background:
    """Read a clip.

    Raises:
        ClipError: It is missing, holds no video, or nothing in it can be decoded.
    """
    frames: list[Picture] = []
    try:
        with av.open(str(path)) as container:
            due = 0.0
            for frame in container.decode(video=0):
                if frame.time is None or frame.time + 1e-6 < due:
                    continue
                due = max(due + 1 / FPS, frame.time)
                picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                # Video has colour at half the resolution: both sides are even.
                frames.append(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])
                if len(frames) == MOST_FRAMES:
                    break
    except (av.error.FFmpegError, OSError, IndexError) as exc:
        raise ClipError(f"{path}: cannot be read as a video: {exc}") from exc
    if not frames:
        raise ClipError(f"{path}: holds no picture")
    shown = np.stack(frames[:: max(1, len(frames) // SEEN_OFTEN)])
    usual = np.ascontiguousarray(np.median(shown, axis=0).astype(np.uint8))
    return Background(frames=tuple(frames), usual=usual, look=look_of(usual))
