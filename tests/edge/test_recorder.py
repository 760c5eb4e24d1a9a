"""The recorder's bundles: stills with the camera's own keyframes, and never one past a mask."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import av
import pytest

from edge.album import CONTEXT_INTERVAL_SECONDS
from edge.originals import with_originals
from edge.recorder import SETTLE_SECONDS, EvidenceRecorder
from edge.video.decode import decode_keyframe
from edge.video.reader import ReaderSettings, VideoReader
from pipeline.camera import Camera
from pipeline.candidate import EpisodeState, Explanation, ItemKind
from pipeline.detection.detector import Detector
from pipeline.detections import Detections
from pipeline.episodes.events import Episode, EpisodeEnded, EpisodeOpened
from pipeline.episodes.presence import Sight
from pipeline.errors import EvidenceError
from pipeline.evidence.bundle import EvidenceBuilder
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.manifest import ClockState, Method, Operation
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.stills import Shot, decode_picture, decoded_from, encode_jpeg, still_of
from pipeline.evidence.verification import verify_bundle
from pipeline.geometry import Box, Polygon
from pipeline.processor import ProcessorSettings, Step
from pipeline.quality import QualityGate
from pipeline.rules.judgement import Judgement
from pipeline.rules.observation import Observation
from pipeline.violations import Subtype
from pipeline.zones import Zone, ZoneKind

CARD = Path(__file__).parents[2] / "models" / "shipped" / "street.toml"
STALL = Box(0.5, 0.4, 0.8, 0.9)
WHY = Explanation(rule="vending", fired=True, score=0.9, threshold=0.5)
LEFT_HALF = Zone(
    id="window", kind=ZoneKind.PRIVACY_MASK, polygon=Polygon(((0, 0), (0.4, 0), (0.4, 1), (0, 1)))
)
SUBTYPE = Subtype.VENDING_NO_PERMIT_PLACE


@pytest.fixture(scope="module")
def detector():
    """The shipped network, which finds nothing in grey pictures."""
    return Detector.from_card(CARD)


@pytest.fixture
def record(make_video, tmp_path, detector):
    """Watch a short video with one act in it; its bundle, and the camera's packets."""

    def run(zones=(), pictures=175):
        camera = Camera(id="c", zones=zones)
        video = make_video(pictures=pictures, size=(320, 240))  # 25 and one keyframe a second
        reader = VideoReader(video, ReaderSettings(), camera_id="c")
        builder = EvidenceBuilder(
            root=tmp_path, key=SigningKey.generate(), chain=MemoryChain(), box_id="b", software="s"
        )
        bundles, candidates = [], []

        def build(facts, files):
            at = facts.episode.last_seen_at + timedelta(seconds=1)
            bundles.append(builder.build(facts=facts, files=files, created_at=at))
            return bundles[-1]

        recorder = EvidenceRecorder(
            camera=camera, ring=reader.ring, build=build, settings=ProcessorSettings(),
            detector=detector, box_id="b", software="s",
            clock=lambda: ClockState(offset_seconds=0.0, synchronised=True, source="test"),
            publish=lambda candidate, _bundle: candidates.append(candidate),
        )  # fmt: skip
        gate = QualityGate()
        started = None
        for number, frame in enumerate(reader):
            started = started or frame.captured_at
            observation = Observation.of_frame(
                frame, camera=camera, detections=Detections.empty(("person",))
            )
            events = (
                (EpisodeOpened(episode=episode(started, frame.captured_at)),) if number == 1 else ()
            )
            recorder.follow(
                Step(
                    frame=frame, quality=gate.judge(frame), observation=observation, events=events,
                    judgements=(judgement(started, frame),),
                    open_episodes=(episode(started, frame.captured_at),) if number else (),
                )
            )  # fmt: skip
        ended = replace(
            episode(started, frame.captured_at), state=EpisodeState.ENDED,
            ended_at=frame.captured_at, update=1,
        )  # fmt: skip
        recorder.finish([EpisodeEnded(episode=ended)])
        bundle, candidate = bundles[0], candidates[0]
        assert candidate.evidence == bundle.evidence
        return bundle, reader.ring.span(0, CONTEXT_INTERVAL_SECONDS)

    return run


def episode(started, now):
    return Episode(
        episode_id=UUID(int=1), camera_id="c", subtype=SUBTYPE, state=EpisodeState.OPEN,
        started_at=started, fired_at=started, last_seen_at=now, ended_at=None,
        present_seconds=1.0, fraction_box=STALL, zone_id="z", explanation=WHY,
    )  # fmt: skip


def judgement(started, frame):
    return Judgement(
        subtype=SUBTYPE, zone_id="z", presence_id=1, fraction_box=STALL, sight=Sight.SEEN,
        started_at=started, last_seen_at=frame.captured_at, present_seconds=1.0, explanation=WHY,
    )  # fmt: skip


def test_the_first_bundle_is_of_the_act_as_it_is_then_not_as_it_was_when_it_opened(record):
    """Ten seconds after the rule fired, its newest picture is ten seconds younger."""
    bundle, packets = record(pictures=350)
    facts = bundle.manifest.episode
    assert facts.state is EpisodeState.OPEN
    opened_at = packets[0].captured_at + timedelta(seconds=1)
    assert facts.last_seen_at - opened_at >= timedelta(seconds=SETTLE_SECONDS - 1)
    newest = max(i.captured_at for i in bundle.manifest.items if i.kind is ItemKind.STILL)
    assert facts.last_seen_at - newest <= timedelta(seconds=3)


def packet_of(path):
    with av.open(str(path)) as container:
        (packet,) = [p for p in container.demux(video=0) if p.size]
        return bytes(packet)


def test_each_still_comes_with_the_keyframe_it_was_decoded_from(record):
    """The keyframe is the camera's packet, bit for bit; decoded again it gives the same still."""
    bundle, packets = record()
    items = {item.name: item for item in bundle.manifest.items}
    stills = [item for item in items.values() if item.kind is ItemKind.STILL]
    assert stills
    sent = {packet.seconds: packet for packet in packets}
    for still in stills:
        assert (still.method, still.operation) == (Method.DERIVED, Operation.DECODE)
        assert still.parameters["jpeg_quality"] == 95
        original = items[still.derived_from]
        assert (original.kind, original.method) == (ItemKind.KEYFRAME, Method.STREAM_COPY)
        assert original.is_original
        assert original.captured_at == still.captured_at
        packet = sent[original.frame_seconds]
        coded = packet_of(bundle.path_of(original.name))
        assert coded == packet.data
        again = encode_jpeg(decode_keyframe(replace(packet, data=coded)).image)
        assert bundle.path_of(still.name).read_bytes() == again
    crops = [item for item in items.values() if item.kind is ItemKind.CROP]
    assert {items[crop.derived_from].kind for crop in crops} == {ItemKind.STILL}


def test_the_verifier_accepts_keyframe_originals_and_names_a_flipped_bit(record):
    """They are digested, listed and traced like every other item."""
    bundle, _ = record()
    report = verify_bundle(bundle.folder, trusted_key_ids={bundle.manifest.key_id})
    assert report.ok, report.first_failure
    assert any("made from first.keyframe.mp4 by decode" in line for line in report.lines())
    path = bundle.path_of("first.keyframe.mp4")
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    failure = verify_bundle(bundle.folder).first_failure
    assert failure is not None
    assert failure.file == "items/first.keyframe.mp4"


def test_a_masked_camera_never_gives_its_packets_away(record):
    """No keyframe, no stream copy: the masked pictures are the originals and say so."""
    bundle, packets = record((LEFT_HALF,))
    items = bundle.manifest.items
    assert bundle.manifest.privacy.burnt_in
    assert not any(item.kind is ItemKind.KEYFRAME for item in items)
    assert not any(item.method is Method.STREAM_COPY for item in items)
    stills = [item for item in items if item.kind is ItemKind.STILL]
    assert {still.method for still in stills} == {Method.DECODED_FRAME}
    for item in items:
        content = bundle.path_of(item.name).read_bytes()
        assert not any(packet.data in content for packet in packets)


def a_still(packet, role="first"):
    frame = decode_keyframe(packet)
    return still_of(Shot(frame=frame, subject=Box(0, 0, 9, 9)), role=role, proves=("presence",))


@pytest.fixture
def keyframes(make_video):
    """The keyframes of a short video."""
    reader = VideoReader(make_video(), ReaderSettings(), camera_id="c")
    for _ in reader:
        pass
    return [packet for packet in reader.ring.span(0, 9) if packet.is_keyframe]


def test_two_stills_of_one_keyframe_share_its_original(keyframes, tmp_path):
    """And a still of another picture stays the original that it is."""
    stills = [
        a_still(keyframes[0]),
        a_still(keyframes[0], "context"),
        a_still(keyframes[1], "truck"),
    ]
    pictures = with_originals(stills, {keyframes[0].seconds: keyframes[0]}, tmp_path)
    assert [file.name for file in pictures.originals] == ["first.keyframe.mp4"]
    assert [still.file.derived_from for still in pictures.stills] == [
        "first.keyframe.mp4", "first.keyframe.mp4", None,
    ]  # fmt: skip
    assert [still.file.content for still in pictures.stills] == [s.file.content for s in stills]


def test_a_keyframe_that_no_file_can_hold_leaves_the_still_an_original(keyframes, tmp_path):
    """Evidence trouble costs the keyframe, not the picture."""
    odd = replace(keyframes[0], format=replace(keyframes[0].format, template=None))
    pictures = with_originals([a_still(odd)], {odd.seconds: odd}, tmp_path)
    assert not pictures.originals
    assert pictures.stills[0].file.method is Method.DECODED_FRAME


def test_a_still_is_decoded_once_and_from_its_own_instant(keyframes, tmp_path):
    """A wrong lineage is refused, not signed."""
    pictures = with_originals(
        [a_still(keyframes[0])], {keyframes[0].seconds: keyframes[0]}, tmp_path
    )
    (original,) = pictures.originals
    with pytest.raises(EvidenceError, match="not a picture decoded from"):
        decoded_from(pictures.stills[0], original)
    with pytest.raises(EvidenceError, match="not a picture decoded from"):
        decoded_from(a_still(keyframes[1]), original)
    assert decode_picture(pictures.stills[0].file).shape == (120, 160, 3)
