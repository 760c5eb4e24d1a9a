"""Which frames of the ring and the album may serve for each role of an evidence template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.errors import VideoError
from edge.video.decode import PictureScaler, decode_keyframe, decode_packets
from pipeline.evidence.stills import Shot
from pipeline.evidence.templates import Moment
from pipeline.rules.observation import VEHICLE_CLASSES
from pipeline.rules.passage import LoadState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import av

    from edge.album import KeyframeAlbum
    from edge.video.packets import CompressedPacket
    from edge.video.ring import PacketRing
    from pipeline.detection.detector import Detector
    from pipeline.episodes.events import Episode
    from pipeline.evidence.templates import EvidenceTemplate, Need
    from pipeline.frames import Frame
    from pipeline.geometry import Box
    from pipeline.privacy import PrivacyMask
    from pipeline.rules.passage import Passage, TruckPassage

# Keyframes from which the best picture of an instant is chosen.
NEIGHBOURS = 3
# A truck is looked for so long around the instant at which the burst showed it best.
TRUCK_SPAN_SECONDS = 0.3
OCCLUDERS = frozenset({"person", *VEHICLE_CLASSES})


@dataclass(slots=True)
class Material:
    """What an episode's pictures are made from, kept compressed until it ends.

    Once found, the beginning of an act and its picture after the dwell stay what they are; only
    the latest picture is looked for again with every bundle.
    """

    passage: Passage | None = None  # of the truck, for spills
    fixed: dict[str, list[CompressedPacket]] = field(default_factory=dict)  # by role
    truck: tuple[CompressedPacket, ...] = ()  # from a keyframe on, around its best instant


@dataclass(slots=True)
class _Decoded:
    """Keyframes decoded for one bundle, so that none is decoded twice; both by its seconds."""

    frames: dict[float, Frame] = field(default_factory=dict)
    packets: dict[float, CompressedPacket] = field(default_factory=dict)
    truck: Frame | None = None  # one frame for all roles that show it: one still, and crops of it


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundShots:
    """What may serve, and the camera's own packets behind it."""

    by_role: dict[str, list[Shot]]  # a role for which there is nothing has none
    keyframes: dict[float, CompressedPacket]  # by `Frame.seconds` of the shots made of them


class ShotFinder:
    """Decodes, at full size and with the privacy masks burnt in, what a template may use.

    Args:
        ring: Of the camera.
        album: Of the camera.
        mask: Of the camera.
        detector: Finds what hides the subject; nothing is ever drawn.
    """

    def __init__(
        self, ring: PacketRing, album: KeyframeAlbum, mask: PrivacyMask, detector: Detector
    ) -> None:
        self._ring = ring
        self._album = album
        self._mask = mask
        self._detector = detector

    def find(
        self,
        template: EvidenceTemplate,
        episode: Episode,
        material: Material,
        recent: Sequence[tuple[float, datetime]],
    ) -> FoundShots:
        """Shots for each role of a template.

        Args:
            template: Of the episode's subtype.
            episode: What is to be proved.
            material: Of the episode; what is found is added to it.
            recent: Seconds and instants of the newest triage frames with the act in sight.
        """
        if material.passage is not None:
            # What lay on the road before the truck had gone does not show what it left.
            gone = material.passage.request.end_seconds
            recent = [instant for instant in recent if instant[0] >= gone]
        decoded = _Decoded()
        shots: dict[str, list[Shot]] = {}
        for need in template.needs:
            if need.moment is Moment.CHOSEN:
                shots[need.role] = self._of_truck(need, episode, material, recent, decoded)
            else:
                packets = self._packets(need, episode, material, recent)
                shots[need.role] = self._of_packets(packets, episode, decoded)
        return FoundShots(
            by_role={role: found for role, found in shots.items() if found},
            keyframes=decoded.packets,
        )

    def _packets(
        self,
        need: Need,
        episode: Episode,
        material: Material,
        recent: Sequence[tuple[float, datetime]],
    ) -> list[CompressedPacket]:
        if need.role in material.fixed:
            return material.fixed[need.role]
        album = self._album
        found: list[CompressedPacket | None]
        if need.moment is Moment.START:
            found = [album.first_of(episode.started_at)]
        elif need.moment is Moment.EARLIER and material.passage is not None:
            found = [*self._keyframes([material.passage.request.begin_seconds])]
        elif need.moment is Moment.EARLIER:
            found = [album.before(episode.started_at)]
        elif need.moment is Moment.LATER:
            earlier = material.fixed.get(need.follows, [])
            found = [*self._keyframes(_after(recent, earlier, need)[:NEIGHBOURS])]
        else:
            instants = [seconds for seconds, _ in recent[-NEIGHBOURS:]]
            found = [*self._keyframes(instants)] or [album.latest_of(episode.started_at)]
        packets = [packet for packet in found if packet is not None]
        if packets and need.moment is not Moment.LATEST:
            material.fixed[need.role] = packets
        return packets

    def _keyframes(self, instants: Iterable[float]) -> list[CompressedPacket]:
        packets: dict[float, CompressedPacket] = {}
        for seconds in instants:
            try:
                packet = self._ring.keyframe_at(seconds)
            except VideoError:
                continue  # it has left the ring; the album may have another
            packets[packet.seconds] = packet
        return list(packets.values())

    def _of_packets(
        self, packets: Iterable[CompressedPacket], episode: Episode, decoded: _Decoded
    ) -> list[Shot]:
        shots = []
        for packet in packets:
            if packet.seconds not in decoded.frames:
                decoded.frames[packet.seconds] = self._mask.apply(decode_keyframe(packet))
                decoded.packets[packet.seconds] = packet
            shots.append(self._shot(decoded.frames[packet.seconds], episode))
        return shots

    def _of_truck(
        self,
        need: Need,
        episode: Episode,
        material: Material,
        recent: Sequence[tuple[float, datetime]],
        decoded: _Decoded,
    ) -> list[Shot]:
        if need.role == "spill":
            instants = [seconds for seconds, _ in recent[-NEIGHBOURS:]]
            return self._of_packets(self._keyframes(instants), episode, decoded)
        truck = _guilty_truck(material.passage) if material.passage else None
        if truck is None:
            return []
        if not material.truck:
            material.truck = self._packets_near(truck.best_seconds)
        if decoded.truck is None:
            decoded.truck = self._nearest_frame(material.truck, truck.best_seconds)
        frame = decoded.truck
        if frame is None:
            return []
        box = truck.plate_fraction_box if need.role == "plate" else truck.best_fraction_box
        return [Shot(frame=frame, subject=box.scaled(frame.width, frame.height))]

    def _packets_near(self, seconds: float) -> tuple[CompressedPacket, ...]:
        try:
            return self._ring.span(seconds - TRUCK_SPAN_SECONDS, seconds + TRUCK_SPAN_SECONDS)
        except VideoError:
            return ()

    def _nearest_frame(self, packets: Sequence[CompressedPacket], seconds: float) -> Frame | None:
        pictures = decode_packets(packets)
        nearest = min(
            pictures, key=lambda picture: abs(_seconds_of(picture) - seconds), default=None
        )
        if nearest is None or abs(_seconds_of(nearest) - seconds) > TRUCK_SPAN_SECONDS:
            return None
        return self._mask.apply(PictureScaler(None).frame(nearest))

    def _shot(self, frame: Frame, episode: Episode) -> Shot:
        subject = episode.box_in_pixels(frame.width, frame.height)
        return Shot(frame=frame, subject=subject, occluders=tuple(self._occluders(frame)))

    def _occluders(self, frame: Frame) -> list[Box]:
        thresholds = self._detector.card.thresholds
        found = self._detector.detect(frame).of(*OCCLUDERS)
        return [d.box for d in found if d.score >= thresholds.get(d.class_name, 0.0)]


def _seconds_of(picture: av.VideoFrame) -> float:
    seconds: float = picture.opaque.seconds  # type: ignore[attr-defined] # its packet
    return seconds


def _after(
    recent: Sequence[tuple[float, datetime]], earlier: Sequence[CompressedPacket], need: Need
) -> list[float]:
    """Instants that lie the need's gap behind the picture it follows."""
    if not earlier:
        return []
    due = max(packet.captured_at for packet in earlier) + need.gap
    return [seconds for seconds, captured_at in recent if captured_at >= due]


def _guilty_truck(passage: Passage) -> TruckPassage | None:
    """The truck that most likely spilled: loaded and open before unclear, unclear before closed."""
    order = (
        LoadState.OPEN_LOADED,
        LoadState.OPEN_EMPTY,
        LoadState.UNCLEAR,
        LoadState.COVERED,
        LoadState.CLOSED,
    )
    return min(
        passage.trucks,
        key=lambda truck: (order.index(truck.load), -truck.best_fraction_box.area),
        default=None,
    )
