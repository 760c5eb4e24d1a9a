"""Over hours: what is frozen stays, state stays bounded, the same frames say the same."""

import dataclasses
import pickle
from datetime import timedelta

import cv2
import numpy as np
import pytest

from pipeline.camera import Camera
from pipeline.change.detector import ChangeDetector
from pipeline.change.difference import Comparand
from pipeline.change.settings import ChangeSettings
from pipeline.errors import FrameError, ReferenceViewError
from tests.pipeline.change import scenes

TINY = (18, 32)  # rows, columns: as small as the settings allow


def tiny_frames(count, step_seconds=1.0, seed=1):
    """A noisy small street in which something walks."""
    rng = np.random.default_rng(seed)
    street = rng.integers(40, 200, (*TINY, 3)).astype(np.uint8)
    for number in range(count):
        image = street + rng.integers(0, 4, street.shape).astype(np.uint8)
        x = number % 26
        image[6:10, x : x + 5] = 230
        yield scenes.frame_of(image, number * step_seconds)


def source_frame(image, seconds):
    """A small picture of the same source as the scenes' own."""
    size = {"width": 3 * scenes.WIDTH, "height": 3 * scenes.HEIGHT}
    return dataclasses.replace(scenes.frame_of(image, seconds), **size)


def said(result):
    """All of a result as plain values, to compare."""
    values = dataclasses.asdict(result)
    values["changed"], values["moving"] = result.changed.tobytes(), result.moving.tobytes()
    return values


@pytest.mark.parametrize("claimed", [True, False])
def test_only_an_open_episode_keeps_a_thing_out_of_the_reference(claimed):
    """After 3 hours a claimed stall is still proposed; an unclaimed one has become background."""
    thing = scenes.stall()
    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(width_px=96))
    for frame in scenes.Street().frames(30):
        detector.update(frame)
    street = scenes.Street(effects=[thing.draw])
    frozen = [thing.box] if claimed else []
    images = [cv2.resize(street.image(second), (96, 54)) for second in range(4)]
    ages = []
    for number in range(4, 1100):  # 3 hours of keyframes 10 s apart
        frame = source_frame(images[number % 4], number * 10.0)
        result = detector.update(frame, frozen=frozen)
        ages.append(max((p.age_seconds for p in result.proposals), default=0.0))
    if claimed:
        assert min(ages[5:]) > 0
        assert ages[-1] == pytest.approx(1096 * 10, abs=30)
    else:
        assert ages[100] > 0
        assert max(ages[-100:]) == 0


def test_the_same_frames_say_the_same():
    """Two detectors, the same frames: equal results to the last bit."""
    thing = scenes.stall()

    def run():
        detector = ChangeDetector(scenes.CAMERA)
        detector.import_references(scenes.learned())
        street = scenes.Street(effects=[scenes.between(thing.draw, 4), scenes.jitter()])
        return [said(detector.update(frame)) for frame in street.frames(22)]

    first, second = run(), run()
    assert first[-1]["proposals"]
    assert first == second


def test_state_does_not_grow():
    """After 1,000 pictures the state has the size it had after 200 (`measure.py`: 100,000)."""
    camera = Camera(id="cam-1", zones=scenes.CAMERA.zones)
    detector = ChangeDetector(camera, ChangeSettings(width_px=32))
    sizes = {}
    for number, frame in enumerate(tiny_frames(1001)):
        detector.update(frame)
        if number in {200, 1000}:
            sizes[number] = len(pickle.dumps(detector))
    assert sizes[1000] <= 1.05 * sizes[200]


def test_a_gap_in_the_stream_proves_nothing():
    """Two pictures an hour apart do not make a thing that stood for an hour."""
    thing = scenes.stall()
    detector = ChangeDetector(scenes.CAMERA)
    detector.import_references(scenes.learned())
    street = scenes.Street(effects=[scenes.between(thing.draw, 3)])
    for seconds in (0.0, 1.0, 2.0, 3.0, 3603.0):
        result = detector.update(street.frame(seconds))
    assert not result.proposals


def test_a_stream_that_begins_again_goes_on():
    """The stream's clock jumps back to 0: ages go on from where they were."""
    thing = scenes.stall()
    detector = ChangeDetector(scenes.CAMERA)
    detector.import_references(scenes.learned())
    street = scenes.Street(effects=[thing.draw])
    for frame in street.frames(18):
        before = detector.update(frame)
    for frame in street.frames(4):
        after = detector.update(frame)
    age = before.proposals[0].age_seconds
    assert after.proposals[0].age_seconds == pytest.approx(age + 3, abs=1.5)


def test_another_format_begins_anew():
    """A camera set to 4:3 learns again, and says so."""
    detector = ChangeDetector(scenes.CAMERA)
    detector.import_references(scenes.learned())
    assert detector.update(scenes.Street().frame(0)).notes == ()
    narrow = scenes.frame_of(scenes.Street().image(1)[:, :480].copy(), 1)
    assert "format_changed" in detector.update(narrow).notes


def test_references_of_another_format_are_let_go():
    """Kept views of another raster are dropped with a note, not an error."""
    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(width_px=160))
    detector.import_references(scenes.learned())
    assert "references_other_format" in detector.update(scenes.Street().frame(0)).notes


def test_another_cameras_frames_and_views_are_refused():
    """Each detector belongs to one camera."""
    detector = ChangeDetector(Camera(id="cam-2"))
    with pytest.raises(FrameError, match="cam-2"):
        detector.update(scenes.Street().frame(0))
    with pytest.raises(ReferenceViewError, match="belongs to camera 'cam-1'"):
        detector.import_references(scenes.learned())


def test_the_time_of_day_does_not_matter():
    """Only `seconds` counts: the same pictures a year later say the same."""

    def run(later):
        detector = ChangeDetector(scenes.CAMERA)
        detector.import_references(scenes.learned())
        frames = scenes.Street(effects=[scenes.stall().draw]).frames(16)
        moved = (dataclasses.replace(f, captured_at=f.captured_at + later) for f in frames)
        return [said(detector.update(frame)) for frame in moved]

    assert run(timedelta(0)) == run(timedelta(days=365))


def test_a_quiet_street_is_compared_less_often_than_one_where_something_stands(monkeypatch):
    """Every third second while nothing stands; with every picture once a patch may be there."""
    compared = []
    compare = Comparand.compare

    def counted(self, colour, *, is_day):
        compared.append(colour)
        return compare(self, colour, is_day=is_day)

    scenes.learned(1)  # beforehand, once for all tests
    monkeypatch.setattr(Comparand, "compare", counted)
    scenes.watch(until=30)
    quiet = len(compared)
    assert 30 / 3 <= quiet <= 30 / 3 + 4  # and when the reference is prepared anew
    compared.clear()
    results = scenes.watch(scenes.stall().draw, until=30)
    found = next(number for number, result in enumerate(results) if result.proposals)
    assert found <= 15
    assert len(compared) >= quiet + (len(results) - found) // 2
