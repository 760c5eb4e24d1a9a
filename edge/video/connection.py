"""One opening of a file or camera: compressed packets out, foreign errors turned into ours."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
import av.error
from av.stream import Disposition

from edge.errors import EmptyVideo, NoVideoStream, UnsupportedCodec
from edge.video.foreign import Stage, reading_errors
from edge.video.nal import START_CODE, parameter_sets
from edge.video.packets import StreamFormat
from edge.video.source import StreamUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from edge.video.source import VideoSource

MICROSECONDS = 1_000_000
FULL_TURN_DEGREES = 360
# A file without an index is taken as cut off when it ends this much before its own header says.
MIN_SHORTFALL_SECONDS = 1.0
STREAM_OPTIONS = {
    "rtsp_transport": "tcp",  # whole packets or none: UDP loss would tear evidence
    "allowed_media_types": "video",  # sound is never even requested
    # FFmpeg would read for 1.7 s to guess the frame rate, which we do not need, and the pictures
    # read meanwhile would carry the wrong instant. The camera's own description suffices.
    "analyzeduration": "0",
    "probesize": "32",  # bytes, FFmpeg's minimum
    "fpsprobesize": "0",
}
FILE_OPTIONS = {"protocol_whitelist": "file"}  # a playlist in disguise opens nothing elsewhere


class RawPacket(NamedTuple):
    """A packet with the stream's own time stamps, in seconds."""

    data: bytes
    pts_seconds: float | None
    dts_seconds: float | None
    is_keyframe: bool
    format: StreamFormat
    is_torn: bool  # the demuxer knows that a part is missing


class Connection:
    """An open file or camera.

    Raises:
        VideoError: It cannot be opened, or has no pictures; see `edge.errors`.
    """

    def __init__(
        self, source: VideoSource, *, open_timeout_seconds: float, read_timeout_seconds: float
    ) -> None:
        self._source = source
        self._ends_at_seconds = 0.0  # the end of the last picture, in the stream's own seconds
        self._ends_torn = False
        if isinstance(source, Path):
            _require_bytes(source)
        with reading_errors(source, Stage.OPENING):
            self._container = _open(source, open_timeout_seconds, read_timeout_seconds)
        try:
            self._stream = self._find_pictures()
            self._format = StreamFormat(
                codec=self._stream.codec_context.name,
                extradata=bytes(self._stream.codec_context.extradata or b""),
                template=_template(self._stream),
            )
        except BaseException:
            self._container.close()
            raise

    def close(self) -> None:
        """Close the file or hang up."""
        self._container.close()

    def packets(self) -> Iterator[RawPacket]:
        """All packets of the picture stream, in decode order.

        Raises:
            StreamStalled: A camera sends nothing for the read timeout.
            StreamEnded: The connection to a camera broke.
            CorruptVideo: A file is damaged so that nothing more can be found in it.
        """
        time_base = float(self._stream.time_base or 0)
        is_first_keyframe = isinstance(self._source, Path)
        packets = self._container.demux(self._stream)
        while True:
            with reading_errors(self._source, Stage.READING):
                packet = next(packets, None)
            if packet is None:
                return
            if packet.size == 0:  # the demuxer's sign of the end
                continue
            self._ends_torn = packet.is_corrupt
            data = bytes(packet)
            if packet.is_keyframe or packet.has_sidedata("new_extradata"):
                if is_first_keyframe:
                    self._format = replace(self._format, rotation_degrees=_rotation(packet))
                    is_first_keyframe = False
                self._renew_format(packet, data)
            pts = None if packet.pts is None else packet.pts * time_base
            dts = None if packet.dts is None else packet.dts * time_base
            if pts is not None:
                end = pts + (packet.duration or 0) * time_base
                self._ends_at_seconds = max(self._ends_at_seconds, end)
            yield RawPacket(data, pts, dts, packet.is_keyframe, self._format, packet.is_corrupt)

    def damage(self) -> str | None:
        """After the last packet: what shows that a file was cut off, or None."""
        if not isinstance(self._source, Path):
            return None
        if self._ends_torn:
            return "its last picture is cut in two"
        index = self._stream.index_entries
        if len(index) and index[-1].pos + index[-1].size > self._container.size:
            return "its index names pictures that lie behind its end"
        promised = (self._container.duration or 0) / MICROSECONDS
        is_only_stream = len(self._container.streams) == 1  # sound may last longer
        if is_only_stream and self._ends_at_seconds + MIN_SHORTFALL_SECONDS < promised:
            return f"it ends at {self._ends_at_seconds:.1f} of {promised:.1f} s"
        return None

    def _find_pictures(self) -> VideoStream:
        streams = self._container.streams
        if len(streams) == 0 and isinstance(self._source, StreamUrl):
            raise NoVideoStream(  # sound was not asked for, so it does not show here
                f"{self._source}: the camera offers no pictures here; choose another channel"
            )
        if len(streams) == 0:
            raise EmptyVideo(f"{self._source}: holds no pictures and no sound; record it again")
        # The cover of a song is a stream of one picture.
        videos = [s for s in streams.video if not s.disposition & Disposition.attached_pic]
        if not videos:
            kinds = ", ".join(sorted({stream.type for stream in streams}))
            raise NoVideoStream(
                f"{self._source}: holds {kinds} but no pictures; choose another file or channel"
            )
        if videos[0].codec_context is None:
            raise UnsupportedCodec(
                f"{self._source}: its pictures are in a coding that cannot be read;"
                " use H.264 or HEVC"
            )
        return videos[0]

    def _renew_format(self, packet: av.Packet[VideoStream], data: bytes) -> None:
        """Follow a stream whose parameter sets change on the way, as at a new resolution."""
        current = self._format
        if packet.has_sidedata("new_extradata"):
            extradata = bytes(packet.get_sidedata("new_extradata"))
        else:
            sets = parameter_sets(data, current.codec) if current.is_annex_b else ()
            extradata = b"".join(b"\x00" + START_CODE + nal for nal in sets) or current.extradata
        if extradata != current.extradata:
            self._format = replace(current, extradata=extradata, template=None)


def _require_bytes(path: Path) -> None:
    try:
        is_empty = path.is_file() and path.stat().st_size == 0
    except OSError:
        return  # opening it says why
    if is_empty:
        raise EmptyVideo(f"{path}: is an empty file; copy it again, or record anew")


def _open(source: VideoSource, open_timeout: float, read_timeout: float) -> InputContainer:
    if isinstance(source, StreamUrl):
        address, options = source.reveal(), STREAM_OPTIONS
    else:
        address, options = f"file:{source}", FILE_OPTIONS  # a name like "a:b.mp4" is no protocol
    return av.open(
        address,
        options=dict(options),
        metadata_errors="replace",  # a title in GB 2312 is no reason to refuse a video
        timeout=(open_timeout, read_timeout),
    )


def _template(stream: VideoStream) -> VideoStream | None:
    """A copy of what the container says about the stream, which outlives the container."""
    shelf = av.open(io.BytesIO(), "w", format="mp4")
    try:
        return shelf.add_stream_from_template(stream, opaque=True)
    except (ValueError, av.error.FFmpegError):
        return None  # a coding that MP4 cannot hold: triage works, clips say so


def _rotation(packet: av.Packet[VideoStream]) -> int:
    """How the first picture asks to be turned for viewing (phones record sideways)."""
    context = packet.stream.codec_context
    try:
        pictures = context.decode(packet) + context.decode(None)
    except av.error.FFmpegError:
        return 0
    return round(pictures[0].rotation) % FULL_TURN_DEGREES if pictures else 0
