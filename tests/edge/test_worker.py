"""One camera at work: what the processor asks for is decoded from the ring, or counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from edge.video.reader import ReaderSettings, VideoReader
from edge.video.ring import PacketRing
from edge.worker import CameraWorker
from pipeline.camera import Camera
from pipeline.detections import Detections
from pipeline.processor import Processor
from pipeline.rules.passage import BurstRequest

CLASSES = ("person", "poster")
WALL = {
    "id": "wall", "kind": "ad_surface",
    "polygon": [[0.3, 0.3], [0.7, 0.3], [0.7, 0.6], [0.3, 0.6]],
}  # fmt: skip
WIDTH, HEIGHT, KEYFRAME_SECONDS = 160, 120, 2
HALF_SIZE = ReaderSettings(fit_width=WIDTH // 2, fit_height=HEIGHT // 2)
LATE_SECONDS = 20  # when the block on the wall turns from black to white


class BlindDetector:
    """Sees nothing, and remembers the crops that it was shown."""

    def __init__(self):
        self.card = SimpleNamespace(thresholds={})
        self.crops = []

    def detect(self, _frame):
        return Detections.empty(CLASSES)

    def detect_image(self, image):
        self.crops.append(image)
        return Detections.empty(CLASSES)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A textured street of 33 s, one picture a second, with a block on its wall."""
    path = tmp_path_factory.mktemp("worker") / "street.mp4"
    texture = np.random.default_rng(1).integers(60, 200, (HEIGHT // 6, WIDTH // 6, 3), np.uint8)
    picture = cv2.resize(texture, (WIDTH, HEIGHT))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"g": str(KEYFRAME_SECONDS), "sc_threshold": "0", "bf": "0"}
        for second in range(33):
            picture[50:70, 70:90] = 0 if second < LATE_SECONDS else 255
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode(None))
    return path


def watch(source, *, spoil=lambda _reader: None):
    """Watch a wall to the end of a file; `spoil` does something to the reader after every frame."""
    detector = BlindDetector()
    watched = Camera.model_validate({"id": "c", "timezone": "Asia/Shanghai", "zones": [WALL]})
    reader = VideoReader(source, HALF_SIZE, camera_id="c")
    processor = Processor(watched, detector=detector)
    process = processor.process

    def process_and_spoil(frame):
        step = process(frame)
        spoil(reader)
        return step

    processor.process = process_and_spoil
    worker = CameraWorker(reader, processor)
    worker.run()
    worker.finish()
    return worker.counts, detector


def test_close_looks_are_cut_from_the_keyframe_in_full_size(street):
    """Looks at 0 and 30 s, at the pictures that asked for them."""
    counts, detector = watch(street)
    assert (counts.looks, counts.looks_missed) == (2, 0)
    assert [crop.shape for crop in detector.crops] == [(HEIGHT // 2, WIDTH // 2, 3)] * 2
    left, top = WIDTH // 4, round((0.45 - 0.25) * HEIGHT)
    blocks = [
        float(crop[55 - top : 65 - top, 75 - left : 85 - left].mean()) for crop in detector.crops
    ]
    assert blocks == pytest.approx([0, 255], abs=20)


def test_a_look_that_has_left_the_ring_is_counted_and_harms_nothing(street):
    """Every frame is judged all the same, and the tile is asked for again in its next turn."""

    def empty_the_ring(reader):
        reader.ring = PacketRing(max_seconds=1, max_bytes=1)

    counts, detector = watch(street, spoil=empty_the_ring)
    assert (counts.looks, counts.looks_missed) == (0, 2)
    assert counts.frames == watch(street)[0].frames
    assert not detector.crops


def test_a_look_at_a_damaged_keyframe_is_counted_and_harms_nothing(street):
    """It could be decoded for triage and cannot be a second time."""

    def damage(reader):
        packets = reader.ring._groups[-1].packets
        packets[0] = replace(packets[0], data=bytes(64))

    counts, detector = watch(street, spoil=damage)
    assert (counts.looks, counts.looks_missed) == (0, 2)
    assert counts.frames == watch(street)[0].frames
    assert not detector.crops


def test_a_burst_that_cannot_be_decoded_is_counted_and_harms_nothing(street):
    """Its packets are in the ring, and none of them gives a picture."""
    watched = Camera.model_validate({"id": "c", "timezone": "Asia/Shanghai", "zones": [WALL]})
    reader = VideoReader(street, HALF_SIZE, camera_id="c")
    worker = CameraWorker(reader, Processor(watched, detector=BlindDetector()))
    worker.run()
    for group in reader.ring._groups:
        group.packets[:] = [replace(packet, data=bytes(64)) for packet in group.packets]
    request = BurstRequest(
        request_id=1, zone_id="road", begin_seconds=10.0, end_seconds=14.0,
        frames_per_second=5.0, purpose="truck",
    )  # fmt: skip
    worker._run_burst(request)
    assert (worker.counts.bursts, worker.counts.bursts_missed) == (0, 1)
