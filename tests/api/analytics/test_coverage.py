"""No act seen means nothing where nobody looked: how much each camera was watched."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.analytics.coverage import _covered
from api.analytics.schemas import UnwatchedView
from api.cameras.tables import CameraRecord
from api.users.tables import Role

COVERAGE = "/api/v1/analytics/coverage"
HOUR = 3600.0


@pytest.fixture
def look(log_in):
    """Ask for the coverage as a supervisor; the rows by camera."""

    def ask(**query):
        answer = log_in(Role.SUPERVISOR).get(COVERAGE, params=query)
        assert answer.status_code == 200, answer.text
        return {row["camera_id"]: row for row in answer.json()["items"]}

    return ask


@pytest.fixture
def camera(box, database, now):
    """A camera of the box, registered ten hours ago."""
    with database.writing() as session:
        session.add(
            CameraRecord(
                id="cam-1",
                organisation_id="110105",
                box_id=box.box_id,
                permitted_purposes=[],
                created_at=now() - timedelta(hours=10),
            )
        )
    return "cam-1"


def tell_status(box, now, camera_id, last_frame_at):
    """The box says when it last saw the camera."""
    seen = {
        "camera_id": camera_id,
        "state": "running",
        "since": now().isoformat(),
        "last_frame_at": last_frame_at.isoformat() if last_frame_at else None,
    }
    said = {
        "sent_at": now().isoformat(),
        "started_at": now().isoformat(),
        "software": "x",
        "cameras": [seen],
    }
    assert box.post("status", said).status_code == 200


def tell_gap(box, number, camera_id, began_at, ended_at):
    """The box says when it did not see the camera."""
    gap = {
        "number": number,
        "reason": "not_watched",
        "camera_id": camera_id,
        "began_at": began_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "detail": "no power",
    }
    assert box.post("gaps", {"gaps": [gap]}).status_code == 200


def test_outages_are_taken_off(box, camera, look, now):
    """Two that overlap count once; the rest of the time since the registration was watched."""
    tell_status(box, now, camera, now())
    hours = lambda h: now() - timedelta(hours=h)  # noqa: E731 - one word instead of four
    tell_gap(box, 1, camera, hours(4), hours(2))
    tell_gap(box, 2, camera, hours(3), hours(1))
    row = look()[camera]
    assert (row["seconds"], row["watched_seconds"], row["share"]) == (10 * HOUR, 7 * HOUR, 0.7)
    assert [time["reason"] for time in row["unwatched"]] == ["not_watched"] * 2
    assert row["unwatched"][0]["detail"] == "no power"


def test_a_camera_that_nobody_heard_of_was_not_watched(camera, look):
    """Registered, and never spoken of by its box: its share is nothing, not everything."""
    row = look()[camera]
    assert (row["watched_seconds"], row["share"]) == (0.0, 0.0)
    assert [time["reason"] for time in row["unwatched"]] == ["not_heard_of"]


def test_silence_counts_from_the_last_picture(box, camera, look, now):
    """A box that is off, or a camera that shows nothing: from its last picture on."""
    tell_status(box, now, camera, now())
    now.advance(minutes=2)
    assert look()[camera]["share"] == 1.0
    now.advance(minutes=58)
    row = look()[camera]
    assert row["seconds"] - row["watched_seconds"] == HOUR
    assert row["unwatched"][-1]["ended_at"] is None
    tell_status(box, now, camera, now() - timedelta(hours=1))  # it speaks, and still sees nothing
    assert look()[camera]["unwatched"] == row["unwatched"]


def test_a_clock_ahead_claims_no_more_than_was_told(box, camera, look, now):
    """A last picture in the future is worth no more than the moment at which it was told."""
    tell_status(box, now, camera, now() + timedelta(days=2))
    now.advance(hours=1)
    row = look()[camera]
    assert row["seconds"] - row["watched_seconds"] == HOUR


def test_windows_pages_and_areas(box, camera, look, now, log_in):
    """Only what lies in the window counts; another area sees nothing; too long is refused."""
    tell_status(box, now, camera, now())
    tell_gap(box, 1, camera, now() - timedelta(hours=5), now() - timedelta(hours=4))
    begins, ends = now() - timedelta(hours=2), now() - timedelta(hours=1)
    row = look(begins=begins.isoformat(), ends=ends.isoformat())[camera]
    assert (row["seconds"], row["share"], row["unwatched"]) == (HOUR, 1.0, [])
    before = now() - timedelta(days=3)
    row = look(begins=before.isoformat(), ends=(before + timedelta(hours=1)).isoformat())[camera]
    assert (row["seconds"], row["share"]) == (0.0, None)
    elsewhere = log_in(Role.SUPERVISOR, organisation="110106").get(COVERAGE)
    assert elsewhere.json()["items"] == []
    long = log_in(Role.SUPERVISOR).get(
        COVERAGE, params={"begins": (now() - timedelta(days=40)).isoformat()}
    )
    assert long.status_code == 422
    assert look(camera_id="cam-2") == {}


def test_pages(box, camera, database, log_in, now):
    """Camera by camera, each once."""
    with database.writing() as session:
        session.add_all(
            CameraRecord(
                id=f"cam-{number}",
                organisation_id="110105",
                permitted_purposes=[],
                created_at=now(),
            )
            for number in range(2, 5)
        )
    caller, seen, cursor = log_in(Role.SUPERVISOR), [], None
    while True:
        page = caller.get(COVERAGE, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [row["camera_id"] for row in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert seen == ["cam-1", "cam-2", "cam-3", "cam-4"]


@given(
    st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 60)), max_size=12),
    st.integers(0, 100),
)
def test_what_is_covered_is_the_union(times, end):
    """However times overlap, each second of the window counts once."""
    begin = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
    views = sorted(
        (
            UnwatchedView(
                began_at=begin + timedelta(seconds=start),
                ended_at=begin + timedelta(seconds=start + length),
                reason="not_watched",
                detail="",
            )
            for start, length in times
        ),
        key=lambda view: view.began_at,
    )
    found = _covered(views, begin, begin + timedelta(seconds=end))
    union = {
        second for start, length in times for second in range(max(start, 0), start + length)
    } & set(range(end))
    assert found == timedelta(seconds=len(union))
