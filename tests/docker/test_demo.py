"""What `make run` writes for its box, and what it says when it cannot begin."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path
from types import SimpleNamespace

import demo
import demo_cameras
import pytest
from demo_watch import Story, Watch
from topology import TopologyError

from edge.settings import BoxSettings
from pipeline.settings import parse_settings
from pipeline.violations import Violation
from pipeline.zones import ZoneKind


class Started:
    """A topology that notes what would be started."""

    def __init__(self):
        self.commands = {}

    def start(self, name, command):
        """As `Topology.start`."""
        self.commands[name] = [str(word) for word in command]


def box_of(cameras, tmp_path):
    """The settings as the box reads them."""
    text = demo_cameras.box_settings(tmp_path, "http://127.0.0.1:8080", cameras)
    return parse_settings(text, BoxSettings)


def test_the_street_has_names_places_and_positions(tmp_path):
    """Four cameras with their zones, each with what an operator knows it by, none twice."""
    clips = sorted(demo.STREET.glob("*.mp4"))
    running = Started()
    box = box_of(demo_cameras.simulated_cameras(running, clips, speed=6.0), tmp_path)
    assert [camera.id for camera in box.cameras] == [clip.stem for clip in clips]
    for camera in box.cameras:
        assert camera.zones
        assert camera.starts_at is not None
        assert camera.timezone.key == "Asia/Shanghai"
    assert len({camera.name for camera in box.cameras}) == len(clips)
    assert len({(camera.longitude, camera.latitude) for camera in box.cameras}) == len(clips)
    assert len({camera.place for camera in box.cameras}) == len(clips)
    assert all(ord(camera.name[0]) > 0x4E00 for camera in box.cameras)
    command = running.commands["cameras"]
    assert command[command.index("--linger") + 1] == str(demo_cameras.LINGER_SECONDS)


def test_ones_own_video_has_no_zones_yet(tmp_path):
    """A file plays again and again, whatever its name is written with."""
    video = tmp_path / 'a "quoted" \\ 名字.mp4'
    video.touch()
    (camera,) = box_of([demo_cameras.own_camera(str(video))], tmp_path).cameras
    assert (camera.id, camera.name, camera.loop) == ("my-camera", video.name, True)
    assert Path(camera.source) == video
    assert camera.zones == ()


def test_ones_own_camera_keeps_its_password(tmp_path):
    """The address goes to the box as it is; the camera's name does not show it."""
    address = "rtsp://admin:p%40ss@10.0.0.7/ch1"
    (camera,) = box_of([demo_cameras.own_camera(address)], tmp_path).cameras
    assert (camera.source, camera.loop) == (address, False)
    assert "p%40ss" not in camera.name


def test_a_missing_video_is_named():
    """With what to give instead."""
    with pytest.raises(TopologyError, match=r"nothing\.mp4.*give a video or an rtsp"):
        demo_cameras.own_camera("nothing.mp4")


def test_permits_keep_their_windows_and_dates(tmp_path):
    """What the renderer wrote of a permitted bay arrives at the box."""
    camera = tomllib.loads((demo.STREET / "demo_vending-0.camera.toml").read_text(encoding="utf-8"))
    table = demo_cameras.camera_table("c", "c.mp4", camera)
    (bay,) = box_of([table], tmp_path).cameras[0].zones_of(ZoneKind.PERMITTED)
    assert bay.document == "SIM-BAY-2026-01"
    assert bay.windows


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/etc/localtime", "UTC"),
        ("CST-8", "UTC"),
    ],
)
def test_the_zone_of_time_is_that_of_the_machine(monkeypatch, said, zone):
    """As TZ or the link of the system says; what is no zone's name is none."""
    monkeypatch.setenv("TZ", said)
    assert demo_cameras.own_timezone() == zone


def test_a_taken_port_is_said_unless_any_will_do(monkeypatch):
    """The usual one gives way to another; one that was asked for does not."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TopologyError, match=rf"127\.0\.0\.1:{port} .*--port"):
            demo._socket("127.0.0.1", port)
        monkeypatch.setattr("demo.DEFAULT_PORT", port)
        with demo._socket("127.0.0.1", port) as other:
            assert other.getsockname()[1] != port


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    """What a run did not make is never removed."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").touch()
    with (
        pytest.raises(TopologyError, match="holds something else"),
        demo._folder(precious, keep=False),
    ):
        pass
    assert (precious / "thesis.txt").exists()


def test_a_folder_serves_one_run_at_a_time_and_begins_anew(tmp_path):
    """A second run says so; a later one finds nothing of the first."""
    out = tmp_path / "run"
    with demo._folder(out, keep=False):
        out.mkdir()
        (out / demo.SETTINGS_OF_CENTRE).touch()
        with pytest.raises(TopologyError, match="another run"), demo._folder(out, keep=False):
            pass
    with demo._folder(out, keep=True):
        assert out.exists()
    with demo._folder(out, keep=False):
        assert not out.exists()


def test_a_full_disk_is_said_before_anything_is_made(tmp_path, monkeypatch):
    """With how much is needed."""
    monkeypatch.setattr("demo.NEEDED_BYTES", 2**62)
    with (
        pytest.raises(TopologyError, match="MiB of disk are free"),
        demo._folder(tmp_path / "run", keep=False),
    ):
        pass
    assert not (tmp_path / "run").exists()


def test_a_run_is_ok_only_if_all_four_came_in_time(capsys):
    """Ended before the promised time it has failed nothing."""
    story = Story()
    watch = Watch(SimpleNamespace(running=[]), "u", {"demo-operator": ""}, story, source=None)
    assert watch.figures()["ok"]
    story.began -= 121.0
    assert not watch.figures()["ok"]
    watch.found = dict.fromkeys(Violation, 60.0)
    assert watch.figures() == {
        "ok": True,
        "console": "u",
        "found": {violation.value: 60.0 for violation in Violation},
    }
