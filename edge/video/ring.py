"""The last seconds of a camera, compressed, and an album of keyframes that outlive them."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

from edge.errors import AlbumFull, SpanNotInRing
from edge.video.packets import CompressedPacket

# Beside its bytes a packet costs its objects: 88 for the packet's slots, 33 for the header of
# bytes, 48 for the instant, 24 for the float, 8 in the list (sys.getsizeof, CPython 3.11, x86-64).
PACKET_OVERHEAD_BYTES = 201


def packet_cost_bytes(packet: CompressedPacket) -> int:
    """What a packet takes of memory."""
    return len(packet.data) + PACKET_OVERHEAD_BYTES


@dataclass(slots=True, kw_only=True)
class _Group:
    """A keyframe and the packets up to the next one (a group of pictures), in decode order."""

    packets: list[CompressedPacket]
    size_bytes: int

    @property
    def begin_seconds(self) -> float:
        return self.packets[0].seconds


@dataclass(slots=True, kw_only=True)
class _Pin:
    packet: CompressedPacket
    holders: int = 1


@dataclass(slots=True)
class _Album:
    pins: dict[float, _Pin] = field(default_factory=dict)  # by the keyframe's seconds
    size_bytes: int = 0


class PacketRing:
    """A camera's last packets, bounded by seconds and by bytes.

    Whole groups of pictures leave at the old end. The ring always covers `max_seconds` when the
    bytes allow, so it holds at most that and one group more; the bytes are never passed: a single
    group too big for them is dropped, and the ring waits for the next keyframe.

    One thread appends while others look up; what a look-up returns is a snapshot.
    """

    def __init__(
        self,
        *,
        max_seconds: float,
        max_bytes: int,
        max_pins: int = 64,
        max_pinned_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._max_pins = max_pins
        self._max_pinned_bytes = max_pinned_bytes
        self._groups: deque[_Group] = deque()
        self._album = _Album()
        self._size_bytes = 0
        self._dropped_packets = 0
        self._waits_for_keyframe = True
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Memory of the packets in the ring, without the album."""
        return self._size_bytes

    @property
    def pinned_bytes(self) -> int:
        """Memory of the album."""
        return self._album.size_bytes

    @property
    def dropped_packets(self) -> int:
        """Packets that never entered: before a keyframe, or of a group too big for the ring."""
        return self._dropped_packets

    def __len__(self) -> int:
        """Packets in the ring."""
        with self._lock:
            return sum(len(group.packets) for group in self._groups)

    def begin_connection(self) -> None:
        """What comes next does not continue the newest group: wait for a keyframe."""
        with self._lock:
            self._waits_for_keyframe = True

    def append(self, packet: CompressedPacket) -> None:
        """Add the next packet in decode order."""
        cost = packet_cost_bytes(packet)
        with self._lock:
            if packet.is_keyframe:
                self._groups.append(_Group(packets=[packet], size_bytes=cost))
                self._waits_for_keyframe = False
            elif self._waits_for_keyframe:
                self._dropped_packets += 1
                return
            else:
                self._groups[-1].packets.append(packet)
                self._groups[-1].size_bytes += cost
            self._size_bytes += cost
            self._evict(packet.seconds)

    def _evict(self, newest_seconds: float) -> None:
        oldest_needed = newest_seconds - self._max_seconds
        while self._groups:
            is_covered = len(self._groups) > 1 and self._groups[1].begin_seconds <= oldest_needed
            if not is_covered and self._size_bytes <= self._max_bytes:
                return
            self._size_bytes -= self._groups.popleft().size_bytes
        self._waits_for_keyframe = True

    def span(self, begin_seconds: float, end_seconds: float) -> tuple[CompressedPacket, ...]:
        """The packets needed to show [begin, end], in decode order.

        They begin with the keyframe at or before `begin_seconds` (or the oldest there is) and end
        with the last packet shown at or before `end_seconds`, so a few in between may be shown
        later than that: the pictures that follow them refer to them.

        Raises:
            SpanNotInRing: No packet is shown within the span.
        """
        with self._lock:
            groups = list(self._groups)
            first = max(0, bisect_right(groups, begin_seconds, key=lambda g: g.begin_seconds) - 1)
            # One group more than begins by then: its leading pictures are shown before it.
            end = bisect_right(groups, end_seconds, key=lambda g: g.begin_seconds) + 1
            packets = [packet for group in groups[first:end] for packet in group.packets]
        shown = [
            n for n, packet in enumerate(packets) if begin_seconds <= packet.seconds <= end_seconds
        ]
        if not shown:
            raise SpanNotInRing(
                f"the ring holds nothing of {begin_seconds:.2f} to {end_seconds:.2f} s"
                f" ({self._extent(groups)}); ask sooner, or give the ring more seconds or bytes"
            )
        return tuple(packets[: shown[-1] + 1])

    @staticmethod
    def _extent(groups: list[_Group]) -> str:
        if not groups:
            return "it is empty"
        return f"it holds {groups[0].begin_seconds:.2f} to {groups[-1].packets[-1].seconds:.2f} s"

    def newest_group(self) -> tuple[CompressedPacket, ...]:
        """The newest keyframe and what came after it; empty if there is none."""
        with self._lock:
            if not self._groups or self._waits_for_keyframe:
                return ()
            return tuple(self._groups[-1].packets)

    def keyframe_at(self, seconds: float) -> CompressedPacket:
        """The newest keyframe shown at or before an instant.

        Raises:
            SpanNotInRing: There is none, or not any more.
        """
        with self._lock:
            return self._keyframe_at(seconds)

    def _keyframe_at(self, seconds: float) -> CompressedPacket:
        groups = list(self._groups)
        place = bisect_right(groups, seconds, key=lambda group: group.begin_seconds) - 1
        if place < 0:
            raise SpanNotInRing(
                f"the ring holds no keyframe at or before {seconds:.2f} s"
                f" ({self._extent(groups)}); ask sooner, or give the ring more seconds or bytes"
            )
        return groups[place].packets[0]

    def pin(self, seconds: float) -> CompressedPacket:
        """Keep the newest keyframe at or before an instant until `unpin`.

        Two pins of the same keyframe share it, and each needs its own `unpin`.

        Raises:
            SpanNotInRing: There is no such keyframe, or not any more.
            AlbumFull: As many keyframes or bytes are pinned as may be; nothing is let go.
        """
        with self._lock:
            packet = self._keyframe_at(seconds)
            album = self._album
            if (pin := album.pins.get(packet.seconds)) is not None:
                pin.holders += 1
                return packet
            size = album.size_bytes + packet_cost_bytes(packet)
            if len(album.pins) >= self._max_pins or size > self._max_pinned_bytes:
                raise AlbumFull(
                    f"{len(album.pins)} keyframes of {album.size_bytes} bytes are pinned;"
                    " unpin those of ended episodes, or raise the limits"
                )
            album.pins[packet.seconds] = _Pin(packet=packet)
            album.size_bytes = size
            return packet

    def unpin(self, packet: CompressedPacket) -> None:
        """Give back one pin; a packet that is not pinned is left alone."""
        with self._lock:
            pin = self._album.pins.get(packet.seconds)
            if pin is None or pin.packet is not packet:
                return
            pin.holders -= 1
            if pin.holders == 0:
                del self._album.pins[packet.seconds]
                self._album.size_bytes -= packet_cost_bytes(packet)

    def pinned(self) -> tuple[CompressedPacket, ...]:
        """The album, oldest pin first."""
        with self._lock:
            return tuple(pin.packet for pin in self._album.pins.values())
