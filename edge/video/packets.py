"""Compressed packets as the ring keeps them: bytes with time, apart from any open container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.video.nal import CODECS

if TYPE_CHECKING:
    from datetime import datetime

    from av.video.stream import VideoStream

CONFIGURATION_VERSION = b"\x01"  # the first byte of avcC and hvcC, ISO/IEC 14496-15


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """What a decoder or a file must know before the first packet."""

    codec: str  # FFmpeg's name: h264, hevc, mjpeg ...
    extradata: (
        bytes  # parameter sets in the stream's own form (avcC, hvcC or Annex B); may be empty
    )
    rotation_degrees: int = 0  # to turn counter-clockwise for viewing: 0, 90, 180 or 270
    # A stream of a file never written, from which a clip copies what no packet says (colour,
    # rotation, parameter sets); none where the packets themselves begin with these sets.
    template: VideoStream | None = field(default=None, compare=False, repr=False)

    @property
    def is_annex_b(self) -> bool:
        """Whether NAL units stand behind start codes; else each stands behind its length.

        Only the header tells: a length of 256 to 511 bytes looks like a start code.
        """
        return self.codec in CODECS and self.extradata[:1] != CONFIGURATION_VERSION


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompressedPacket:
    """One picture of a camera, still compressed."""

    data: bytes
    camera_id: str
    seconds: float  # when it is shown, on the reader's monotonic clock (`Frame.seconds`)
    captured_at: datetime  # UTC
    is_keyframe: bool
    segment: int  # counts connections and jumps of the camera's clock; see `Timeline`
    format: StreamFormat
