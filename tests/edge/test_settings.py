"""A box's settings: sources, passwords, camera files."""

from __future__ import annotations

import pytest

from edge.settings import BoxSettings, load_camera, undrawn_camera
from pipeline.errors import SettingsError
from pipeline.settings import parse_settings
from pipeline.zones import ZoneKind

BOX = """
id = "crossing-7"

[[cameras]]
id = "east"
source = "rtsp://admin:secret@127.0.0.1:554/ch1"
timezone = "Asia/Shanghai"
"""


def test_password_of_a_camera_is_never_shown():
    """Neither the settings nor the address repeat it; `reveal` does, for the call that opens."""
    box = parse_settings(BOX, BoxSettings)
    assert "secret" not in repr(box)
    assert "secret" not in str(box.cameras[0].video_source)
    assert "secret" in box.cameras[0].video_source.reveal()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('source = "rtsp://admin:secret@127.0.0.1:554/ch1"', "", ["box.toml:4", "is missing"]),
        ("rtsp://admin:secret@", "http://admin:secret@", ["box.toml:4", "must begin with rtsp"]),
        ('id = "east"', 'id = "east"\nstarts_at = 2026-11-22T08:00:00+08:00', ["in UTC"]),
        ('id = "east"', 'id = "east"\nlongitude = 116.4', ["belong together"]),
        ('id = "east"', 'id = "east"\nlongitude = 181\nlatitude = 0', ["longitude"]),
        ('id = "crossing-7"', "[reader]\nring_seconds = -1", ["box.toml:3: reader.ring_seconds"]),
        ('id = "crossing-7"', "[model]\nproviderr = 'cpu'", ["'provider'"]),
        (
            'id = "east"',
            'id = "east"\nsource = "a.mp4"\n[[cameras]]\nid = "east"',
            ["camera ids must differ"],
        ),
    ],
)
def test_mistakes_name_the_line_and_hide_the_password(old, new, words):
    """Every mistake says where it is, and none repeats the camera's password."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(BOX.replace(old, new), BoxSettings, "box.toml")
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "secret" not in message


def test_camera_file_has_camera_and_zones(tmp_path):
    """The file that the renderer writes is the file that the box reads."""
    path = tmp_path / "a.camera.toml"
    path.write_text(
        '[camera]\nid = "a"\nname = "A"\ntimezone = "Asia/Shanghai"\n'
        '[[zones]]\nid = "r"\nkind = "road"\npolygon = [[0, 0], [1, 0], [1, 1]]\n',
        encoding="utf-8",
    )
    camera = load_camera(path)
    assert camera.zones_of(ZoneKind.ROAD)[0].id == "r"
    assert str(camera.timezone) == "Asia/Shanghai"


def test_undrawn_camera_watches_the_whole_picture():
    """Without zones every rule still has a place to look at."""
    camera = undrawn_camera("c", "clip.mp4")
    assert {zone.kind for zone in camera.zones} == {
        ZoneKind.NO_VENDING, ZoneKind.AD_SURFACE, ZoneKind.SITE, ZoneKind.ROAD,
    }  # fmt: skip
    assert all(zone.polygon.area == 1 for zone in camera.zones)
