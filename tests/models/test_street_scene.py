"""The simulated street's geometry: projection there and back, zones in the frame, sprites."""

import tomllib

import numpy as np
import pytest

from models.street import scene, sprites, zones
from models.street.labels import CLASSES, class_of


@pytest.fixture(params=["market", "gate"])
def view(request: pytest.FixtureRequest) -> scene.Scene:
    """Both scenes in turn."""
    return scene.load(request.param)


def test_ground_round_trip(view: scene.Scene) -> None:
    """A ground spot projected and traced back comes home within a millimetre."""
    spots = np.array([[0.0, 12.0, 0.0], [8.0, 16.0, 0.0], [25.0, 15.0, 0.0], [4.0, 9.3, 0.0]])
    pixels, depth = view.calibration.project(spots)
    assert (depth > 0).all()
    assert np.abs(view.calibration.ground(pixels) - spots).max() < 1e-3


def test_metres_look_smaller_far_away(view: scene.Scene) -> None:
    """Perspective: a metre upright at 12 m covers more pixels than at 24 m."""
    near, _ = view.calibration.project([[5, 12, 0], [5, 12, 1]])
    far, _ = view.calibration.project([[5, 24, 0], [5, 24, 1]])
    assert near[0, 1] - near[1, 1] > 1.4 * (far[0, 1] - far[1, 1])


def test_plates_differ_by_light(view: scene.Scene) -> None:
    """Night is darker than dusk, dusk than day, and all have the camera's size."""
    means = [float(view.plates[k].mean()) for k in ("day", "dusk", "night")]
    assert means == sorted(means, reverse=True)
    assert all(p.shape == (scene.HEIGHT, scene.WIDTH, 3) for p in view.plates.values())


def test_sprite_stands_on_its_spot(view: scene.Scene) -> None:
    """A placed person's feet lie where their ground spot projects, and the height is a person's."""
    bank = sprites.bank()
    x, y = 9.0, 15.5
    azimuth, _ = view.calibration.bearing(x, y)
    placed = sprites.place(bank.choose("man-stand", -90.0, azimuth), x, y, view.calibration)
    assert placed is not None
    foot, _ = view.calibration.project([[x, y, 0.0]])
    head, _ = view.calibration.project([[x, y, 1.72]])
    high = foot[0, 1] - head[0, 1]
    assert abs(placed.rect[3] - foot[0, 1]) < 0.2 * high
    assert abs((placed.rect[3] - placed.rect[1]) - high) < 0.3 * high


def test_camera_file_is_valid(view: scene.Scene) -> None:
    """The TOML parses; polygons lie in the frame; permitted zones state terms."""
    data = tomllib.loads(zones.camera_toml(view))
    assert data["camera"]["id"] == f"sim-{view.name}"
    for zone in data["zones"]:
        polygon = np.array(zone["polygon"])
        assert len(polygon) >= 3, zone["id"]
        assert polygon.min() >= 0, zone["id"]
        assert polygon.max() <= 1, zone["id"]
        assert (zone["kind"] == "permitted") == ("windows" in zone)


def test_classes() -> None:
    """The class list is the project's, and every sprite has a class in it."""
    assert CLASSES[:3] == ("person", "bicycle", "motorcycle")
    assert len(CLASSES) == len(set(CLASSES)) == 18
    assert {class_of(name) for name in sprites.bank().sprites} <= set(CLASSES)
