"""A camera's state outlives a restart: the same act is not opened twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from edge.cameras.unit import CameraUnit
from edge.evidence_desk import EvidenceDesk
from edge.judging.service import JudgingService
from edge.networks import Networks
from edge.settings import BoxCamera, BoxSettings, ModelSettings
from pipeline.candidate import Explanation
from pipeline.episodes.entry import Entry
from pipeline.episodes.presence import Sight
from pipeline.evidence.manifest import ClockState
from pipeline.geometry import Box
from pipeline.rules.judgement import Judgement
from pipeline.violations import Subtype

ZONE = {"id": "z", "kind": "no_vending", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def networks():
    return Networks(ModelSettings())


@pytest.fixture
def make_unit(make_video, tmp_path, networks):
    """Put a camera of a grey street together, again and again on the same folder."""
    video = make_video(pictures=100)
    settings = BoxSettings(data=tmp_path / "box")
    desk = EvidenceDesk(settings.data, box_id=settings.id, software="s")
    with JudgingService() as judging:

        def make(**changes):
            steps = []
            camera = BoxCamera.model_validate(
                {"id": "gate", "source": str(video), "zones": [ZONE], "starts_at": NOW, **changes}
            )
            unit = CameraUnit(
                camera, settings, networks=networks, desk=desk, judging=judging,
                clock=lambda: ClockState(offset_seconds=None, synchronised=None, source="test"),
                software="s", on_step=lambda camera_id, step: steps.append((camera_id, step)),
            )  # fmt: skip
            unit.steps = steps
            return unit

        yield make


def open_an_episode(unit, began=NOW):
    """As if a rule had fired."""
    judgement = Judgement(
        subtype=Subtype.VENDING_NO_PERMIT_PLACE, zone_id="z", presence_id=1,
        fraction_box=Box(0.2, 0.2, 0.4, 0.6), sight=Sight.SEEN, started_at=began,
        last_seen_at=began, present_seconds=200.0,
        explanation=Explanation(rule="vending", fired=True, score=0.9, threshold=0.5),
    )  # fmt: skip
    unit.processor.book._open.append(Entry.begin("gate", judgement, began, None))


def test_every_picture_of_a_file_is_judged(make_unit):
    """In order, by the service, without a skip."""
    unit = make_unit()
    unit.run()
    assert [camera_id for camera_id, _ in unit.steps] == ["gate"] * 4
    assert (unit.lane.counts.judged, unit.lane.counts.skipped) == (4, 0)
    assert unit.progress() == 100


def test_an_open_episode_outlives_a_restart(make_unit):
    """The next process goes on with the same id, and knows its reference views."""
    first = make_unit()
    first.run()
    open_an_episode(first)
    first.close(5.0)
    again = make_unit()
    (episode,) = again.processor.book.open_episodes
    assert episode.episode_id == first.processor.book.open_episodes[0].episode_id
    again.close(5.0)


@pytest.mark.parametrize(
    ("source", "instants"), [(None, [NOW, NOW]), ("rtsp://127.0.0.1/gate", [NOW, None])]
)
def test_who_joins_a_recorded_stream_again_joins_it_in_the_present(make_unit, source, instants):
    """A file begins anew at its first instant; a stream has gone on meanwhile."""
    changes = {"source": source} if source else {}
    seen = []
    for _ in range(2):
        unit = make_unit(**changes)
        seen.append(unit._first_instant())
        unit.close(5.0)
    # `_first_instant` of the first unit was asked before its state was saved.
    assert seen == instants


def test_the_state_is_saved_with_every_event(make_unit, tmp_path):
    """A kill right after an episode has opened does not open it again."""
    unit = make_unit()
    open_an_episode(unit, NOW - timedelta(days=3))
    unit.processor.book._captured_at = NOW - timedelta(days=3)  # the first frame ends it: an event
    unit.run()
    saved = json.loads((tmp_path / "box" / "state" / "gate.json").read_text())
    (entry,) = saved["book"]["entries"]
    assert entry["episode"]["state"] == "ended"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"book": 7}', b'{"book": {"camera_id": "other"}}', bytes(50)]
)
def test_damaged_state_is_moved_aside(make_unit, tmp_path, content):
    """The camera begins anew and says so; the file is there for a person."""
    path = tmp_path / "box" / "state" / "gate.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    unit = make_unit()
    assert unit.processor.book.open_episodes == ()
    assert not path.exists()
    assert path.with_name("gate.json.damaged").read_bytes() == content


def test_a_damaged_reference_view_is_moved_aside(make_unit, tmp_path):
    """The other views stay in use."""
    folder = tmp_path / "box" / "references" / "gate"
    folder.mkdir(parents=True)
    (folder / "day-0.reference.npz").write_bytes(b"no view")
    unit = make_unit()
    unit.run()
    assert (folder / "day-0.reference.npz.damaged").exists()


def test_a_file_that_has_ended_leaves_no_state(make_unit, tmp_path):
    """Its episodes are ended; playing it again begins from nothing."""
    unit = make_unit()
    unit.run()
    open_an_episode(unit)
    unit.finish()
    assert unit.processor.book.open_episodes == ()
    assert not (tmp_path / "box" / "state" / "gate.json").exists()


def test_a_fault_while_judging_a_live_picture_is_kept_for_the_supervisor(make_unit):
    """The first one, once."""
    unit = make_unit()
    unit._note_fault(ZeroDivisionError("a"))
    unit._note_fault(ZeroDivisionError("b"))
    assert str(unit.fault()) == "a"
    assert unit.fault() is None
