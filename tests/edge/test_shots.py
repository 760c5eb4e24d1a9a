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
from pipeline.rules.passage import BurstRequest, Passage
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
