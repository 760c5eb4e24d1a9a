"""Cuts evidence out of the ring: clips and single keyframes with the camera's own bits."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import av

from edge.errors import ClipError
from edge.video.decode import decode_keyframe
from edge.video.foreign import writing_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from av.container import OutputContainer
    from av.stream import Stream

    from edge.video.packets import CompressedPacket
    from edge.video.ring import PacketRing

TICKS_PER_SECOND = 90_000  # the clock of RTP video and of most cameras: no stamp is rounded
TIME_BASE = Fraction(1, TICKS_PER_SECOND)
USUAL_STEP_TICKS = 3_600  # 25 pictures a second: how long the only picture of a file is shown
# The index in front, so that a browser can play the clip before it has all of it.
MP4_OPTIONS = {"movflags": "+faststart"}


class ClipMethod(StrEnum):
    """How a clip came to be; evidence has to say so."""

    STREAM_COPY = "stream_copy"  # the camera's own packets, bit for bit
    REENCODED_MASKED = "reencoded_masked"  # decoded, masked and encoded again


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """What was written."""

    path: Path
    method: ClipMethod
    codec: str
    begin_seconds: float  # of the first picture shown, on the reader's clock
    end_seconds: float  # of the last picture shown
    begins_at: datetime  # UTC
    ends_at: datetime  # UTC
    pictures: int
    size_bytes: int
    is_complete: bool  # false: the beginning asked for had left the ring, or the stream changed


def cut_clip(ring: PacketRing, begin_seconds: float, end_seconds: float, path: Path) -> ClipInfo:
    """Write [begin, end] as MP4, copying the camera's packets bit for bit.

    The clip begins with the keyframe at or before `begin_seconds`. MP4 puts a length before each
    NAL unit where a camera's stream has a start code; the units themselves are never touched.
    Where the stream changed its format within the span (another resolution), the longest part of
    one format is written and `is_complete` is false. The file appears under its name only when it
    is whole and on the disk.

    Args:
        ring: The camera's packets.
        begin_seconds: On the reader's clock (`Frame.seconds`).
        end_seconds: On the reader's clock.
        path: Of the MP4 file; an existing one is replaced.

    Raises:
        SpanNotInRing: No packet is shown within the span.
        ClipError: The file cannot be written, or MP4 cannot hold the coding.
    """
    asked = ring.span(begin_seconds, end_seconds)
    packets = longest_of_one_format(asked)
    _write_copy(packets, path)
    is_complete = len(packets) == len(asked) and packets[0].seconds <= begin_seconds
    return describe(packets, path, ClipMethod.STREAM_COPY, is_complete=is_complete)


def keyframe_file(keyframe: CompressedPacket, path: Path) -> ClipInfo:
    """Write one keyframe as an MP4 of one picture: the original that a still was made from.

    Raises:
        ClipError: The file cannot be written, or MP4 cannot hold the coding.
    """
    _write_copy((keyframe,), path)
    return describe((keyframe,), path, ClipMethod.STREAM_COPY, is_complete=True)


def longest_of_one_format(packets: Sequence[CompressedPacket]) -> tuple[CompressedPacket, ...]:
    """The longest run of packets that one header describes."""
    runs = [tuple(run) for _, run in groupby(packets, key=lambda packet: packet.format)]
    return max(runs, key=len)


def describe(
    packets: Sequence[CompressedPacket], path: Path, method: ClipMethod, *, is_complete: bool
) -> ClipInfo:
    """What a written clip of these packets contains."""
    first = min(packets, key=lambda packet: packet.seconds)
    last = max(packets, key=lambda packet: packet.seconds)
    return ClipInfo(
        path=path,
        method=method,
        codec=first.format.codec,
        begin_seconds=first.seconds,
        end_seconds=last.seconds,
        begins_at=first.captured_at,
        ends_at=last.captured_at,
        pictures=len(packets),
        size_bytes=path.stat().st_size,
        is_complete=is_complete,
    )


@contextmanager
def mp4_file(path: Path) -> Iterator[OutputContainer]:
    """An MP4 file that appears under its name only when it is whole and on the disk.

    Raises:
        ClipError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    with writing_errors(path):
        try:
            with av.open(f"file:{part}", "w", format="mp4", options=dict(MP4_OPTIONS)) as container:
                yield container
            _flush_to_disk(part)
            part.replace(path)
            _flush_to_disk(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_copy(packets: Sequence[CompressedPacket], path: Path) -> None:
    first = min(packet.seconds for packet in packets)
    shown = [round((packet.seconds - first) * TICKS_PER_SECOND) for packet in packets]
    step = usual_step(shown)
    with mp4_file(path) as container:
        stream = _add_stream(container, packets[0])
        decoded = decode_ticks(shown)
        for packet, pts, dts in zip(packets, shown, decoded, strict=True):
            raw = av.Packet(packet.data)
            raw.pts, raw.dts = max(pts, dts), dts
            raw.duration = step  # only that of the last one counts: how long it is shown
            raw.is_keyframe = packet.is_keyframe
            raw.time_base = TIME_BASE
            raw.stream = stream
            container.mux(raw)


def _add_stream(container: OutputContainer, keyframe: CompressedPacket) -> Stream:
    stream_format = keyframe.format
    if stream_format.template is not None:
        stream: Stream = container.add_stream_from_template(stream_format.template, opaque=True)
    elif stream_format.is_annex_b:
        # The packet begins with its own parameter sets; the muxer takes the header from them.
        frame = decode_keyframe(keyframe)
        stream = container.add_mux_stream(
            stream_format.codec, width=frame.width, height=frame.height
        )
    else:
        raise ClipError(
            f"{keyframe.camera_id}: an MP4 cannot hold {stream_format.codec} as this source"
            " sends it; set the camera to H.264 or HEVC, or re-encode"
        )
    stream.time_base = TIME_BASE
    return stream


def usual_step(ticks: Sequence[int]) -> int:
    """The median distance between neighbours in show order, in the same ticks.

    >>> usual_step([0, 10800, 3600, 7200])
    3600
    """
    ordered = sorted(ticks)
    steps = sorted(b - a for a, b in pairwise(ordered) if b > a)
    return steps[len(steps) // 2] if steps else USUAL_STEP_TICKS


def decode_ticks(shown: Sequence[int]) -> list[int]:
    """When each picture is decoded, given in decode order when it is shown.

    A stream's own decode stamps are often missing and never survive a cut, so they are made anew:
    they strictly increase, and no picture is decoded later than it is shown, which needs stamps
    that differ; of two equal ones the second may come a tick late.

    >>> decode_ticks([0, 10800, 3600, 7200])
    [-3600, 0, 3600, 7200]
    """
    ordered = sorted(shown)
    delay = max(at - when for at, when in zip(ordered, shown, strict=True))
    decoded: list[int] = []
    for at in ordered:
        tick = at - delay
        decoded.append(tick if not decoded else max(tick, decoded[-1] + 1))
    return decoded
