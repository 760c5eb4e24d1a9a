# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""What lies between street and file: rain, fog, headlights, exposure steps, shake, sensor noise."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.actors import Pose
from models.street.labels import LENGTHS_M, class_of
from models.street.scene import HEIGHT, WIDTH, Picture, Scene

POOL = 12


@dataclass(frozen=True)
class Weather:
    """The weather and the camera's faults for one video.

    Attributes:
        name: "clear", "rain", "fog", "clouds" ... for the truth file.
        rain: 0..1; fog: extinction per metre at its densest; `fog_span`: its seconds.
        noise: Sensor noise, grey levels (standard deviation).
        shake: Pixels of wind shake; `nudge`: second, dx, dy of a lasting small shift of the camera.
        exposure: Steps (second, gain).
        clouds: How far day fades to overcast and back, 0..1.
        soft: Blur of the lens on the backdrop, pixels (standard deviation).
    """

    name: str = "clear"
    rain: float = 0.0
    fog: float = 0.0
    fog_span: tuple[float, float] = (-1e9, 1e9)
    noise: float = 2.0
    shake: float = 0.0
    nudge: tuple[float, float, float] | None = None
    exposure: tuple[tuple[float, float], ...] = ()
    clouds: float = 0.0
    soft: float = 0.0

    def gain(self, t: float) -> float:
        """Exposure at second t; steps settle over half a second."""
        value = 1.0
        for start, target in self.exposure:
            share = min(1.0, max(0.0, (t - start) / 0.5))
            value += (target - value) * share
        return value

    def shift(self, t: float, seed: int) -> tuple[float, float]:
        """How far the picture has moved (dx, dy), pixels."""
        dx = dy = 0.0
        if self.shake:
            dx = self.shake * (math.sin(t * 7.1 + seed) * 0.6 + math.sin(t * 17.3) * 0.4)
            dy = self.shake * 0.6 * math.sin(t * 9.7 + 1 + seed)
        if self.nudge is not None and t >= self.nudge[0]:
            dx, dy = dx + self.nudge[1], dy + self.nudge[2]
        return dx, dy

    def fog_at(self, t: float) -> float:
        """Fog extinction per metre at second t, smooth at both ends of its span."""
        start, end = self.fog_span
        rise = min(1.0, max(0.0, (t - start) / 25), max(0.0, (end - t) / 25))
        return self.fog * rise


class Lens:
    """Applies weather and camera to a composed frame, from precomputed pools."""

    def __init__(
        self, weather: Weather, scene: Scene, light: str, seed: int, pool: int = POOL
    ) -> None:
        """Precompute `pool` layers of noise and rain for a video."""
        self.pool = pool
        self.weather, self.scene, self.light = weather, scene, light
        rng = np.random.default_rng([seed, 77])
        self.seed = seed
        self._noise: list[tuple[Picture, Picture]] = []
        sigma = weather.noise * (2.2 if light == "night" else 1.0)
        for _ in range(pool if sigma else 0):
            grain = cv2.GaussianBlur(rng.normal(0, sigma * 1.5, (HEIGHT, WIDTH)), (0, 0), 0.6)
            chroma = cv2.resize(
                rng.normal(0, sigma * 0.5, (HEIGHT // 4, WIDTH // 4, 3)), (WIDTH, HEIGHT)
            )
            total = grain[..., None] + chroma
            self._noise.append(
                (np.clip(total, 0, 255).astype(np.uint8), np.clip(-total, 0, 255).astype(np.uint8))
            )
        self._rain = [_streaks(rng, weather.rain) for _ in range(pool if weather.rain else 0)]
        depth = cv2.resize(scene.depth, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        self._depth = np.minimum(depth, 250.0)
        self._haze: tuple[float, Picture, Picture] | None = None

    def apply(self, frame: Picture, t: float, index: int) -> Picture:
        """The frame as the camera delivers it; may reuse the given array."""
        weather = self.weather
        fog = weather.fog_at(t) + weather.rain * 0.006
        if fog > 0.0008:
            frame = self._fogged(frame, fog)
        if self._rain:
            frame = np.asarray(cv2.add(frame, self._rain[(index * 5) % self.pool]), np.uint8)
        gain = weather.gain(t)
        if abs(gain - 1) > 0.003:
            frame = np.asarray(cv2.convertScaleAbs(frame, alpha=gain), np.uint8)
        dx, dy = weather.shift(t, self.seed)
        if abs(dx) + abs(dy) > 0.05:
            matrix = np.array([[1, 0, dx], [0, 1, dy]], dtype=float)
            frame = np.asarray(
                cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE),
                np.uint8,
            )
        if self._noise:
            plus, minus = self._noise[(index * 7 + index // self.pool) % self.pool]
            frame = np.asarray(cv2.subtract(cv2.add(frame, plus), minus), np.uint8)
        return frame

    def _fogged(self, frame: Picture, beta: float) -> Picture:
        step = round(beta / 0.0006) * 0.0006
        if self._haze is None or self._haze[0] != step:
            clear = np.exp(-step * self._depth)
            tint = {"day": (214, 208, 202), "overcast": (200, 197, 193), "dusk": (128, 112, 108)}
            colour = np.array(tint.get(self.light, (38, 44, 52)), np.float32)
            keep = np.repeat((clear * 255)[..., None], 3, 2).astype(np.uint8)
            glow = ((1 - clear)[..., None] * colour).astype(np.uint8)
            self._haze = (step, keep, glow)
        _, keep, glow = self._haze
        return np.asarray(cv2.add(cv2.multiply(frame, keep, scale=1 / 255), glow), np.uint8)


def _streaks(rng: np.random.Generator, amount: float) -> Picture:
    layer = np.zeros((HEIGHT, WIDTH), np.uint8)
    slant = 0.12
    for _ in range(int(900 * amount)):
        x, y, near = rng.uniform(0, WIDTH), rng.uniform(-40, HEIGHT), rng.uniform(0.3, 1) ** 2
        length = 12 + 42 * near
        end = (int(x + slant * length), int(y + length))
        cv2.line(
            layer, (int(x), int(y)), end, int(10 + 26 * near), 2 if near > 0.8 else 1, cv2.LINE_AA
        )
    return np.asarray(cv2.merge([cv2.GaussianBlur(layer, (0, 0), 0.7)] * 3), np.uint8)


_SPOT: dict[int, NDArray[np.float32]] = {}


def _spot(size: int) -> NDArray[np.float32]:
    if size not in _SPOT:
        axis = np.linspace(-1, 1, size, dtype=np.float32)
        radius = np.hypot(axis[None], axis[:, None])
        _SPOT[size] = (
            0.75 * np.exp(-((radius / 0.16) ** 2)) + 0.25 * np.clip(1 - radius, 0, 1) ** 2
        ).astype(np.float32)
    return _SPOT[size]


def headlights(frame: Picture, pose: Pose, scene: Scene, power: float) -> None:
    """Add a vehicle's head or tail lights and the light pool before it; in place."""
    kind = "van" if pose.name.startswith("van") else class_of(pose.name)
    half = LENGTHS_M.get(kind, 0.0) / 2
    if not half:
        return
    c, s = math.cos(math.radians(pose.heading)), math.sin(math.radians(pose.heading))
    wide = 0.0 if kind in ("motorcycle", "tricycle") else 0.72 if kind == "car" else 0.95
    for end, colour, strength in ((1, (190, 235, 255), 1.0), (-1, (30, 30, 230), 0.55)):
        tip = np.array([pose.x + c * half * end, pose.y + s * half * end, 0.72])
        if np.dot((c * end, s * end), scene.calibration.eye[:2] - tip[:2]) < 0:
            continue
        for side in {-wide, wide}:
            spot, depth = scene.calibration.project([tip + np.array([-s * side, c * side, 0.0])])
            size = int(np.clip(900 / max(depth[0], 3) * (0.9 if end > 0 else 0.5), 6, 160)) | 1
            _add(frame, spot[0], _spot(size) * strength * power, colour)
    _pool(frame, pose, scene, half, power)


def _add(
    frame: Picture, at: NDArray[np.float64], stamp: NDArray[np.float32], colour: tuple[int, ...]
) -> None:
    size = stamp.shape[0]
    x, y = int(at[0]) - size // 2, int(at[1]) - size // 2
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + size, WIDTH), min(y + size, HEIGHT)
    if x1 <= x0 or y1 <= y0:
        return
    glow = stamp[y0 - y : y1 - y, x0 - x : x1 - x, None] * np.array(colour, np.float32)
    part = frame[y0:y1, x0:x1]
    part[:] = np.minimum(part + glow, 255).astype(np.uint8)


def _pool(frame: Picture, pose: Pose, scene: Scene, half: float, power: float) -> None:
    way = 1 if pose.heading == 0 else -1
    near, far = pose.x + way * (half + 0.3), pose.x + way * (half + 9)
    corners = np.array(
        [
            [near, pose.y - 0.9, 0],
            [near, pose.y + 0.9, 0],
            [far, pose.y + 2.4, 0],
            [far, pose.y - 2.4, 0],
        ]
    )
    seen, depth = scene.calibration.project(corners)
    x0, y0 = np.floor(np.clip(seen.min(0), 0, (WIDTH, HEIGHT))).astype(int)
    x1, y1 = np.ceil(np.clip(seen.max(0), 0, (WIDTH, HEIGHT))).astype(int)
    if depth.min() < 2 or x1 - x0 < 4 or y1 - y0 < 4:
        return
    n = 32
    along = np.linspace(0, 1, n, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, n, dtype=np.float32)[None]
    texture = (
        np.clip(1 - np.abs(across), 0, 1) ** 0.8 * np.clip(along * 6, 0, 1) * (1 - along) ** 1.3
    )
    flat = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, (seen - (x0, y0)).astype(np.float32))
    light = cv2.warpPerspective(texture, matrix, (int(x1 - x0), int(y1 - y0)))
    part = frame[y0:y1, x0:x1].astype(np.float32)
    part *= 1 + light[..., None] * 0.9 * power
    part += light[..., None] * np.array((22, 30, 34), np.float32) * power
    frame[y0:y1, x0:x1] = np.minimum(part, 255).astype(np.uint8)
