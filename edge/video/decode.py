"""Decoding packets of the ring: single keyframes, and the seconds around a trigger at any rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import av
import av.error
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from edge.errors import CorruptVideo, UnsupportedCodec
from pipeline.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edge.video.packets import CompressedPacket, StreamFormat
    from edge.video.ring import PacketRing

UNSPECIFIED_COLORSPACE = 2  # AVCOL_SPC_UNSPECIFIED, ITU-T H.273 table 4
# Where a stream does not say: HD is BT.709, SD is BT.601 (ITU-R recommendations of those names).
MIN_HD_HEIGHT_PX = 720
RATE_TOLERANCE_SECONDS = 0.001  # stamps are rounded to 1/90000 s, in files to 1/1000 s
QUARTER_TURN_DEGREES = 90


class Size(NamedTuple):
    """A picture's extent in pixels."""

    width: int
    height: int


def fit(source: Size, box: Size) -> Size:
    """The greatest size of the source's aspect within a box, never greater than the source.

    >>> fit(Size(1920, 1080), Size(640, 640))
    Size(width=640, height=360)
    """
    scale = min(box.width / source.width, box.height / source.height, 1.0)
    return Size(max(1, round(source.width * scale)), max(1, round(source.height * scale)))


class PictureDecoder:
    """Decodes the packets of one stream format.

    Raises:
        UnsupportedCodec: This build has no decoder for the format.
    """

    def __init__(self, stream_format: StreamFormat, *, threads: int = 1) -> None:
        try:
            context = av.CodecContext.create(stream_format.codec, "r")
        except (av.error.FFmpegError, ValueError) as error:
            raise UnsupportedCodec(
                f"there is no decoder for {stream_format.codec};"
                " set the camera to H.264 or HEVC, or convert the file"
            ) from error
        if not isinstance(context, av.VideoCodecContext):
            raise UnsupportedCodec(f"{stream_format.codec} is not a coding of pictures")
        context.thread_count = threads
        context.copy_opaque = True  # a picture comes out with the packet it was made from
        if stream_format.extradata:
            context.extradata = stream_format.extradata
        self.format = stream_format
        self._context = context

    def decode(self, packet: CompressedPacket | None) -> list[av.VideoFrame]:
        """Give the next packet, or None at the end; get the pictures that are ready.

        A picture's `opaque` is the packet it was made from. Pictures that the decoder itself calls
        corrupt are left out.

        Raises:
            av.error.FFmpegError: The packet is damaged; go on with the next.
        """
        raw = None
        if packet is not None:
            raw = av.Packet(packet.data)
            raw.opaque = packet
        return [picture for picture in self._context.decode(raw) if not picture.is_corrupt]

    def decode_alone(self, keyframe: CompressedPacket) -> av.VideoFrame | None:
        """Decode one keyframe now, without waiting for its neighbours; None if it is damaged.

        A stream with B pictures gives a picture out only when a later one has come in; emptying
        the decoder after each keyframe avoids waiting a whole group.
        """
        try:
            pictures = self.decode(keyframe) + self.decode(None)
        except av.error.FFmpegError:
            pictures = []
        self._context.flush_buffers()
        return pictures[-1] if pictures else None


class PictureScaler:
    """Turns decoded pictures into frames; keeps its scaling context from picture to picture."""

    def __init__(self, box: Size | None) -> None:
        self._box = box
        self._reformatter = VideoReformatter()

    def frame(self, picture: av.VideoFrame) -> Frame:
        """One frame, scaled to fit the box, turned upright; its size is the source's."""
        packet: CompressedPacket = picture.opaque  # type: ignore[assignment] # set by our decoder
        source = Size(picture.width, picture.height)
        turns = packet.format.rotation_degrees // QUARTER_TURN_DEGREES
        is_sideways = turns % 2 == 1
        upright = Size(source.height, source.width) if is_sideways else source
        shown = upright if self._box is None else fit(upright, self._box)
        target = Size(shown.height, shown.width) if is_sideways else shown
        image = self._image(picture, target)
        if turns:
            image = np.ascontiguousarray(np.rot90(image, turns))
        return Frame(
            image=image,
            camera_id=packet.camera_id,
            captured_at=packet.captured_at,
            seconds=packet.seconds,
            width=upright.width,
            height=upright.height,
            is_keyframe=packet.is_keyframe,
        )

    def _image(self, picture: av.VideoFrame, size: Size) -> NDArray[np.uint8]:
        colorspace = None
        if picture.colorspace == UNSPECIFIED_COLORSPACE:
            is_hd = picture.height >= MIN_HD_HEIGHT_PX
            colorspace = Colorspace.ITU709 if is_hd else Colorspace.ITU601
        scaled = self._reformatter.reformat(
            picture,
            width=size.width,
            height=size.height,
            format="bgr24",
            src_colorspace=colorspace,
            threads=1,
        )
        image: NDArray[np.uint8] = scaled.to_ndarray()  # type: ignore[assignment] # bgr24: uint8
        return image


def decode_keyframe(keyframe: CompressedPacket, size: Size | None = None) -> Frame:
    """Decode one keyframe, as from `PacketRing.pin`.

    Args:
        keyframe: The packet.
        size: The box that the picture is scaled to fit; None: full resolution.

    Raises:
        CorruptVideo: It cannot be decoded.
    """
    picture = PictureDecoder(keyframe.format).decode_alone(keyframe)
    if picture is None:
        raise CorruptVideo(
            f"{keyframe.camera_id}: the keyframe at {keyframe.seconds:.2f} s is damaged;"
            " take another one"
        )
    return PictureScaler(size).frame(picture)


def decode_span(
    ring: PacketRing,
    begin_seconds: float,
    end_seconds: float,
    frames_per_second: float | None,
    size: Size | None = None,
    *,
    threads: int = 1,
) -> Iterator[Frame]:
    """Decode wanted seconds from the ring, in show order, at a wanted rate.

    Decoding starts at the keyframe before `begin_seconds`; frames are given within
    [begin_seconds, end_seconds]. What the ring holds is taken when the first frame is asked for.

    Args:
        ring: The camera's packets.
        begin_seconds: On the reader's clock (`Frame.seconds`).
        end_seconds: On the reader's clock.
        frames_per_second: At most so many; None: every one.
        size: The box that pictures are scaled to fit; None: full resolution.
        threads: Of the decoder; more than one gives pictures sooner and costs more in all.

    Raises:
        SpanNotInRing: No packet is shown within the span.
        CorruptVideo: There are packets, and none could be decoded.
        UnsupportedCodec: This build cannot decode the stream.
    """
    packets = ring.span(begin_seconds, end_seconds)
    scaler = PictureScaler(size)
    interval = 1 / frames_per_second if frames_per_second else 0.0
    due = begin_seconds
    is_empty = True
    for picture in decode_packets(packets, threads=threads):
        seconds = picture.opaque.seconds  # type: ignore[attr-defined] # set by our decoder
        if not begin_seconds <= seconds <= end_seconds or seconds < due - RATE_TOLERANCE_SECONDS:
            continue
        is_empty = False
        yield scaler.frame(picture)
        # Keep to the grid of due times, so that 10 of 25 pictures a second come out as 10; after
        # a gap do not catch up on the times missed.
        due = max(due + interval, seconds + interval / 2)
    if is_empty:
        raise CorruptVideo(
            f"none of the {len(packets)} packets from {begin_seconds:.2f} to {end_seconds:.2f} s"
            " could be decoded; the camera's stream is damaged there"
        )


def decode_packets(
    packets: Sequence[CompressedPacket], *, threads: int = 1
) -> Iterator[av.VideoFrame]:
    """Decode packets that follow each other; damaged ones are left out.

    Each picture's `opaque` is its packet.
    """
    decoder: PictureDecoder | None = None
    segment = 0
    for packet in packets:
        is_new_start = packet.is_keyframe and packet.segment != segment
        if decoder is None or is_new_start or packet.format != decoder.format:
            if decoder is not None:
                yield from _decode(decoder, None)
            decoder = PictureDecoder(packet.format, threads=threads)
        segment = packet.segment
        yield from _decode(decoder, packet)
    if decoder is not None:
        yield from _decode(decoder, None)


def _decode(decoder: PictureDecoder, packet: CompressedPacket | None) -> list[av.VideoFrame]:
    try:
        return decoder.decode(packet)
    except av.error.FFmpegError:
        return []
