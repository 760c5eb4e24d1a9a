"""One simulated camera: plays its clip in media time to whoever is watching."""

from __future__ import annotations

import asyncio
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import SimulatedCameraError
from edge.rtsp.rtp import CLOCK_HZ, RtpSender

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from edge.rtsp.clip import AccessUnit, Clip

# Some 8 s of a 4 Mb/s camera: a client with more than this unread is too slow and loses pictures.
MAX_UNSENT_BYTES = 4_000_000
# FFmpeg takes a first time stamp of 0 as none at all and counts from the second picture.
FIRST_TIMESTAMP = CLOCK_HZ
# A pause of a camera that is no break of its clock: below `MAX_LIVE_GAP_SECONDS` of a timeline.
MAX_LEFT_OUT_SECONDS = 8.0
# One that is further behind makes shorter rounds, so that it has shown the present soon.
CATCH_UP_SECONDS = 10.0
INTERLEAVED = b"$"  # RFC 2326 section 10.12


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraClip:
    """What a simulated camera plays, and how.

    Raises:
        SimulatedCameraError: A speed or offset that cannot be.
    """

    path: Path
    loop: bool = True  # false: it says goodbye at the end of the clip
    # More than 0, without `loop`: after the clip its last so many seconds again and again, at the
    # clock's own pace and with time stamps that go on. What has happened by then stays as it is,
    # as on a street that nobody has cleared yet.
    linger_seconds: float = 0.0
    speed: float = 1.0  # media seconds per second; time stamps stay those of the clip
    start_offset_seconds: float = 0.0  # where in the clip to begin, so that twins differ
    starts_with_first_client: bool = False  # so that someone sees the clip from its first second
    # Wait for slow clients instead of leaving pictures out for them. Then a client sees every
    # packet, and a great speed means "as fast as the client can".
    waits_for_slow_clients: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if not self.speed > 0 or not self.start_offset_seconds >= 0:
            raise SimulatedCameraError(
                f"{self.path}: speed must be above 0 and the offset not negative,"
                f" got {self.speed} and {self.start_offset_seconds}"
            )
        if not self.linger_seconds >= 0 or (self.loop and self.linger_seconds):
            raise SimulatedCameraError(
                f"{self.path}: a camera lingers at the end of its clip for 0 seconds or more, and"
                f" only without loop, got {self.linger_seconds}"
            )


class Client:
    """One RTSP connection as the camera sees it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.rtp_channel = 0
        self.rtcp_channel = 1
        self.has_left = False  # this end has said goodbye; nothing may be written any more
        self._is_in_step = False  # has had every packet since a keyframe

    def send_picture(self, packets: list[bytes], *, is_keyframe: bool) -> None:
        """Send one picture, unless the client has to wait for a keyframe first."""
        transport = self.writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._is_in_step = False
        elif is_keyframe:
            self._is_in_step = True
        if self._is_in_step:
            self.writer.write(b"".join(interleaved(self.rtp_channel, p) for p in packets))

    def say_goodbye(self, packet: bytes) -> None:
        """Say that the stream is over and close this end once everything is sent.

        Only this end: a client that still reads sends keep-alives, and one that reached a socket
        closed both ways would be answered with a reset, which throws away what it has not read.
        """
        transport = self.writer.transport
        if not transport.is_closing() and not self.has_left:
            self.has_left = True
            self.writer.write(interleaved(self.rtcp_channel, packet))
            self.writer.write_eof()

    async def has_caught_up(self) -> None:
        """Wait until the client has read most of what it was sent, or is gone."""
        try:
            await self.writer.drain()
        except ConnectionError:
            return  # gone; its handler takes it off the camera's list


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet as it travels inside the RTSP connection."""
    return INTERLEAVED + struct.pack(">BH", channel, len(packet)) + packet


class SimulatedCamera:
    """A clip being played. Clients come and go; the play goes on.

    Args:
        settings: What to play.
        clip: The same, loaded.
        ssrc: The stream's identifier, 32 bits.
    """

    def __init__(self, settings: CameraClip, clip: Clip, *, ssrc: int) -> None:
        self.clip = clip
        self.has_ended = False
        self._settings = settings
        self._begin_seconds = settings.start_offset_seconds % clip.duration_seconds
        self._sender = RtpSender(clip.codec, ssrc=ssrc, sequence=0)
        self._clients: set[Client] = set()
        self._has_client = asyncio.Event()

    def add(self, client: Client) -> None:
        """Let a client watch from the next keyframe on."""
        self._clients.add(client)
        self._has_client.set()

    def remove(self, client: Client) -> None:
        """Forget a client, if it was one."""
        self._clients.discard(client)

    async def play(self) -> None:
        """Send every picture when it is due, without drift, to the end or for ever."""
        if self._settings.starts_with_first_client:
            await self._has_client.wait()
        units, speed = self.clip.access_units, self._settings.speed
        begins_at = asyncio.get_running_loop().time() - self._begin_seconds / speed
        first = [unit for unit in units if unit.send_seconds >= self._begin_seconds]
        await self._play(first, begins_at=begins_at, speed=speed, moved_seconds=0.0)
        rounds = 1
        while self._settings.loop:
            moved = rounds * self.clip.duration_seconds
            due = begins_at + moved / speed
            await self._play(units, begins_at=due, speed=speed, moved_seconds=moved)
            rounds += 1
        if self._settings.linger_seconds:
            await self._linger(begins_at + self.clip.duration_seconds / speed)
        self.has_ended = True
        for client in tuple(self._clients):
            client.say_goodbye(self._sender.goodbye())

    async def _play(
        self,
        units: Iterable[AccessUnit],
        *,
        begins_at: float,
        speed: float,
        moved_seconds: float,
    ) -> None:
        """Send pictures of one round.

        Args:
            units: Of the clip.
            begins_at: When the clip's second 0 would be due, on the loop's clock.
            speed: Media seconds per second.
            moved_seconds: By how much their time stamps are later than in the clip.
        """
        clock = asyncio.get_running_loop()
        for unit in units:
            # A sleep of 0 lets the other cameras have their turn when this one is late.
            await asyncio.sleep(max(0.0, begins_at + unit.send_seconds / speed - clock.time()))
            if self._settings.waits_for_slow_clients:
                for client in tuple(self._clients):
                    await client.has_caught_up()
            self._send(unit, moved_seconds + unit.show_seconds)

    async def _linger(self, clip_ends_at: float) -> None:
        """Repeat the last seconds for ever.

        A camera that is late by now, because its client was, leaves seconds out between two rounds
        until it shows the present; it does not hurry through them.
        """
        clock = asyncio.get_running_loop()
        extra_seconds = 0.0  # shown, or left out, since the clip ended
        while True:
            late = clock.time() - clip_ends_at - extra_seconds
            extra_seconds += min(max(late, 0.0), MAX_LEFT_OUT_SECONDS)
            is_far_behind = late > MAX_LEFT_OUT_SECONDS
            units = self._last_units(CATCH_UP_SECONDS if is_far_behind else math.inf)
            first_seconds = min(unit.show_seconds for unit in units)
            begins_at = max(clip_ends_at + extra_seconds, clock.time()) - units[0].send_seconds
            moved = self.clip.duration_seconds + extra_seconds - first_seconds
            await self._play(units, begins_at=begins_at, speed=1.0, moved_seconds=moved)
            extra_seconds += self.clip.duration_seconds - first_seconds

    def _last_units(self, limit_seconds: float) -> tuple[AccessUnit, ...]:
        """What a lingering camera repeats: from a keyframe on, at least one of them."""
        units = self.clip.access_units
        begins = self.clip.duration_seconds - min(self._settings.linger_seconds, limit_seconds)
        keyframes = [n for n, unit in enumerate(units) if unit.is_keyframe]
        fitting = (n for n in keyframes if units[n].show_seconds >= begins)
        return units[next(fitting, keyframes[-1]) :]

    def _send(self, unit: AccessUnit, shown_seconds: float) -> None:
        if not self._clients:
            return
        timestamp = FIRST_TIMESTAMP + round(shown_seconds * CLOCK_HZ)
        packets = self._sender.picture(unit.nal_units, timestamp)
        for client in tuple(self._clients):
            client.send_picture(packets, is_keyframe=unit.is_keyframe)
