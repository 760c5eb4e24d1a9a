# ruff: noqa: ANN401 - a street is made of numbers; OpenCV is untyped
"""One camera's view of the street: calibration, plates for each light, lamp, sun and depth maps.

Ground metres: x along the road, y away from the camera, z up. Pixels: x right, y down.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Picture = NDArray[np.uint8]
ASSETS = Path(__file__).parent / "assets"
LIGHTS = ("day", "overcast", "dusk", "night")
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True)
class Calibration:
    """A pinhole camera.

    Attributes:
        eye: Camera centre (3,), metres.
        rotation: (3, 3); rows are the camera's right, down and forward axes in world coordinates.
        focal: Focal length, pixels.
        centre: Principal point (x, y), pixels.
    """

    eye: Float
    rotation: Float
    focal: float
    centre: tuple[float, float]

    def project(self, points: Any) -> tuple[Float, Float]:
        """World points (n, 3), metres, to pixels (n, 2) and optical-axis distance (n,)."""
        seen = (np.atleast_2d(np.asarray(points, dtype=float)) - self.eye) @ self.rotation.T
        depth = np.maximum(seen[:, 2], 0.2)
        return seen[:, :2] / depth[:, None] * self.focal + self.centre, seen[:, 2]

    def ground(self, pixels: Any, height: float = 0.0) -> Float:
        """Pixels (n, 2) below the horizon to world points (n, 3) on the plane z = height metres."""
        flat = (np.atleast_2d(np.asarray(pixels, dtype=float)) - self.centre) / self.focal
        ray = np.column_stack([flat, np.ones(len(flat))]) @ self.rotation
        return np.asarray(self.eye + ray * ((height - self.eye[2]) / ray[:, 2:]))

    def bearing(self, x: float, y: float) -> tuple[float, float]:
        """Azimuth from +y towards +x in degrees and distance in metres of a ground spot."""
        dx, dy = x - self.eye[0], y - self.eye[1]
        return float(np.degrees(np.arctan2(dx, dy))), float(np.hypot(dx, dy))


@dataclass(frozen=True)
class Scene:
    """Everything fixed about a view.

    Attributes:
        name: "market" or "gate".
        calibration: The camera.
        facts: The scene's JSON description (lanes, wall, bay ... in metres).
        plates: Light name (and "shade": day without direct sun) to BGR (720, 1280, 3).
        lamps: Lamp light relative to skylight, BGR float (90, 160, 3).
        sunlit: Share of direct sun at each place, float (180, 320).
        depth: Distance along the optical axis, metres, float32 (180, 320).
        near: The same for trees, posts and parked cars only, float32 (720, 1280), 51 m = none.
    """

    name: str
    calibration: Calibration
    facts: dict[str, Any]
    plates: dict[str, Picture]
    lamps: NDArray[np.float32]
    sunlit: NDArray[np.float32]
    depth: NDArray[np.float32]
    near: NDArray[np.float32]

    def lamp_gain(self, x: float, y: float) -> NDArray[np.float32]:
        """Lamp light over skylight (3,) in BGR at a ground spot."""
        return np.asarray(self._sample(self.lamps, x, y), np.float32)

    def sun_share(self, x: float, y: float) -> float:
        """How much of the direct sun reaches a ground spot, 0..1."""
        return float(self._sample(self.sunlit, x, y))

    def _sample(self, field: NDArray[np.float32], x: float, y: float) -> Any:
        (spot,), _ = self.calibration.project([[x, y, 0.3]])
        rows, columns = field.shape[:2]
        u = int(np.clip(spot[0] * columns / WIDTH, 0, columns - 1))
        v = int(np.clip(spot[1] * rows / HEIGHT, 0, rows - 1))
        return field[v, u]


def _read(path: Path, flags: int = cv2.IMREAD_COLOR) -> Any:
    image = cv2.imread(str(path), flags)
    if image is None:
        message = (
            f"{path} is missing or broken: rebuild it with python -m models.render_assets --all"
        )
        raise FileNotFoundError(message)
    return image


def read_picture(name: str) -> Picture:
    """Read one picture of the assets with its alpha where it has one."""
    return np.asarray(_read(ASSETS / name, cv2.IMREAD_UNCHANGED), dtype=np.uint8)


@lru_cache(maxsize=2)
def load(name: str) -> Scene:
    """Load a scene's plates and maps."""
    facts = json.loads((ASSETS / f"{name}.json").read_text())
    calibration = Calibration(
        np.array(facts["eye"]), np.array(facts["rotation"]), facts["focal"], tuple(facts["centre"])
    )
    near = _read(ASSETS / f"{name}-occluders.png", cv2.IMREAD_UNCHANGED)
    depth = _read(ASSETS / f"{name}-depth.png", cv2.IMREAD_UNCHANGED)
    return Scene(
        name=name,
        calibration=calibration,
        facts=facts,
        plates={k: np.asarray(_read(ASSETS / f"{name}-{k}.webp")) for k in (*LIGHTS, "shade")},
        lamps=_read(ASSETS / f"{name}-lamps.png").astype(np.float32) / 80,
        sunlit=_read(ASSETS / f"{name}-sunlit.png", cv2.IMREAD_UNCHANGED).astype(np.float32) / 255,
        depth=depth.astype(np.float32) * facts["depth_step_metres"],
        near=near.astype(np.float32) * facts["occluder_step_metres"],
    )
