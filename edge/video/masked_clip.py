"""Clips of masked cameras: decoded, masked picture by picture, encoded again, and saying so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
from av.video.reformatter import Colorspace, VideoReformatter

from edge.errors import CorruptVideo
from edge.video.clip import (
    TICKS_PER_SECOND,
    TIME_BASE,
    ClipInfo,
    ClipMethod,
    describe,
    longest_of_one_format,
    mp4_file,
)
from edge.video.decode import MIN_HD_HEIGHT_PX, PictureScaler, decode_packets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from av.container import OutputContainer
    from numpy.typing import NDArray

    from edge.video.packets import CompressedPacket
    from edge.video.ring import PacketRing
    from pipeline.frames import Frame

# Of libx264. CRF 20 keeps plates legible (x264 calls 18 visually lossless, 23 its default); a
# keyframe every 50 pictures lets a reviewer jump by 2 s.
ENCODER_OPTIONS = {"preset": "veryfast", "crf": "20", "g": "50"}
NOMINAL_RATE = 25  # only a hint to the encoder; every picture carries its own time


def reencode_masked(
    ring: PacketRing,
    begin_seconds: float,
    end_seconds: float,
    path: Path,
    mask: Callable[[Frame], NDArray[np.uint8]],
) -> ClipInfo:
    """Write [begin, end] as MP4 with every picture passed through a mask.

    No packet of the camera is in the file: what the mask hides cannot be got back from it. As
    `cut_clip` otherwise, except that the clip begins at `begin_seconds`, not at a keyframe.

    Args:
        ring: The camera's packets.
        begin_seconds: On the reader's clock (`Frame.seconds`).
        end_seconds: On the reader's clock.
        path: Of the MP4 file; an existing one is replaced.
        mask: Gets each frame in full resolution, gives the picture to write: the same shape, BGR.

    Raises:
        SpanNotInRing: No packet is shown within the span.
        CorruptVideo: None of the pictures could be decoded.
        ClipError: The file cannot be written.
    """
    asked = ring.span(begin_seconds, end_seconds)
    packets = longest_of_one_format(asked)
    written: list[CompressedPacket] = []
    with mp4_file(path) as container:
        encoder: PictureEncoder | None = None
        for packet, frame in _frames(packets, begin_seconds, end_seconds):
            if encoder is None:
                encoder = PictureEncoder(container, frame)
            if not encoder.fits(frame):
                break
            encoder.encode(frame, mask(frame))
            written.append(packet)
        if encoder is None:
            raise CorruptVideo(
                f"none of the {len(packets)} packets from {begin_seconds:.2f} to"
                f" {end_seconds:.2f} s could be decoded; the camera's stream is damaged there"
            )
        encoder.finish()
    is_complete = len(packets) == len(asked) and packets[0].seconds <= begin_seconds
    return describe(written, path, ClipMethod.REENCODED_MASKED, is_complete=is_complete)


def _frames(
    packets: tuple[CompressedPacket, ...], begin_seconds: float, end_seconds: float
) -> Iterator[tuple[CompressedPacket, Frame]]:
    scaler = PictureScaler(None)
    for picture in decode_packets(packets):
        packet: CompressedPacket = picture.opaque  # type: ignore[assignment] # by our decoder
        if begin_seconds <= packet.seconds <= end_seconds:
            yield packet, scaler.frame(picture)


class PictureEncoder:
    """Encodes pictures of one size into a container.

    Args:
        container: Where to.
        first: Its size is everyone's, less an odd last row or column: 4:2:0 needs even sizes.
    """

    def __init__(self, container: OutputContainer, first: Frame) -> None:
        height, width = first.image.shape[:2]
        stream = container.add_stream("libx264", rate=NOMINAL_RATE, options=dict(ENCODER_OPTIONS))
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        is_hd = height >= MIN_HD_HEIGHT_PX
        self._colorspace = Colorspace.ITU709 if is_hd else Colorspace.ITU601
        stream.colorspace = self._colorspace  # said in the file, so that players agree
        self._container = container
        self._stream = stream
        self._shape = first.image.shape
        self._begin_seconds = first.seconds
        self._last_ticks = -1
        self._reformatter = VideoReformatter()

    def fits(self, frame: Frame) -> bool:
        """Whether a frame has the size of the first."""
        return frame.image.shape == self._shape

    def encode(self, frame: Frame, image: NDArray[np.uint8]) -> None:
        """Add one picture in place of the frame."""
        even = image[: self._stream.height, : self._stream.width]
        picture = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(even.copy(), format="bgr24"),
            format="yuv420p",
            dst_colorspace=self._colorspace,
            threads=1,
        )
        ticks = round((frame.seconds - self._begin_seconds) * TICKS_PER_SECOND)
        self._last_ticks = max(ticks, self._last_ticks + 1)  # of equal stamps one comes a tick late
        picture.pts = self._last_ticks
        picture.time_base = TIME_BASE
        self._container.mux(self._stream.encode(picture))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
