"""The centre's zones replace the box's, its masks stay, and a damaged file harms nothing."""

from __future__ import annotations

import pytest

from edge.cameras.settings_of_centre import CentreCameras
from edge.settings import BoxCamera
from pipeline.exchange import CameraSettings, CamerasReply

SQUARE = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]]
OTHER = [[0.5, 0.5], [0.7, 0.5], [0.7, 0.7], [0.5, 0.7]]


def zone(zone_id, kind="no_vending", polygon=SQUARE):
    return {"id": zone_id, "kind": kind, "polygon": polygon}


def reply(*zones, camera_id="gate", version=1, **settings):
    said = {"name": "From the centre", "zones": list(zones), **settings}
    return CamerasReply(
        cameras=(CameraSettings(camera_id=camera_id, version=version, settings=said),)
    )


@pytest.fixture
def box_camera():
    return BoxCamera.model_validate(
        {"id": "gate", "name": "Local", "source": "rtsp://u:p@10.0.0.1/a",
         "zones": [zone("old"), zone("window", "privacy_mask")]}
    )  # fmt: skip


def test_zones_and_names_are_the_centres(tmp_path, box_camera):
    """The address of the stream stays the box's."""
    centre = CentreCameras(tmp_path / "c.json")
    assert centre.learn(reply(zone("new"), timezone="Asia/Shanghai"))
    (camera,) = centre.laid_over([box_camera])
    assert camera.name == "From the centre"
    assert camera.timezone.key == "Asia/Shanghai"
    assert camera.source == box_camera.source
    assert [z.id for z in camera.zones] == ["new", "window"]
    assert centre.version_of("gate") == 1


@pytest.mark.parametrize(
    "said", [zone("window", "no_vending", OTHER), zone("window", "privacy_mask", OTHER)]
)
def test_a_mask_of_the_box_cannot_be_taken_away_from_afar(tmp_path, box_camera, said):
    """Not by another zone of its name, and not by one that was moved."""
    centre = CentreCameras(tmp_path / "c.json")
    centre.learn(reply(said))
    (camera,) = centre.laid_over([box_camera])
    masks = [z.polygon for z in camera.zones if z.kind == "privacy_mask"]
    assert box_camera.zones[1].polygon in masks


def test_the_same_mask_is_not_kept_twice(tmp_path, box_camera):
    """What the centre has as it is on the box stays one zone."""
    centre = CentreCameras(tmp_path / "c.json")
    centre.learn(reply(zone("window", "privacy_mask")))
    (camera,) = centre.laid_over([box_camera])
    assert [z.id for z in camera.zones] == ["window"]


def test_other_cameras_are_left_alone(tmp_path, box_camera):
    """The centre knows more cameras than this one."""
    centre = CentreCameras(tmp_path / "c.json")
    centre.learn(reply(zone("new"), camera_id="elsewhere"))
    assert centre.laid_over([box_camera]) == (box_camera,)


def test_they_outlive_a_restart(tmp_path, box_camera):
    """Without a link too; and the same answer again is no change."""
    CentreCameras(tmp_path / "c.json").learn(reply(zone("new"), version=4))
    again = CentreCameras(tmp_path / "c.json")
    assert again.version_of("gate") == 4
    assert again.laid_over([box_camera])[0].name == "From the centre"
    assert not again.learn(reply(zone("new"), version=4))


def test_settings_that_cannot_be_used_change_nothing(tmp_path, box_camera):
    """A polygon that crosses itself: the version before stays in use."""
    centre = CentreCameras(tmp_path / "c.json")
    centre.learn(reply(zone("good")))
    bow = [[0.1, 0.1], [0.3, 0.3], [0.3, 0.1], [0.1, 0.3]]
    assert not centre.learn(reply(zone("bad", polygon=bow), version=2))
    assert centre.version_of("gate") == 1
    assert [z.id for z in centre.laid_over([box_camera])[0].zones] == ["good", "window"]


def test_a_camera_that_the_centre_gives_up_is_the_boxs_again(tmp_path, box_camera):
    """An empty answer takes everything back."""
    centre = CentreCameras(tmp_path / "c.json")
    centre.learn(reply(zone("new")))
    assert centre.learn(CamerasReply())
    assert centre.laid_over([box_camera]) == (box_camera,)


@pytest.mark.parametrize("content", [b"", b"{", b'{"cameras": 7}', bytes(100)])
def test_a_damaged_file_is_left(tmp_path, box_camera, content):
    """The box's own settings count until the centre speaks again."""
    (tmp_path / "c.json").write_bytes(content)
    centre = CentreCameras(tmp_path / "c.json")
    assert centre.laid_over([box_camera]) == (box_camera,)
