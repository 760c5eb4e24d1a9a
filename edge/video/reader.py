"""Reads one camera or file: every packet into the ring, the few pictures for triage out."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from edge.errors import CorruptVideo, EmptyVideo, StreamEnded
from edge.video.connection import Connection, RawPacket
from edge.video.decode import Size
from edge.video.packets import CompressedPacket
from edge.video.ring import PacketRing
from edge.video.source import StreamUrl
from edge.video.timeline import Timeline, utc_now
from edge.video.triage import Picture, Triage
from pipeline.frames import Frame, require_utc
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from edge.video.source import VideoSource

Positive = Annotated[float, Field(gt=0)]
MEBIBYTE = 1024 * 1024
MAX_WARNINGS = 100  # kept; `ReaderCounters` count on


class ReaderSettings(Settings):
    """How a camera is read. A camera of 4 Mb/s fills 20 MB of ring in the default 40 seconds."""

    fit_width: Annotated[int, Field(gt=0)] = 640  # pixels of the network's input
    fit_height: Annotated[int, Field(gt=0)] = 640  # pixels of the network's input
    ring_seconds: Positive = 40.0  # a clip of 20 s, cut up to 20 s after its end
    ring_bytes: Annotated[int, Field(gt=0)] = 32 * MEBIBYTE
    max_pins: Annotated[int, Field(gt=0)] = 64
    max_pinned_bytes: Annotated[int, Field(gt=0)] = 8 * MEBIBYTE  # ~50 keyframes of 1080p
    max_keyframe_interval_seconds: Positive = 4.0  # rarer keyframes: sample instead
    sample_interval_seconds: Positive = 1.0
    min_interval_seconds: Annotated[float, Field(ge=0)] = 0.4  # for all-keyframe cameras (MJPEG)
    open_timeout_seconds: Positive = 10.0
    read_timeout_seconds: Positive = 10.0
    max_drift_seconds: Positive = 0.5  # of captured_at against the box's clock; see Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderWarning:
    """Something about the source that its pictures do not tell."""

    at_seconds: float
    text: str


@dataclass(slots=True, kw_only=True)
class ReaderCounters:
    """What has been read so far, over all connections."""

    connections: int = 0
    packets: int = 0
    packet_bytes: int = 0
    keyframes: int = 0
    frames: int = 0


class VideoReader:
    """One camera or file, read as often as it is iterated.

    Iterating opens the source, puts every packet into `ring` and gives the triage frames, scaled
    to fit the settings' box. After an error, or the end, iterating again opens it again: seconds,
    ring and album go on.

    A file ends cleanly. A stream never does: it raises StreamEnded or StreamStalled, and whoever
    supervises decides when to try again. Damage is never silent: what could be read is given
    first; then a file that was cut off raises CorruptVideo, while single damaged pictures in a
    source that goes on are counted in `warnings`.

    Args:
        source: A file or the address of a camera.
        settings: How to read it.
        camera_id: For the frames.
        starts_at: The instant of the first picture, for recordings and simulated cameras; then
            no clock is read. None: the clock at the first picture.
        now: The box's clock.

    Raises:
        FrameError: `starts_at` is not in UTC.
    """

    def __init__(
        self,
        source: VideoSource,
        settings: ReaderSettings | None = None,
        *,
        camera_id: str,
        starts_at: datetime | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        settings = settings or ReaderSettings()
        if starts_at is not None:
            require_utc(starts_at, "starts_at")
        self.source = source
        self.settings = settings
        self.camera_id = camera_id
        self.counters = ReaderCounters()
        self.ring = PacketRing(
            max_seconds=settings.ring_seconds,
            max_bytes=settings.ring_bytes,
            max_pins=settings.max_pins,
            max_pinned_bytes=settings.max_pinned_bytes,
        )
        self.timeline = Timeline(
            is_live=self.is_live,
            starts_at=starts_at,
            now=now,
            max_drift_seconds=settings.max_drift_seconds,
        )
        self.triage = Triage(
            self.ring,
            box=Size(settings.fit_width, settings.fit_height),
            min_interval_seconds=settings.min_interval_seconds,
            max_keyframe_interval_seconds=settings.max_keyframe_interval_seconds,
            sample_interval_seconds=settings.sample_interval_seconds,
        )
        self._warnings: deque[ReaderWarning] = deque(maxlen=MAX_WARNINGS)
        self._stopping = threading.Event()
        self._feeding = threading.Lock()  # one iteration at a time puts packets in their place
        self._iteration = 0
        self._has_warned_of_no_keyframe = False

    @property
    def is_live(self) -> bool:
        """Whether the source is a camera, whose end is a failure."""
        return isinstance(self.source, StreamUrl)

    @property
    def warnings(self) -> tuple[ReaderWarning, ...]:
        """The newest warnings, oldest first."""
        return tuple(self._warnings)

    def stop(self) -> None:
        """End the iteration cleanly at the next packet, for good; from any thread.

        Iterating again gives nothing, so a stop that comes between two connections holds. A camera
        that sends nothing delays the end by up to the read timeout.
        """
        self._stopping.set()

    def abandon(self) -> None:
        """Let go of an iteration whose thread hangs; from any thread.

        Should that thread come back, its iteration ends without touching anything. Iterating again
        is safe at once.
        """
        with self._feeding:
            self._iteration += 1

    def __iter__(self) -> Iterator[Frame]:
        """Open the source and give its triage frames.

        Raises:
            VideoError: Each kind of failure has its own subclass; see `edge.errors`.
        """
        for picture in self.pictures():
            frame = self.develop(picture)
            if frame is not None:
                yield frame

    def develop(self, picture: Picture) -> Frame | None:
        """The frame of a picture that `pictures` gave; none: it is damaged.

        May be called from another thread than the one that iterates, by one thread at a time.
        """
        if isinstance(picture, Frame):
            self.counters.frames += 1
            return picture
        frame = self.triage.develop(picture)
        if frame is None:
            self._warn(picture.seconds, "1 damaged pictures were left out")
        else:
            self.counters.frames += 1
        return frame

    def pictures(self) -> Iterator[Picture]:
        """As iterating, but keyframes are given as they came, for `develop` to decode.

        So that those which nobody finds the time for are never decoded at all.

        Raises:
            VideoError: As iterating.
        """
        if self._stopping.is_set():
            return
        with self._feeding:
            self._iteration += 1
            iteration = self._iteration
        connection = Connection(
            self.source,
            open_timeout_seconds=self.settings.open_timeout_seconds,
            read_timeout_seconds=self.settings.read_timeout_seconds,
        )
        with closing(connection):
            with self._feeding:
                if iteration != self._iteration:
                    return
                self.counters.connections += 1
                self.timeline.begin_connection()
                self.ring.begin_connection()
                self.triage.begin_connection()
            yield from self._pictures(connection, iteration)

    def _pictures(self, connection: Connection, iteration: int) -> Iterator[Picture]:
        packets_before, frames_before = self.counters.packets, self.counters.frames
        damaged_before, given = self.triage.damaged_keyframes, 0
        for raw in connection.packets():
            if self._stopping.is_set():
                return
            with self._feeding:
                if iteration != self._iteration:
                    return  # it was abandoned
                pictures = self._take(raw)
            given += len(pictures)
            yield from pictures
        yield from self.triage.finish()
        undeveloped = given - (self.triage.damaged_keyframes - damaged_before)
        self._judge_end(
            connection,
            packets=self.counters.packets - packets_before,
            frames=max(self.counters.frames - frames_before, undeveloped),
        )

    def _take(self, raw: RawPacket) -> list[Picture]:
        """Put one packet in its place in time, into the ring and before triage."""
        stamp = self.timeline.stamp(raw.pts_seconds, raw.dts_seconds)
        if raw.is_torn:
            self._warn(stamp.seconds, "a torn picture was left out")
            return []
        packet = CompressedPacket(
            data=raw.data,
            camera_id=self.camera_id,
            seconds=stamp.seconds,
            captured_at=stamp.captured_at,
            is_keyframe=raw.is_keyframe,
            segment=stamp.segment,
            format=raw.format,
        )
        counters = self.counters
        counters.packets += 1
        counters.packet_bytes += len(raw.data)
        counters.keyframes += raw.is_keyframe
        was_sampling, damaged = self.triage.is_sampling, self.triage.damaged_samples
        self.ring.append(packet)
        pictures = self.triage.choose(packet)
        self._note(packet.seconds, was_sampling=was_sampling, damaged_before=damaged)
        return pictures

    def _note(self, seconds: float, *, was_sampling: bool, damaged_before: int) -> None:
        limit = self.settings.max_keyframe_interval_seconds
        is_without = self.counters.keyframes == 0 and seconds > limit
        if is_without and not self._has_warned_of_no_keyframe:
            self._has_warned_of_no_keyframe = True
            self._warn(seconds, "not one keyframe so far, so nothing can be decoded")
        if self.triage.is_sampling and not was_sampling:
            self._warn(
                seconds,
                f"no keyframe for {limit:g} s: every picture is decoded, which costs some 14 times"
                " the CPU; set the camera to a keyframe every second or two",
            )
        if (damaged := self.triage.damaged_samples - damaged_before) > 0:
            self._warn(seconds, f"{damaged} damaged pictures were left out")

    def _warn(self, seconds: float, text: str) -> None:
        self._warnings.append(ReaderWarning(at_seconds=seconds, text=text))

    def _judge_end(self, connection: Connection, *, packets: int, frames: int) -> None:
        """Say why there are no more pictures, unless a file has simply come to its end."""
        if self.is_live:
            raise StreamEnded(f"{self.source}: the camera closed the stream; open it again")
        if packets == 0:
            raise EmptyVideo(f"{self.source}: has a picture stream without pictures; record anew")
        damage = connection.damage()
        if damage is not None:
            raise CorruptVideo(
                f"{self.source}: was cut off after {packets} pictures: {damage};"
                " copy it again, or go on with what was read"
            )
        if frames == 0:
            raise CorruptVideo(
                f"{self.source}: none of its {packets} pictures can be decoded; copy it again"
            )
