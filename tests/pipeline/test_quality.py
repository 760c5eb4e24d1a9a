"""The gate tells blur, dark, glare, blank and frozen pictures from a street at any hour."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from pipeline.frames import Frame
from pipeline.quality import QualityGate, QualityIssue, QualitySettings, measured_grey, sharpness

RNG = np.random.default_rng(3)


def street(light=1.0, noise=4.0):
    """Houses, lane marks and texture, at some share of daylight."""
    image = np.full((180, 320, 3), 150.0)
    for row in range(0, 180, 12):
        image[row : row + 6, ::9] = 60
    image[100:, 40:300:20] = 240
    grain = RNG.normal(0, noise, image.shape)
    return np.clip(image * light + grain, 0, 255).astype(np.uint8)


def frame(image, seconds):
    """A frame of the camera."""
    return Frame(
        image=image,
        camera_id="c",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=seconds,
        width=320,
        height=180,
    )


@pytest.fixture
def gate():
    """A gate that knows its camera by day."""
    gate = QualityGate()
    for second in range(20):
        assert gate.judge(frame(street(), second)).is_usable
    return gate


def test_blur_is_seen_against_the_cameras_own_usual(gate):
    """Out of focus: far below what this camera gave before."""
    blurred = cv2.GaussianBlur(street(), (0, 0), 2.5).astype(np.uint8)
    quality = gate.judge(frame(blurred, 30))
    assert quality.issues == (QualityIssue.BLURRED,)
    assert quality.relative_sharpness < 0.35
    assert gate.judge(frame(street(), 31)).is_usable


def test_a_soft_camera_is_not_blurred():
    """A cheap lens is always so: its own usual is what counts."""
    gate = QualityGate()
    for second in range(50):
        soft = cv2.GaussianBlur(street(), (0, 0), 2.5).astype(np.uint8)
        assert gate.judge(frame(soft, second)).is_usable


@pytest.mark.parametrize("light", [0.7, 0.4, 0.15])
def test_dusk_and_night_are_not_blur(gate, light):
    """Less light is less contrast, not less sharpness."""
    for second in range(100, 130):
        assert gate.judge(frame(street(light), second)).is_usable


@pytest.mark.parametrize(
    ("image", "issue"),
    [
        (np.zeros((180, 320, 3), np.uint8), QualityIssue.TOO_DARK),
        (street(0.05, 2), QualityIssue.TOO_DARK),
        (np.maximum(street(), 253), QualityIssue.TOO_BRIGHT),
        (np.full((180, 320, 3), 120, np.uint8), QualityIssue.BLANK),
    ],
    ids=["black", "nearly black", "burnt out", "one grey"],
)
def test_pictures_without_content_are_named(gate, image, issue):
    """Black, white, one colour."""
    quality = gate.judge(frame(image, 40))
    assert issue in quality.issues
    assert not quality.is_usable


def test_a_frozen_stream_is_named_after_its_time(gate):
    """The same bytes for more than a minute; one new picture ends it."""
    stuck = street()
    seconds = [100.0, 120.0, 160.0, 160.5, 170.0]
    issues = [gate.judge(frame(stuck, second)).issues for second in seconds]
    assert issues == [(), (), (), (QualityIssue.FROZEN,), (QualityIssue.FROZEN,)]
    assert gate.judge(frame(street(), 171)).is_usable


def test_a_stream_that_begins_anew_is_not_frozen(gate):
    """The clock of a new connection may start earlier: the wait begins again."""
    stuck = street()
    gate.judge(frame(stuck, 1000))
    assert gate.judge(frame(stuck, 5)).still_seconds == 0
    assert gate.judge(frame(stuck, 30)).is_usable


def test_dirt_does_not_become_usual_within_hours(gate):
    """Blurred for six hours is still blurred; without the longer memory it would pass."""
    forgetful = QualityGate(QualitySettings(forget_blurred_seconds=1800))
    for second in range(20):
        forgetful.judge(frame(street(), second))
    for hour in range(1, 25):
        blurred = cv2.GaussianBlur(street(), (0, 0), 2.5).astype(np.uint8)
        last = gate.judge(frame(blurred, hour * 900))
        forgotten = forgetful.judge(frame(blurred, hour * 900))
    assert last.issues == (QualityIssue.BLURRED,)
    assert forgotten.is_usable


def test_one_noisy_frame_does_not_spoil_the_reference(gate):
    """A burst of noise is sharper than any street and must not make the street look blurred."""
    noise = RNG.integers(0, 256, (180, 320, 3)).astype(np.uint8)
    gate.judge(frame(noise, 30))
    assert gate.judge(frame(street(), 31)).is_usable


def test_large_frames_are_measured_small():
    """1080p is judged at 640 pixels, and a strip of few rows survives."""
    assert measured_grey(np.zeros((1080, 1920, 3), np.uint8)).shape == (360, 640)
    assert measured_grey(np.zeros((1, 5000, 3), np.uint8)).shape == (1, 640)
    assert measured_grey(np.zeros((180, 320, 3), np.uint8)).shape == (180, 320)


def test_sharpness_orders_by_focus():
    """Each further step out of focus is less sharp; contrast does not matter."""
    grey = measured_grey(street(noise=0))
    values = [sharpness(cv2.GaussianBlur(grey, (0, 0), s).astype(np.uint8)) for s in (0.5, 1, 2)]
    assert sharpness(grey) > values[0] > values[1] > values[2]
    assert sharpness((grey // 2).astype(np.uint8)) == pytest.approx(sharpness(grey), rel=0.1)


def test_state_is_bounded():
    """100,000 frames leave three numbers and a checksum."""
    gate = QualityGate()
    images = [np.full((4, 4, 3), value, np.uint8) for value in (10, 90, 200)]
    for image in images:
        image[0, 0] += 50
    for second in range(100_000):
        gate.judge(frame(images[second % 3], second))
    assert set(vars(gate)) == {
        "_settings",
        "_usual",
        "_checksum",
        "_still_since",
        "_last_seconds",
    }
    assert len(gate._usual) == 3


def test_the_same_frames_give_the_same_judgement():
    """Two gates, one stream, equal answers."""
    frames = [frame(street(), second) for second in range(30)]
    first, second = QualityGate(), QualityGate()
    assert [first.judge(f) for f in frames] == [second.judge(f) for f in frames]


def test_the_gate_is_cheap():
    """About 0.6 ms at 640x360 on one core; the bound leaves room for a busy machine."""
    image = cv2.resize(street(), (640, 360)).astype(np.uint8)
    gate = QualityGate()
    picture = replace(frame(image, 0), width=640, height=360)
    gate.judge(picture)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        gate.judge(picture)
        times.append(time.perf_counter() - began)
    assert sorted(times)[5] < 0.003
