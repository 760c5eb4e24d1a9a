"""Originals of stills: the keyframe that each was decoded from, as the camera sent it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from edge.errors import ClipError
from edge.video.clip import keyframe_file
from pipeline.candidate import ItemKind
from pipeline.evidence.bundle import EvidenceFile
from pipeline.evidence.manifest import Method
from pipeline.evidence.stills import decoded_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edge.video.packets import CompressedPacket
    from pipeline.evidence.stills import Still

KEYFRAME_MEDIA_TYPE = "video/mp4"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Stills and the camera's own packets behind them."""

    stills: tuple[Still, ...]  # in the order given; those with an original say so
    originals: tuple[EvidenceFile, ...]  # one for each keyframe, by the first still made of it

    @property
    def files(self) -> tuple[EvidenceFile, ...]:
        """All files, the stills first."""
        return (*(still.file for still in self.stills), *self.originals)


def with_originals(
    stills: Sequence[Still], keyframes: Mapping[float, CompressedPacket], folder: Path
) -> Pictures:
    """Give each still of a keyframe its original: that one packet, bit for bit, as an MP4.

    The still becomes a derivative of it, which anybody can decode again. A still of another
    picture, and one whose keyframe MP4 cannot hold, stays the original that it is.

    Never call it for a camera with privacy masks: its packets show what the masks hide.

    Args:
        stills: Of one set.
        keyframes: By `Frame.seconds` of the picture.
        folder: Where the files are written; they are the caller's to remove.
    """
    originals: dict[float, EvidenceFile] = {}
    derived = []
    for still in stills:
        seconds = still.file.frame_seconds
        packet = keyframes.get(seconds) if seconds is not None else None
        if packet is None or seconds is None or still.file.method is not Method.DECODED_FRAME:
            derived.append(still)
            continue
        try:
            original = originals.get(seconds) or _original(still.file, packet, folder)
        except ClipError as error:
            log.warning("keyframe_missing", camera=packet.camera_id, reason=str(error))
            derived.append(still)
            continue
        originals[seconds] = original
        derived.append(decoded_from(still, original))
    return Pictures(stills=tuple(derived), originals=tuple(originals.values()))


def _original(still: EvidenceFile, packet: CompressedPacket, folder: Path) -> EvidenceFile:
    name = f"{still.role}.keyframe.mp4"
    info = keyframe_file(packet, folder / name)
    return EvidenceFile(
        name=name,
        kind=ItemKind.KEYFRAME,
        role=still.role,
        media_type=KEYFRAME_MEDIA_TYPE,
        content=info.path,
        captured_at=packet.captured_at,
        method=Method.STREAM_COPY,
        frame_seconds=packet.seconds,
        parameters={"codec": info.codec, "pictures": info.pictures},
        proves=still.proves,
    )
