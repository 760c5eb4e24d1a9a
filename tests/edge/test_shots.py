"""Which pictures may serve for each role: those of the road after a truck are from after it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from edge.album import KeyframeAlbum
from edge.shots import Material, ShotFinder
from edge.video.reader import ReaderSettings, VideoReader
from pipeline.candidate import EpisodeState, Explanation
from pipeline.detection.detector import Detector
from pipeline.episodes.events import Episode
from pipeline.evidence.templates import template_for
from pipeline.geometry import Box
from pipeline.privacy import PrivacyMask
from pipeline.rules.passage import BurstRequest, LoadState, Passage, TruckPassage
from pipeline.violations import Subtype

CARD = Path(__file__).parents[2] / "models" / "shipped" / "street.toml"


@pytest.fixture(scope="module")
def detector():
    """The shipped network."""
    return Detector.from_card(CARD)


def spill(frames):
    return Episode(
        episode_id=UUID(int=1), camera_id="c", subtype=Subtype.SPILL_ROAD, state=EpisodeState.OPEN,
        started_at=frames[0].captured_at, fired_at=frames[-1].captured_at,
        last_seen_at=frames[-1].captured_at, ended_at=None, present_seconds=1.0,
        fraction_box=Box(0.2, 0.5, 0.6, 0.9), zone_id="r",
        explanation=Explanation(rule="muck_truck", fired=True, score=0.9, threshold=0.6),
    )  # fmt: skip


def truck_seen_at(frame):
    box = Box(0.2, 0.3, 0.6, 0.8)
    return TruckPassage(
        track_id=1, first_seconds=frame.seconds, first_at=frame.captured_at,
        last_seconds=frame.seconds, last_at=frame.captured_at, path=((frame.seconds, box),),
        load=LoadState.OPEN_LOADED, load_share=1.0, votes=3, best_seconds=frame.seconds + 0.48,
        best_fraction_box=box, plate_fraction_box=Box(0.2, 0.6, 0.6, 0.8),
    )  # fmt: skip


def test_the_truck_is_shown_at_its_best_instant_also_when_the_ring_has_forgotten_it(
    make_video, detector
):
    """Its packets are kept for later bundles, not its pictures: a megabyte, not six."""
    reader = VideoReader(make_video(pictures=175, size=(320, 240)), ReaderSettings(), camera_id="c")
    frames = list(reader)
    request = BurstRequest(
        request_id=1, zone_id="r", begin_seconds=0.0, end_seconds=3.0, frames_per_second=5.0,
        purpose="truck_crossing",
    )  # fmt: skip
    truck = truck_seen_at(frames[2])
    material = Material(passage=Passage(request=request, trucks=(truck,)))
    episode = spill(frames)
    empty = VideoReader(make_video(pictures=175, size=(320, 240)), ReaderSettings(), camera_id="c")
    for ring in (reader.ring, empty.ring):
        finder = ShotFinder(ring, KeyframeAlbum(ring), PrivacyMask(()), detector)
        found = finder.find(template_for(episode.subtype), episode, material, [])
        for role in ("overall", "plate"):
            (shot,) = found.by_role[role]
            assert abs(shot.frame.seconds - truck.best_seconds) < 1 / 25
            assert (shot.frame.width, shot.frame.height) == (320, 240)
        # A crop of another frame object would need a still of its own beside `overall`.
        assert found.by_role["plate"][0].frame is found.by_role["overall"][0].frame


def test_the_road_after_a_truck_is_shown_after_it_has_gone(make_video, detector):
    """Even where the last picture with the act in sight is of the truck's own passage."""
    reader = VideoReader(make_video(pictures=175, size=(320, 240)), ReaderSettings(), camera_id="c")
    frames = list(reader)
    begin, end = frames[1].seconds, frames[4].seconds
    request = BurstRequest(
        request_id=1, zone_id="r", begin_seconds=begin, end_seconds=end, frames_per_second=5.0,
        purpose="truck_crossing",
    )  # fmt: skip
    episode = spill(frames)
    finder = ShotFinder(reader.ring, KeyframeAlbum(reader.ring), PrivacyMask(()), detector)
    found = finder.find(
        template_for(episode.subtype),
        episode,
        Material(passage=Passage(request=request)),
        [(frame.seconds, frame.captured_at) for frame in frames[1:6]],
    )
    (before,) = found.by_role["before"]
    assert before.frame.seconds <= begin
    for role in ("after", "spill"):
        assert found.by_role[role]
        assert all(shot.frame.seconds >= end for shot in found.by_role[role])
