"""The two cameras, and how linear light layers become pictures of a time of day."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street import tone

Image = NDArray[np.float32]
SIZE = (1280, 720)
HEIGHT = 6.5
LIGHTS = ("day", "overcast", "dusk", "night")


@dataclass(frozen=True)
class Rig:
    """A camera on a pole: yaw from +y towards +x and pitch down in degrees, focal in pixels."""

    yaw: float
    pitch: float
    focal: float

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rows are the camera's right, down and forward axes in world coordinates."""
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        forward = np.array(
            [
                math.sin(yaw) * math.cos(pitch),
                math.cos(yaw) * math.cos(pitch),
                -math.sin(pitch),
            ]
        )
        right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
        return np.stack([right, np.cross(forward, right), forward])


RIGS = {"market": Rig(30.0, 17.0, 900.0), "gate": Rig(26.0, 15.5, 860.0)}


def look_at(eye: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation rows right, down, forward of a level camera at `eye` looking at `target`."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def develop(linear: Image) -> NDArray[np.uint8]:
    """Linear RGB to an 8-bit BGR picture."""
    return np.asarray(np.round(tone.curve(linear[..., ::-1].astype(np.float64)) * 255), np.uint8)


def mix(light: str, sun: Image, sky: Image, lamps: Image | float = 0.0) -> Image:
    """Add the layers up for a time of day; "shade" is day without direct sun."""
    tint = {
        "overcast": (1.64, 1.47, 1.36),
        "dusk": (0.40, 0.40, 0.52),
        "night": (0.016, 0.02, 0.03),
        "shade": (0.9, 0.9, 0.9),
        "day": (0.9, 0.9, 0.9),
        "sprite-sun": (1.0, 1.0, 1.0),
        "sprite-sky": (2.05, 1.84, 1.70),
    }[light]
    total = sky * np.array(tint, np.float32)
    if light in ("day", "sprite-sun"):
        total = total + np.float32(0.9 if light == "day" else 1.0) * sun
    if light in ("dusk", "night"):
        total = total + np.float32(0.55 if light == "dusk" else 1.15) * lamps
    return total.astype(np.float32)


def heaven(light: str, rig: Rig, seed: int) -> Image:
    """The sky behind everything, linear RGB (720, 1280, 3), with soft clouds."""
    horizon = SIZE[1] / 2 - rig.focal * math.tan(math.radians(rig.pitch))
    rows = np.clip((horizon - np.arange(SIZE[1])) / 320, 0, 1)[:, None, None]
    low, high = {
        "day": ((0.55, 0.72, 0.95), (0.22, 0.42, 0.85)),
        "overcast": ((0.72, 0.74, 0.78), (0.50, 0.53, 0.58)),
        "dusk": ((0.62, 0.36, 0.26), (0.10, 0.14, 0.30)),
        "night": ((0.05, 0.035, 0.025), (0.008, 0.010, 0.018)),
        "shade": ((0.85, 0.95, 1.05), (0.30, 0.52, 0.95)),
    }[light]
    sky = np.asarray(low) * (1 - rows) + np.asarray(high) * rows
    rng = np.random.default_rng(seed)
    cloud = np.zeros((SIZE[1], SIZE[0]), np.float32)
    for octave in range(2, 7):
        grid = rng.random((2**octave, 2**octave)).astype(np.float32)
        cloud += cv2.resize(grid, SIZE, interpolation=cv2.INTER_CUBIC) / 2 ** (octave - 2)
    cloud = np.clip((cloud / cloud.max() - 0.5) * 2.2, 0, 1)
    white = np.asarray(low) * 1.05
    return np.asarray(sky + cloud[..., None] * 0.5 * (white - sky), np.float32)
