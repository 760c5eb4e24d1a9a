"""The centre hears of status and gaps whatever fails in between, and is asked for what it wants."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from edge.outbox.outbox import Outbox, OutboxSettings
from edge.pictures import CameraPicture
from edge.uplink import centre as box_centre
from edge.uplink.clock import CentreClock
from edge.uplink.reporter import Reporter
from edge.uplink.settings import CentreSettings
from pipeline.exchange import (
    BoxStatus,
    CameraIntroduction,
    CameraSettings,
    CamerasReply,
    GapReason,
    Introductions,
)
from tests.edge.bundles import BundleMaker
from tests.edge.centre import TOKEN, Centre

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def centre():
    with Centre() as running:
        yield running


@pytest.fixture
def outbox(tmp_path):
    opened = Outbox(tmp_path / "outbox", OutboxSettings(min_free_bytes=0))
    yield opened
    opened.close()


@pytest.fixture
def report(centre, outbox):
    """Start a reporter of a box with one camera; it is stopped at the end."""
    stopping, reporters = threading.Event(), []

    def start(picture=None, **settings):
        settings = CentreSettings(
            url=centre.url,
            **{
                "first_retry_seconds": 0.01,
                "longest_retry_seconds": 0.05,
                "quiet_timeout_seconds": 2.0,
                "status_interval_seconds": 0.05,
                "cameras_interval_seconds": 0.05,
                **settings,
            },
        )
        learned, changes, introductions = [], [0], [Introductions(cameras=())]
        reporter = Reporter(
            outbox,
            lambda: box_centre.Centre(settings, token=SecretStr(TOKEN)),
            settings,
            status=lambda: BoxStatus(sent_at=NOW, started_at=NOW, software="s"),
            changes=lambda: changes[0],
            picture=lambda _camera_id: picture,
            cameras=lambda: ("gate",),
            introductions=lambda: introductions[0],
            learn=learned.append,
            clock=CentreClock(),
            stopping=stopping,
        )
        reporter.learned, reporter.changes = learned, changes
        reporter.introductions = introductions
        reporters.append(reporter)
        reporter.start()
        return reporter

    yield start
    stopping.set()
    for reporter in reporters:
        reporter.join(5.0)


def test_status_goes_again_and_again(centre, report):
    """And at once when something has changed."""
    reporter = report()
    centre.wait_for(lambda: len(centre.statuses) >= 2)
    assert reporter.trouble == ""


@pytest.mark.parametrize(
    "statuses",
    [
        [("status", 500, {}), ("cameras", 503, {})],
        [("gaps", 422, {}), ("status", 429, {"Retry-After": "0"})],
        [("cameras", 404, {}), ("gaps", 500, {})],
    ],
)
def test_gaps_arrive_whatever_fails_before(centre, outbox, report, tmp_path, statuses):
    """Each number once at the centre; afterwards the box forgets them."""
    maker = BundleMaker(tmp_path)
    for number in (1, 2):
        outbox.take_in(maker.make(number).folder)
        outbox.declare_damaged(outbox.next_entry(), "gone")
    centre.faults.statuses = statuses
    report()
    centre.wait_for(lambda: not outbox.gaps(1), 20)
    assert sorted(centre.gaps) == [1, 2]
    assert {gap.reason for gap in centre.gaps.values()} == {GapReason.DAMAGED}
    assert {gap.sequence for gap in centre.gaps.values()} == {1, 2}


def test_a_centre_that_is_away_is_told_in_words(centre, report):
    """And forgotten when it is back."""
    centre.faults.is_down = True
    reporter = report()
    centre.wait_for(lambda: "centre" in reporter.trouble)
    centre.faults.is_down = False
    centre.wait_for(lambda: bool(centre.statuses) and not reporter.trouble)


def test_camera_settings_are_asked_for_with_their_tag(centre, report):
    """Unchanged ones are not sent again."""
    centre.cameras = CamerasReply(
        cameras=(CameraSettings(camera_id="gate", version=1, settings={}),)
    )
    reporter = report()
    centre.wait_for(lambda: centre.calls["GET /boxes/me/cameras"] >= 3)
    assert reporter.learned == [centre.cameras]


def introduction(camera_id):
    return Introductions(cameras=(CameraIntroduction(settings={"id": camera_id}),))


def test_cameras_are_introduced_once_and_when_they_change(centre, report):
    """What the box's file says is told at the start and after each change, not in between."""
    reporter = report()
    centre.wait_for(lambda: len(centre.statuses) >= 3)
    assert centre.introductions == [Introductions(cameras=())]
    reporter.introductions[0] = introduction("gate")
    centre.wait_for(lambda: len(centre.introductions) == 2)
    assert centre.introductions[1] == introduction("gate")


@pytest.mark.parametrize(("status", "refused"), [(200, {"gate": "another box's"}), (422, {})])
def test_refused_cameras_are_told_once(centre, report, status, refused):
    """One that the centre does not take, or the whole call: nothing else is held up."""
    centre.introduction_status, centre.refuses_cameras = status, refused
    reporter = report()
    centre.wait_for(lambda: len(centre.statuses) >= 3 and bool(reporter.learned))
    assert centre.calls["PUT /boxes/me/cameras"] == 1
    assert reporter.trouble == ""


def test_a_centre_that_knows_no_introductions_hears_all_else(centre, report):
    """An older one: status, pictures and its zones go on, and the introduction is tried again."""
    centre.introduction_status = 405
    reporter = report(picture=CameraPicture(jpeg=b"\xff\xd8 a picture", captured_at=NOW))
    centre.snapshots = ("gate",)
    centre.wait_for(lambda: "gate" in centre.pictures and bool(reporter.learned))
    centre.wait_for(lambda: len(centre.statuses) >= 3 and len(centre.introductions) >= 2)


def test_pictures_go_when_the_centre_asks(centre, report):
    """Only of this box's cameras; a refused one is not repeated."""
    report(picture=CameraPicture(jpeg=b"\xff\xd8 a picture", captured_at=NOW))
    centre.faults.statuses = [("pictures", 413, {})]
    centre.snapshots = ("gate", "elsewhere")
    centre.wait_for(lambda: centre.calls["PUT /boxes/me/pictures/gate"] == 1)
    centre.snapshots = ("gate",)
    centre.wait_for(lambda: "gate" in centre.pictures)
    assert centre.pictures == {"gate": (b"\xff\xd8 a picture", NOW.isoformat())}


def test_pictures_go_every_so_often_if_set(centre, report):
    """Without being asked."""
    report(picture=CameraPicture(jpeg=b"\xff\xd8", captured_at=NOW), picture_interval_seconds=0.1)
    centre.wait_for(lambda: centre.calls["PUT /boxes/me/pictures/gate"] >= 2)


def test_a_camera_without_a_picture_is_left_out(centre, report):
    """It has shown nothing yet; the status goes on."""
    centre.snapshots = ("gate",)
    report()
    centre.wait_for(lambda: len(centre.statuses) >= 3)
    assert centre.pictures == {}
