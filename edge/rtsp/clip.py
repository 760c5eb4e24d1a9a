"""A clip demuxed once into what a simulated camera sends: NAL units with their times."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from edge.errors import SimulatedCameraError, VideoError
from edge.video.connection import Connection
from edge.video.nal import (
    CODECS,
    parameter_sets,
    split_annex_b,
    split_length_prefixed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.video.connection import RawPacket
    from edge.video.packets import StreamFormat

OPEN_TIMEOUT_SECONDS = 10.0  # a clip lies on a disk; this only ends a hanging network mount
USUAL_STEP_SECONDS = 0.04  # of a clip of one picture: 25 a second
AVCC_LENGTH_SIZE_BYTE = 4  # ISO/IEC 14496-15, AVCDecoderConfigurationRecord
HVCC_LENGTH_SIZE_BYTE = 21  # ISO/IEC 14496-15, HEVCDecoderConfigurationRecord
HVCC_ARRAYS_BYTE = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One coded picture."""

    send_seconds: float  # from the clip's start, in decode order
    show_seconds: float  # from the clip's start
    is_keyframe: bool
    nal_units: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip in memory, ready to be sent."""

    codec: str  # h264 or hevc
    parameter_sets: tuple[bytes, ...]  # of the first keyframe
    access_units: tuple[AccessUnit, ...]
    duration_seconds: float  # from the first picture to where a loop begins again


def load_clip(path: Path) -> Clip:
    """Demux the pictures of a file; nothing is decoded.

    Raises:
        SimulatedCameraError: It is not H.264 or HEVC, has no keyframe, or cannot be read.
    """
    try:
        connection = Connection(
            path,
            open_timeout_seconds=OPEN_TIMEOUT_SECONDS,
            read_timeout_seconds=OPEN_TIMEOUT_SECONDS,
        )
        try:
            packets = [packet for packet in connection.packets() if not packet.is_torn]
        finally:
            connection.close()
    except VideoError as error:
        raise SimulatedCameraError(f"cannot be played as a camera: {error}") from error
    first = next((n for n, packet in enumerate(packets) if packet.is_keyframe), None)
    if first is None:
        raise SimulatedCameraError(f"{path}: has no keyframe, so no client could ever start")
    packets = packets[first:]
    codec = packets[0].format.codec
    if codec not in CODECS:
        raise SimulatedCameraError(
            f"{path}: is {codec}; only H.264 and HEVC can be played, convert it"
        )
    units = tuple(_access_units(packets))
    steps = [b.send_seconds - a.send_seconds for a, b in pairwise(units)]
    usual = sorted(steps)[len(steps) // 2] if steps else USUAL_STEP_SECONDS
    sets = _announced_sets(packets[0].format) or parameter_sets(packets[0].data, codec)
    return Clip(
        codec=codec,
        parameter_sets=sets,
        access_units=units,
        duration_seconds=max(unit.show_seconds for unit in units) + usual,
    )


def _access_units(packets: list[RawPacket]) -> Iterator[AccessUnit]:
    first_show = min(p.pts_seconds for p in packets if p.pts_seconds is not None)
    first_send: float | None = None
    send = 0.0
    for packet in packets:
        stamp = packet.dts_seconds if packet.dts_seconds is not None else packet.pts_seconds
        if stamp is not None:
            first_send = stamp if first_send is None else first_send
            send = max(send, stamp - first_send)
        show = send if packet.pts_seconds is None else packet.pts_seconds - first_show
        yield AccessUnit(
            send_seconds=send,
            show_seconds=show,
            is_keyframe=packet.is_keyframe,
            nal_units=_nal_units(packet),
        )


def _nal_units(packet: RawPacket) -> tuple[bytes, ...]:
    """The packet's NAL units, behind the parameter sets where it is a keyframe without."""
    stream_format = packet.format
    if stream_format.is_annex_b:
        units = tuple(split_annex_b(packet.data))
        has_sets = bool(parameter_sets(packet.data, stream_format.codec))
    else:
        size = _length_size(stream_format)
        units = tuple(unit for unit in split_length_prefixed(packet.data, size) if unit)
        has_sets = False  # in MP4 they stand in the header
    if packet.is_keyframe and not has_sets:
        units = _announced_sets(stream_format) + units
    return units


def _length_size(stream_format: StreamFormat) -> int:
    position = AVCC_LENGTH_SIZE_BYTE if stream_format.codec == "h264" else HVCC_LENGTH_SIZE_BYTE
    return (stream_format.extradata[position] & 3) + 1


def _announced_sets(stream_format: StreamFormat) -> tuple[bytes, ...]:
    """The parameter sets of a stream's header, whatever its form."""
    data, codec = stream_format.extradata, stream_format.codec
    if stream_format.is_annex_b:
        return parameter_sets(data, codec)
    if codec == "h264":
        sequence_sets, position = _read_sets(data, 6, data[5] & 0x1F)
        picture_sets, _ = _read_sets(data, position + 1, data[position])
        return sequence_sets + picture_sets
    found: tuple[bytes, ...] = ()
    position = HVCC_ARRAYS_BYTE + 1
    for _array in range(data[HVCC_ARRAYS_BYTE]):
        count = int.from_bytes(data[position + 1 : position + 3], "big")
        sets, position = _read_sets(data, position + 3, count)
        found += sets
    return found


def _read_sets(data: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    sets = []
    for _ in range(count):
        size = int.from_bytes(data[position : position + 2], "big")
        sets.append(data[position + 2 : position + 2 + size])
        position += 2 + size
    return tuple(sets), position
