"""Chooses the few pictures that triage looks at: keyframes, or samples where these are too rare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import av.error

from edge.video.decode import RATE_TOLERANCE_SECONDS, PictureDecoder, PictureScaler, Size
from edge.video.packets import CompressedPacket
from pipeline.frames import Frame

if TYPE_CHECKING:
    from edge.video.ring import PacketRing

Picture = Frame | CompressedPacket  # a frame, or the keyframe that one can be made of

# A camera that adapts its keyframes to motion goes back and forth; three groups of bearable length
# in a row are taken as a sign that keyframes suffice again.
GROUPS_TO_TRUST_KEYFRAMES = 3


class Triage:
    """Turns a camera's packets into triage frames.

    Where keyframes come often enough only these are decoded, each as it comes, and nearer ones
    than `min_interval_seconds` are passed over. Once none has come for
    `max_keyframe_interval_seconds` every packet is decoded, from the last keyframe in the ring on,
    and one frame per `sample_interval_seconds` is given, until keyframes come often again. Seconds
    of the frames strictly increase.

    Args:
        ring: Where the packets were put before they are given here.
        box: The box that pictures are scaled to fit.
        min_interval_seconds: Between frames, for cameras that send nothing but keyframes.
        max_keyframe_interval_seconds: Above it, keyframes do not suffice.
        sample_interval_seconds: Between frames when they do not.
    """

    def __init__(
        self,
        ring: PacketRing,
        *,
        box: Size,
        min_interval_seconds: float,
        max_keyframe_interval_seconds: float,
        sample_interval_seconds: float,
    ) -> None:
        self._ring = ring
        self._scaler = PictureScaler(box)
        self._min_interval_seconds = min_interval_seconds
        self._max_keyframe_interval_seconds = max_keyframe_interval_seconds
        self._sample_interval_seconds = sample_interval_seconds
        self._decoder: PictureDecoder | None = None
        self._developer_scaler = PictureScaler(box)
        self._is_sampling = False
        self._short_groups = 0  # in a row
        self._last_keyframe_seconds: float | None = None
        self._last_frame_seconds: float | None = None
        self.decoded_pictures = 0
        self.damaged_samples = 0
        self.damaged_keyframes = 0

    @property
    def is_sampling(self) -> bool:
        """Whether keyframes are too rare, so that every packet is decoded."""
        return self._is_sampling

    @property
    def damaged_packets(self) -> int:
        """Packets that could not be decoded."""
        return self.damaged_samples + self.damaged_keyframes

    def begin_connection(self) -> None:
        """Say that the next packet comes from a newly opened stream."""
        self._decoder = None
        self._is_sampling = False
        self._last_keyframe_seconds = None

    def feed(self, packet: CompressedPacket) -> list[Frame]:
        """Take the next packet in decode order; give the frames that are ready."""
        return self._develop(self.choose(packet))

    def choose(self, packet: CompressedPacket) -> list[Picture]:
        """As `feed`, but keyframes are given as they came; `develop` makes a frame of one."""
        frames: list[Picture] = []
        if packet.is_keyframe:
            self._note_keyframe(packet.seconds)
            if self._is_sampling and self._short_groups >= GROUPS_TO_TRUST_KEYFRAMES:
                frames = self.finish()
                self._is_sampling = False
        elif not self._is_sampling and self._is_overdue(packet.seconds):
            group = self._ring.newest_group()  # the packet at hand is its last
            self._is_sampling = bool(group)
            return self._sample(group)
        if self._is_sampling:
            return frames + self._sample((packet,))
        if packet.is_keyframe and self._is_due(packet.seconds, self._min_interval_seconds):
            frames.append(packet)
            self._last_frame_seconds = packet.seconds
        return frames

    def develop(self, keyframe: CompressedPacket) -> Frame | None:
        """Decode a keyframe that `choose` gave, at any later time; none: it is damaged.

        May be called from another thread than `choose`, by one thread at a time.
        """
        # A decoder kept for the next keyframe would hold 4 MB of 1080p for each camera; a keyframe
        # needs nothing of the one before, and making a decoder costs 0.3 of the 29 ms.
        picture = PictureDecoder(keyframe.format).decode_alone(keyframe)
        self.decoded_pictures += picture is not None
        self.damaged_keyframes += picture is None
        return None if picture is None else self._developer_scaler.frame(picture)

    def _develop(self, pictures: list[Picture]) -> list[Frame]:
        frames = []
        for picture in pictures:
            frame = self.develop(picture) if isinstance(picture, CompressedPacket) else picture
            if frame is not None:
                frames.append(frame)
        return frames

    def finish(self) -> list[Picture]:
        """The frames still inside the decoder, at the end of a stream."""
        if not self._is_sampling or self._decoder is None:
            return []
        pictures = self._decode(self._decoder, None)
        self._decoder = None
        return self._choose(pictures)

    def _note_keyframe(self, seconds: float) -> None:
        last = self._last_keyframe_seconds
        is_short = last is not None and seconds - last <= self._max_keyframe_interval_seconds
        self._short_groups = self._short_groups + 1 if is_short else 0
        self._last_keyframe_seconds = seconds

    def _is_overdue(self, seconds: float) -> bool:
        last = self._last_keyframe_seconds
        return last is not None and seconds - last > self._max_keyframe_interval_seconds

    def _is_due(self, seconds: float, interval: float) -> bool:
        last = self._last_frame_seconds
        return last is None or seconds > max(last, last + interval - RATE_TOLERANCE_SECONDS)

    def _sample(self, packets: tuple[CompressedPacket, ...]) -> list[Picture]:
        frames: list[Picture] = []
        for packet in packets:
            decoder = self._decoder_for(packet)
            frames += self._choose(self._decode(decoder, packet))
        return frames

    def _choose(self, pictures: list[av.VideoFrame]) -> list[Picture]:
        frames: list[Picture] = []
        for picture in pictures:
            seconds = picture.opaque.seconds  # type: ignore[attr-defined] # set by our decoder
            if self._is_due(seconds, self._sample_interval_seconds):
                frames.append(self._scaler.frame(picture))
                self._last_frame_seconds = seconds
        return frames

    def _decoder_for(self, packet: CompressedPacket) -> PictureDecoder:
        if self._decoder is None or packet.format != self._decoder.format:
            self._decoder = PictureDecoder(packet.format)
        return self._decoder

    def _decode(
        self, decoder: PictureDecoder, packet: CompressedPacket | None
    ) -> list[av.VideoFrame]:
        try:
            pictures = decoder.decode(packet)
        except av.error.FFmpegError:
            self.damaged_samples += 1
            return []
        self.decoded_pictures += len(pictures)
        return pictures
