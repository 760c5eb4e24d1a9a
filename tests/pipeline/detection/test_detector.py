"""The detector, run by the real ONNX Runtime on tiny networks and on every network we ship."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.card import ModelCard
from pipeline.detection.detector import Detector
from pipeline.errors import ModelCardError, ModelShapeError
from pipeline.frames import Frame
from pipeline.settings import load_settings

RED, BLUE = (0, 0, 255), (255, 0, 0)  # BGR
SHIPPED = sorted((Path(__file__).parents[3] / "models" / "shipped").glob("*.toml"))


def grey(width, height):
    """A picture in which there is nothing to see."""
    return np.full((height, width, 3), 114, np.uint8)


def frame_of(image, *, width, height):
    """A frame whose source has the given size."""
    return Frame(
        image=image,
        camera_id="gate",
        captured_at=datetime(2026, 9, 1, tzinfo=UTC),
        seconds=0.0,
        width=width,
        height=height,
    )


def test_boxes_and_colours_come_back_where_they_are(networks):
    """Channel order, padding and back-mapping are right: each colour is found in its place."""
    detector = Detector.from_card(networks.detector())
    image = grey(128, 64)
    image[32:64, 96:128] = RED
    image[0:32, 32:64] = BLUE
    found = list(detector.detect_image(image))
    assert sorted((d.class_name, d.box.xyxy, round(d.score, 3)) for d in found) == [
        ("blue", (32, 0, 64, 32), 1.0),
        ("red", (96, 32, 128, 64), 1.0),
    ]


def test_boxes_are_in_pixels_of_the_source_frame(networks):
    """A frame that was scaled on the way gives boxes in the camera's own pixels, axis by axis."""
    detector = Detector.from_card(networks.detector())
    image = grey(128, 64)
    image[32:64, 96:128] = RED
    (found,) = detector.detect(frame_of(image, width=1280, height=320))
    assert found.box.xyxy == (960, 160, 1280, 320)


def test_large_pictures_are_scaled_and_mapped_back(networks):
    """A picture of another size and aspect gives boxes in its own pixels."""
    detector = Detector.from_card(networks.detector())
    image = grey(512, 384)
    image[128:256, 256:384] = RED
    (found,) = detector.detect_image(image)
    assert found.box.xyxy == (256, 128, 384, 256)


def test_boxes_in_the_bars_are_dropped_and_others_cut_at_the_edge(networks):
    """What the network claims outside the picture is not reported; what crosses the edge is cut."""
    card = networks.detector()
    card.write_text(card.read_text().replace('channels = "RGB"', 'channels = "BGR"'))
    detector = Detector.from_card(card)
    image = np.full((72, 128, 3), RED, np.uint8)  # bars of 12 px above and below, in cells of 32
    boxes = detector.detect_image(image).boxes
    assert len(boxes) == 12
    assert boxes.min() == 0
    assert boxes[:, 3].max() == 72


def test_weak_detections_are_returned_down_to_the_floor(networks):
    """Scores between the floor and the class threshold come back; lower ones do not."""
    image = grey(128, 32)
    image[:, 0:32, 2] += 51  # score 0.2
    image[:, 64:96, 2] += 15  # score 0.06
    card = networks.detector()
    assert [round(s, 2) for s in Detector.from_card(card).detect_image(image).scores.tolist()] == [
        0.2
    ]
    assert len(Detector.from_card(card, score_floor=0.05).detect_image(image)) == 2


def test_the_card_and_its_thresholds_are_at_hand(networks):
    """Who uses a detector can read from which score each class counts."""
    detector = Detector.from_card(networks.detector())
    assert detector.card.thresholds == {"red": 0.4, "blue": 0.5}
    assert detector.card.class_names == ("red", "blue")


def test_nothing_to_see_gives_no_detections(networks):
    """An even picture gives an empty, valid result that knows its classes."""
    found = Detector.from_card(networks.detector()).detect_image(grey(100, 50))
    assert len(found) == 0
    assert found.class_names == ("red", "blue")


def test_a_size_may_be_chosen_for_a_network_of_open_size(networks):
    """The input size of the card can be overridden, by multiples of the stride only."""
    image = grey(256, 128)
    image[0:32, 0:32] = RED
    card = networks.detector()
    (found,) = Detector.from_card(card, input_size=(256, 128)).detect_image(image)
    assert found.box.xyxy == (0, 0, 32, 32)
    with pytest.raises(ModelShapeError, match="multiples of 32, got 250x128"):
        Detector.from_card(card, input_size=(250, 128))


def test_a_network_of_fixed_size_gets_its_whole_input(networks):
    """A network of fixed size works on any picture, and its size cannot be overridden."""
    card = networks.detector(size=(128, 128))
    image = grey(128, 64)
    image[0:32, 32:64] = BLUE
    (found,) = Detector.from_card(card).detect_image(image)
    assert found.box.xyxy == (32, 0, 64, 32)
    with pytest.raises(ModelShapeError, match="takes pictures of 128x128 only, not 64x64"):
        Detector.from_card(card, input_size=(64, 64))


def test_a_classifier_is_no_detector(networks):
    """The card of another task is refused by name."""
    with pytest.raises(ModelCardError, match="is there to classify, not to detect"):
        Detector.from_card(networks.classifier())


def test_timings_come_from_the_given_stopwatch_only(networks):
    """Stages are timed when a clock is given; without one the core reads none."""
    ticks = itertools.count()
    timed = Detector.from_card(networks.detector(), stopwatch=lambda: float(next(ticks)))
    timed.detect_image(grey(64, 64))
    timings = timed.timings
    assert (timings.letterbox_seconds, timings.network_seconds, timings.decode_seconds) == (1, 1, 1)
    untimed = Detector.from_card(networks.card_path)
    untimed.detect_image(grey(64, 64))
    assert untimed.timings.network_seconds == 0


def test_the_same_picture_gives_the_same_detections(networks):
    """Detection has no memory: other pictures in between change nothing."""
    detector = Detector.from_card(networks.detector())
    random = np.random.default_rng(1)
    image, other = (random.integers(0, 256, (97, 131, 3), dtype=np.uint8) for _ in range(2))
    first = detector.detect_image(image)
    detector.detect_image(other)
    again = detector.detect_image(image)
    assert np.array_equal(first.boxes, again.boxes)
    assert np.array_equal(first.scores, again.scores)


@pytest.mark.parametrize(
    "path",
    [p for p in SHIPPED if load_settings(p, ModelCard).task == "detect"],
    ids=lambda path: path.stem,
)
def test_shipped_detectors_load_and_run(path):
    """Every shipped detector fits its card and takes pictures of common and odd sizes."""
    detector = Detector.from_card(path)
    for width, height in ((640, 360), (704, 576), (101, 53)):
        found = detector.detect_image(grey(width, height))
        assert found.class_names == detector.card.class_names
