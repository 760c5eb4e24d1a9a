# ruff: noqa: PLR0917 - a street is made of numbers; OpenCV is untyped
"""Writing H.264 video as a street camera does: regular keyframes, no B frames, yuv420p."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np

from models.street.scene import Picture


class VideoWriter:
    """An MP4 file that takes BGR pictures."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: int,
        crf: int = 26,
        key_seconds: int = 1,
        preset: str = "veryfast",
    ) -> None:
        """Open the file; size is (width, height) in pixels, both even."""
        gop = fps * key_seconds
        self._container = av.open(str(path), "w", options={"movflags": "faststart"})
        self._stream = self._container.add_stream("libx264", rate=fps)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = Fraction(1, fps)
        self._stream.gop_size = gop
        self._stream.max_b_frames = 0
        self._stream.thread_count = 1
        self._stream.options = {
            "crf": str(crf), "preset": preset, "bf": "0", "sc_threshold": "0",
            "x264-params": f"keyint={gop}:min-keyint={gop}:threads=1",
        }  # fmt: skip
        self._size = size
        self._count = 0

    def write(self, picture: Picture) -> None:
        """Append one BGR picture (height, width, 3)."""
        if (picture.shape[1], picture.shape[0]) != self._size:
            picture = np.asarray(
                cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), np.uint8
            )
        planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        frame = av.VideoFrame.from_ndarray(np.asarray(planes, np.uint8), format="yuv420p")
        frame.pts = self._count
        self._count += 1
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Flush and close the file."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()
