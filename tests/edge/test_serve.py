"""A box in service: cameras over RTSP, a centre that fails, a settings file that changes."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import timedelta
from uuid import UUID

import pytest

from edge.errors import EdgeError
from edge.rtsp.camera import CameraClip
from edge.rtsp_server import RtspServer
from edge.serve import BoxService
from edge.settings import BoxSettings
from edge.uplink.link import TOKEN_FILE
from edge.video.timeline import utc_now
from pipeline.exchange import CameraSettings, CamerasReply, CameraState, GapReason
from pipeline.settings import load_settings
from tests.edge.bundles import BundleMaker
from tests.edge.centre import CODE, TOKEN, Centre

ZONE = {
    "id": "pavement",
    "kind": "no_vending",
    "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]],
}


@pytest.fixture
def centre():
    with Centre() as running:
        yield running


@pytest.fixture
def rtsp(make_video):
    """Three simulated cameras that show the same grey street."""
    clip = CameraClip(path=make_video(pictures=100), speed=4.0)
    with RtspServer(dict.fromkeys(("east", "west", "north"), clip)) as server:
        yield server


@pytest.fixture
def write_settings(tmp_path, centre):
    """Write the box's file: cameras by name and source, and everything with short waits."""

    def write(cameras, extra=""):
        (tmp_path / "code").write_text(CODE)
        lines = [
            'id = "box-1"',
            f'data = "{tmp_path}/box"',
            extra,
            "[health]",
            "port = 0",
            "[outbox]",
            "min_free_bytes = 0",
            "[supervision]",
            "first_retry_seconds = 0.1",
            "longest_retry_seconds = 0.2",
            "[reader]",
            "open_timeout_seconds = 2.0",
            "read_timeout_seconds = 2.0",
            "[centre]",
            f'url = "{centre.url}"',
            f'enrolment_code_file = "{tmp_path}/code"',
            "first_retry_seconds = 0.05",
            "longest_retry_seconds = 0.1",
            "status_interval_seconds = 0.5",
            "cameras_interval_seconds = 0.5",
        ]
        for name, source in cameras.items():
            lines += ["[[cameras]]", f'id = "{name}"', f'source = "{source}"']
            lines += [f"zones = [{{ id = 'z', kind = 'no_vending', polygon = {ZONE['polygon']} }}]"]
        path = tmp_path / "box.toml"
        part = tmp_path / "box.toml.part"
        part.write_text("\n".join(lines))
        part.replace(path)
        return path

    return write


@pytest.fixture
def running():
    """Run a box in a thread; it is stopped at the end."""
    boxes = []

    def start(path, **options):
        service = BoxService(load_settings(path, BoxSettings), path)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(service.run(**options)))
        thread.start()
        boxes.append((service, thread))
        service.answers = answers
        return service

    yield start
    for service, thread in boxes:
        service.stop()
        thread.join(20)
        assert not thread.is_alive()


def states(centre):
    """The newest word on every camera."""
    return {c.camera_id: c.state for c in centre.statuses[-1].cameras} if centre.statuses else {}


def ask(service, path):
    """One of the box's own answers: status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{service.health_port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_box_from_enrolment_to_its_last_word(centre, rtsp, write_settings, running, tmp_path):
    """It enrols, watches, sends what lay there, tells its status, and ends in order."""
    maker = BundleMaker(tmp_path / "box")
    maker.make(1)
    service = running(write_settings({n: rtsp.url(n).reveal() for n in ("east", "west")}))
    centre.wait_for(lambda: len(centre.order) == 1, 30)
    centre.wait_for(
        lambda: set(states(centre).values()) == {CameraState.RUNNING}
        and all(c.frames > 1 for c in centre.statuses[-1].cameras), 30,
    )  # fmt: skip
    status = centre.statuses[-1]
    assert status.software.startswith("streetcase")
    assert status.outbox_candidates == 0
    assert status.cameras[0].width == 160
    assert (tmp_path / "box" / TOKEN_FILE).stat().st_mode & 0o777 == 0o600
    assert ask(service, "/ready")[0] == 200
    code, body = ask(service, "/health")
    assert code == 200
    assert json.loads(body)["outbox"]["waiting"] == 0
    code, body = ask(service, "/metrics")
    assert 'streetcase_camera_state{camera="east",state="running"} 1.0' in body
    assert "streetcase_uplink_sent_total 1.0" in body
    assert ask(service, "/secrets")[0] == 404
    count = len(centre.statuses)
    service.stop()
    centre.wait_for(lambda: bool(service.answers), 20)
    assert len(centre.statuses) > count
    assert states(centre) == {}
    assert service.answers[0]["ok"]
    assert TOKEN not in json.dumps(service.answers)


def test_time_in_which_the_box_was_off_is_told(centre, rtsp, write_settings, running, tmp_path):
    """From the last picture of an earlier life to the first of this one, by its last word."""
    watched = tmp_path / "box" / "watched.json"
    watched.parent.mkdir()
    off_since = utc_now() - timedelta(hours=1)
    watched.write_text(json.dumps({"east": off_since.isoformat()}))
    service = running(write_settings({n: rtsp.url(n).reveal() for n in ("east", "west")}))
    centre.wait_for(
        lambda: (
            bool(centre.statuses)
            and len(centre.statuses[-1].cameras) == 2
            and all(c.frames > 1 for c in centre.statuses[-1].cameras)
        ),
        30,
    )
    service.stop()
    centre.wait_for(lambda: bool(service.answers), 20)
    [gap] = centre.gaps.values()
    assert (gap.reason, gap.camera_id) == (GapReason.NOT_WATCHED, "east")
    assert gap.began_at == off_since
    assert timedelta(hours=1) <= gap.ended_at - gap.began_at < timedelta(hours=1, minutes=2)
    assert set(json.loads(watched.read_text())) == {"east", "west"}


def test_a_dead_camera_disturbs_no_other_and_comes_back(
    centre, make_video, write_settings, running
):
    """While one is away it is retried; the other one's pictures go on."""
    clip = CameraClip(path=make_video(pictures=100), speed=4.0)
    with RtspServer({"west": clip}) as other:
        port = other.port
    with RtspServer({"east": clip}) as east:
        service = running(
            write_settings(
                {"east": east.url("east").reveal(), "west": f"rtsp://127.0.0.1:{port}/west"}
            )
        )
        centre.wait_for(lambda: states(centre).get("east") is CameraState.RUNNING, 30)
        reasons = [c.reason for c in centre.statuses[-1].cameras if c.camera_id == "west"]
        assert "refuses the connection" in reasons[0]
        frames = centre.statuses[-1].cameras[0].frames
        centre.wait_for(lambda: centre.statuses[-1].cameras[0].frames > frames + 2, 20)
        with RtspServer({"west": clip}, port=port):
            centre.wait_for(lambda: states(centre).get("west") is CameraState.RUNNING, 30)
    centre.wait_for(lambda: states(centre).get("west") is not CameraState.RUNNING, 20)
    assert ask(service, "/health")[0] == 200


def test_cameras_come_and_go_without_a_restart(centre, rtsp, write_settings, running):
    """By SIGHUP's way: one is taken out, one comes in, one does not notice."""
    service = running(write_settings({n: rtsp.url(n).reveal() for n in ("east", "west")}))
    centre.wait_for(lambda: states(centre).get("west") is CameraState.RUNNING, 30)
    (before,) = [m.unit for m in service._fleet if m.camera.id == "east"]
    write_settings({n: rtsp.url(n).reveal() for n in ("east", "north")})
    service.reload()
    centre.wait_for(
        lambda: states(centre) == {"east": CameraState.RUNNING, "north": CameraState.RUNNING}, 30
    )
    (after,) = [m.unit for m in service._fleet if m.camera.id == "east"]
    assert after is before


def test_a_wrong_settings_file_changes_nothing(centre, rtsp, write_settings, running, capsys):
    """The box goes on with what it has and says what is wrong."""
    path = write_settings({"east": rtsp.url("east").reveal()})
    service = running(path)
    centre.wait_for(lambda: states(centre).get("east") is CameraState.RUNNING, 30)
    path.write_text("cameras = 7")
    service.reload()
    said, until = "", time.monotonic() + 20
    while "settings_refused" not in said and time.monotonic() < until:
        time.sleep(0.1)
        said += "".join(capsys.readouterr())  # wherever an earlier test has sent the log
    assert "box.toml" in said
    assert states(centre).get("east") is CameraState.RUNNING


def test_the_centre_draws_zones_and_asks_for_a_picture(
    centre, rtsp, write_settings, running, tmp_path
):
    """Its zones replace those of the file, also after a restart without a link."""
    path = write_settings({"east": rtsp.url("east").reveal()})
    service = running(path)
    centre.wait_for(lambda: states(centre).get("east") is CameraState.RUNNING, 30)
    centre.cameras = CamerasReply(
        cameras=(
            CameraSettings(
                camera_id="east", version=3, settings={"name": "East gate", "zones": [ZONE]}
            ),
        )
    )
    centre.wait_for(lambda: [m.camera.name for m in service._fleet] == ["East gate"], 30)
    centre.snapshots = ("east", "unknown")
    centre.wait_for(lambda: "east" in centre.pictures, 30)
    jpeg, instant = centre.pictures["east"]
    assert jpeg.startswith(b"\xff\xd8")
    assert instant.endswith("+00:00")
    assert "unknown" not in centre.pictures
    service.stop()
    centre.wait_for(lambda: bool(service.answers), 20)
    centre.faults.is_down = True
    again = running(path)
    centre.wait_for(lambda: hasattr(again, "_fleet") and bool(again._fleet.ids()), 30)
    assert [zone.id for m in again._fleet for zone in m.camera.zones] == ["pavement"]


def test_the_clock_is_measured_against_the_centre(centre, rtsp, write_settings, running):
    """A box whose clock nobody keeps says how far it is from the centre's."""
    centre.clock_ahead = timedelta(days=2)
    service = running(write_settings({"east": rtsp.url("east").reveal()}))
    centre.wait_for(lambda: len(centre.statuses) > 1, 30)
    offset = service._link.clock.offset_seconds
    assert offset == pytest.approx(-2 * 86400, abs=2)


def test_a_file_is_watched_once_without_a_loss(centre, make_video, write_settings, running):
    """With --once the box ends by itself when all is judged and sent."""
    service = running(write_settings({"clip": make_video(pictures=100)}), once=True)
    centre.wait_for(lambda: bool(service.answers), 60)
    assert service.answers[0]["frames"] == 4
    assert service.answers[0]["cameras"] == 1


def test_two_boxes_never_share_a_folder(write_settings, running, centre, make_video):
    """The second says so and ends."""
    path = write_settings({"clip": make_video(pictures=50)})
    first = running(path)
    centre.wait_for(lambda: first.health_port is not None, 30)
    with pytest.raises(EdgeError, match="another box works"):
        BoxService(load_settings(path, BoxSettings), path).run()


def test_the_port_of_health_may_be_taken(write_settings, running, centre, make_video):
    """The message names the setting."""
    first = running(write_settings({"clip": make_video(pictures=50)}))
    centre.wait_for(lambda: first.health_port is not None, 30)
    settings = load_settings(write_settings({}), BoxSettings)
    taken = settings.model_copy(
        update={
            "data": settings.data / "other",
            "health": settings.health.model_copy(update={"port": first.health_port}),
        }
    )
    with pytest.raises(EdgeError, match=r"health\.port"):
        BoxService(taken).run()


def test_the_command_ends_in_order_on_sigterm(centre, rtsp, write_settings, tmp_path):
    """JSON logs without secrets, a state saved, exit code 0, and the last line is the answer."""
    login = rtsp.url("east").reveal().replace("rtsp://", "rtsp://admin:secret%21@")
    path = write_settings({"east": login, "clip": tmp_path / "gone.mp4"})
    BundleMaker(tmp_path / "box").make(7)
    command = [sys.executable, "-m", "edge", "serve", "--settings", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            centre.wait_for(lambda: states(centre).get("east") is CameraState.RUNNING, 60)
            centre.wait_for(lambda: centre.statuses[-1].cameras[0].frames > 1, 30)
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["sent"] == 1
    events = [json.loads(line) for line in err.splitlines()]
    assert {"box_started", "camera_state", "candidate_sent", "box_ended"} <= {
        event["event"] for event in events
    }
    for secret in ("secret", TOKEN, CODE):
        assert secret not in err + out
    assert (tmp_path / "box" / "state" / "east.json").exists()
    assert centre.order == [(str(UUID(int=7)), 0, 1)]


def test_an_outbox_that_cannot_be_tidied_ends_no_box(
    centre, write_settings, running, tmp_path, monkeypatch
):
    """A backup tool that holds the database for long: the main loop goes round all the same."""
    monkeypatch.setattr("edge.outbox.database.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("edge.serve.TIDY_SECONDS", 0.1)
    service = running(write_settings({}))
    centre.wait_for(lambda: bool(centre.statuses), 30)
    other = sqlite3.connect(tmp_path / "box" / "outbox" / "outbox.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(1.0)
    other.execute("ROLLBACK")
    other.close()
    assert not service.answers
    assert ask(service, "/health")[0] == 200
