"""Drawn street scenes: a textured background in perspective, nuisances, plumes and things."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.camera import Camera
from pipeline.change.detector import ChangeDetector
from pipeline.frames import Frame
from pipeline.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from pipeline.change.reference import ReferenceView
    from pipeline.change.results import ChangeResult

    Picture = NDArray[np.float32]
    Effect = Callable[[Picture, float, np.random.Generator], Picture]

WIDTH, HEIGHT = 640, 360
EPOCH = datetime(2026, 5, 1, 8, tzinfo=UTC)
NOISE_MARGIN = 64  # pixels
CAMERA = Camera(
    id="cam-1",
    zones=[
        {
            "id": "site",
            "kind": "site",
            "polygon": [[0.1, 0.3], [0.65, 0.3], [0.65, 0.8], [0.1, 0.8]],
        },
        {"id": "road", "kind": "road", "polygon": [[0.45, 0.4], [1, 0.4], [1, 1], [0.62, 1]]},
    ],
)
HORIZON = 120  # pixel row where the ground begins
KERB = (250, 360)  # the pavement lies left of the line from (250, HORIZON) to (420, HEIGHT)


def smooth_noise(rng: np.random.Generator, scale: float, shape: tuple[int, int]) -> Picture:
    """Noise of deviation 1 whose grains are `scale` pixels wide."""
    rows, columns = shape
    small = rng.standard_normal((int(rows / scale) + 2, int(columns / scale) + 2)).astype(
        np.float32
    )
    large = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return large / max(float(large.std()), 1e-6)


@functools.cache
def sensor_noise() -> Picture:
    """Independent noise, larger than a picture: each picture cuts its own part of it."""
    shape = (HEIGHT + NOISE_MARGIN, WIDTH + NOISE_MARGIN, 3)
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def draw_street(seed: int) -> Picture:
    """A street by day: sky, brick and plaster houses with windows, pavement, kerb, road, tree."""
    rng = np.random.default_rng(seed)
    image = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    image[:50] = (225, 210, 195)
    _draw_houses(image, rng)
    _draw_ground(image, rng)
    _draw_tree(image, rng)
    return np.clip(image, 0, 255)


def _draw_houses(image: Picture, rng: np.random.Generator) -> None:
    left = 0
    while left < WIDTH:
        width = int(rng.integers(110, 190))
        top = int(rng.integers(5, 40))
        tone = np.array(rng.integers(80, 190, 3), np.float32) * 0.3 + float(rng.integers(70, 130))
        wall = np.ones((HORIZON - top, width, 3), np.float32) * tone
        for row in range(0, wall.shape[0], 6):  # courses of brick
            wall[row] *= 0.82
            wall[row + 1 : row + 6, (row // 6 % 2) * 6 :: 12] *= 0.85
        wall *= 1 + 0.05 * smooth_noise(rng, 3, wall.shape[:2])[..., None]
        for y in range(10, wall.shape[0] - 24, 36):
            for x in range(12, width - 24, 34):
                cv2.rectangle(wall, (x, y), (x + 18, y + 22), (70, 60, 50), -1)
                cv2.rectangle(wall, (x, y), (x + 18, y + 22), (200, 200, 200), 1)
        right = min(left + width, WIDTH)
        image[top:HORIZON, left:right] = wall[:, : right - left]
        left += width


def _draw_ground(image: Picture, rng: np.random.Generator) -> None:
    rows = np.arange(HORIZON, HEIGHT, dtype=np.float32)
    depth = (HEIGHT - HORIZON) / (rows - HORIZON + 12)  # 1 near .. 20 far
    ys, xs = np.mgrid[HORIZON:HEIGHT, 0:WIDTH].astype(np.float32)
    along = depth[:, None] * 6
    across = (xs - 300) * depth[:, None] / 60
    tiles = ((np.floor(along * 2) + np.floor(across)) % 2) * 10
    seams = np.minimum(np.abs(across % 1.0), np.abs((along * 2) % 1.0)) < 0.06
    pavement = 150 + tiles - 35 * seams
    grain = 7 * smooth_noise(rng, 2, ys.shape) + 5 * smooth_noise(rng, 9, ys.shape)
    kerb = KERB[0] + (ys - HORIZON) * (420 - KERB[0]) / (HEIGHT - HORIZON)
    road = np.full(ys.shape, 95, np.float32)
    lane = (np.abs(xs - kerb - 140 - (ys - HORIZON) * 0.25) < 3) & ((along * 1.0) % 2 < 1)
    road[lane] = 200
    ground = np.where(xs < kerb, pavement, road) + grain
    ground[np.abs(xs - kerb) < 3] = 180
    image[HORIZON:] = ground[..., None] * np.array([0.98, 1.0, 1.02], np.float32)


def _draw_tree(image: Picture, rng: np.random.Generator) -> None:
    cv2.rectangle(image, (560, 60), (568, 190), (40, 60, 75), -1)
    for _ in range(400):
        x, y = rng.normal(564, 26), rng.normal(55, 18)
        tone = float(rng.uniform(0.6, 1.4))
        colour = (35 * tone, 95 * tone, 60 * tone)
        cv2.circle(image, (int(x), int(y)), int(rng.integers(2, 5)), colour, -1)


@dataclass(kw_only=True)
class Street:
    """A camera before a street; effects are applied in order, then noise and JPEG."""

    seed: int = 1
    noise_levels: float = 3.0
    jpeg_quality: int = 75
    effects: Sequence[Effect] = ()
    step_seconds: float = 1.0
    background: Picture = field(init=False)

    def __post_init__(self) -> None:
        """Draw the background once."""
        self.background = draw_street(self.seed)

    def image(self, seconds: float) -> NDArray[np.uint8]:
        """The picture at a time."""
        rng = np.random.default_rng([self.seed, round(seconds * 1000)])
        picture = self.background.copy()
        for effect in self.effects:
            picture = effect(picture, seconds, rng)
        y, x = (int(v) for v in rng.integers(0, NOISE_MARGIN, 2))
        picture = picture + sensor_noise()[y : y + HEIGHT, x : x + WIDTH] * self.noise_levels
        image = np.clip(picture, 0, 255).astype(np.uint8)
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
        return cv2.imdecode(data, cv2.IMREAD_COLOR)

    def frame(self, seconds: float) -> Frame:
        """The picture as a frame."""
        return frame_of(self.image(seconds), seconds)

    def frames(self, until: float, start: float = 0.0) -> Iterator[Frame]:
        """Frames from `start` up to before `until`."""
        for number in range(int((until - start) / self.step_seconds)):
            yield self.frame(start + number * self.step_seconds)


def frame_of(image: NDArray[np.uint8], seconds: float) -> Frame:
    """A frame whose source is three times as large as the picture, like 1080p scaled to 360p."""
    return Frame(
        image=image,
        camera_id=CAMERA.id,
        captured_at=EPOCH + timedelta(seconds=seconds),
        seconds=seconds,
        width=image.shape[1] * 3,
        height=image.shape[0] * 3,
    )


def source_box(x1: float, y1: float, x2: float, y2: float) -> Box:
    """A box of picture pixels in source pixels."""
    return Box(x1 * 3, y1 * 3, x2 * 3, y2 * 3)


def between(effect: Effect, begin: float, end: float = 1e12) -> Effect:
    """An effect that lasts from `begin` until `end`."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        return effect(picture, seconds, rng) if begin <= seconds < end else picture

    return apply


@functools.cache
def learned(seed: int = 1) -> tuple[ReferenceView, ...]:
    """The reference view of the quiet street, as half a minute teaches it."""
    detector = ChangeDetector(CAMERA)
    for frame in Street(seed=seed).frames(30.0):
        detector.update(frame)
    return detector.export_references()


def watch(
    *effects: Effect,
    until: float,
    step: float = 1.0,
    seed: int = 1,
    ignore: Sequence[Box] = (),
    jpeg_quality: int = 75,
) -> list[ChangeResult]:
    """What a detector that knows the quiet street says to a street with effects."""
    detector = ChangeDetector(CAMERA)
    detector.import_references(learned(seed))
    street = Street(seed=seed, effects=effects, step_seconds=step, jpeg_quality=jpeg_quality)
    return [detector.update(frame, ignore=ignore) for frame in street.frames(until)]


# ---------------------------------------------------------------- nuisances


def _soft(mask: Picture, blur: int) -> Picture:
    return cv2.GaussianBlur(mask, (0, 0), blur) if blur else mask


def moving_shadow(speed: float = 1.5, *, edge_px: int = 2, factor: float = 0.5) -> Effect:
    """The shadow of a house: slides `speed` pixels a second; sky light makes it bluish."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        x = -100 + (seconds * speed) % (WIDTH + 300)
        corners = np.array([[x - 90, HORIZON], [x + 40, HORIZON], [x + 160, HEIGHT], [x, HEIGHT]])
        mask = np.zeros(picture.shape[:2], np.float32)
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
        mask = _soft(mask, edge_px)[..., None]
        tint = np.array([factor * 1.08, factor, factor * 0.96], np.float32)
        return picture * (1 - mask + mask * tint)

    return apply


def standing_shadow(x: int = 120, factor: float = 0.5) -> Effect:
    """A shadow that is suddenly there and stays: the sun came out behind a house."""
    return lambda picture, seconds, rng: moving_shadow(0.0, factor=factor)(
        np.roll(picture, -x, axis=1), seconds, rng
    )[:, np.r_[WIDTH - x : WIDTH, 0 : WIDTH - x]]


def rain(drops: int = 250) -> Effect:
    """Bright streaks at new places in every picture."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        streaks = np.zeros(picture.shape[:2], np.float32)
        for x, y, length in zip(
            rng.integers(0, WIDTH, drops),
            rng.integers(0, HEIGHT, drops),
            rng.integers(8, 28, drops),
            strict=True,
        ):
            cv2.line(streaks, (int(x), int(y)), (int(x) + 2, int(y + length)), 1.0, 1)
        return picture * 0.95 + 45 * cv2.blur(streaks, (2, 2))[..., None]

    return apply


def headlight_sweep(period: float = 40.0) -> Effect:
    """A warm pool of light that wanders across the ground."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        x = -150 + (seconds % period) / period * (WIDTH + 300)
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        pool = np.exp(-(((xs - x) / 80) ** 2) - ((ys - 240) / 60) ** 2)[..., None]
        return picture * (1 + 1.5 * pool) + pool * np.array([40, 50, 55], np.float32)

    return apply


def swaying_tree(amplitude: float = 6.0) -> Effect:
    """The crown shifts to and fro with a gust of its own in every picture."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        dx = amplitude * np.sin(seconds * 1.9) + rng.normal(0, amplitude / 3)
        dy = amplitude / 3 * np.sin(seconds * 2.7 + 1)
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        near = np.exp(-(((xs - 564) / 55) ** 2) - ((ys - 55) / 40) ** 2)
        map_x = (xs + near * dx).astype(np.float32)
        map_y = (ys + near * dy).astype(np.float32)
        return cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    return apply


def exposure(gain: float, offset: float = 0.0) -> Effect:
    """A step of gain and black level."""
    return lambda picture, seconds, rng: np.clip(picture * gain + offset, 0, 255)


def gain_drift(depth: float = 0.25, period: float = 300.0) -> Effect:
    """A slow wave of gain, red and blue against each other (white balance)."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        wave = np.sin(2 * np.pi * seconds / period)
        return picture * (1 + depth * wave * np.array([1.15, 1.0, 0.85], np.float32))

    return apply


def nudge(dx: float, dy: float, scale: float = 1.0) -> Effect:
    """The camera was bumped by so many picture pixels."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 0, scale)
        matrix[:, 2] += dx, dy
        border = cv2.BORDER_REFLECT_101
        return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=border)

    return apply


def jitter(amplitude: float = 2.0) -> Effect:
    """The pole shakes: another shift in every picture."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        return nudge(*rng.uniform(-amplitude, amplitude, 2))(picture, seconds, rng)

    return apply


def night(*, infra_red: bool = False) -> Effect:
    """Night: dark, with pools of lamp light; or the grey picture of the night mode."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        light = np.full(xs.shape, 0.10, np.float32)
        for x in (120, 330, 540):
            light += 0.5 * np.exp(-(((xs - x) / 90) ** 2) - ((ys - 210) / 80) ** 2)
        dark = picture * light[..., None]
        if infra_red:
            return np.repeat(dark.mean(axis=2, keepdims=True) * 1.5, 3, axis=2)
        return dark * np.array([0.7, 0.95, 1.15], np.float32)

    return apply


def passers_by(count: int = 5) -> Effect:
    """People walking along the pavement that no detector reported."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        picture = picture.copy()
        for k in range(count):
            x = int((seconds * (18 + 5 * k) + 160 * k) % (WIDTH + 80)) - 40
            y = 190 + 22 * k
            colour = np.array([40 + 40 * k, 30 + 25 * (k % 3), 60 + 30 * (k % 4)], np.float32)
            cv2.rectangle(picture, (x, y), (x + 16, y + 44), colour.tolist(), -1)
            cv2.circle(picture, (x + 8, y - 6), 7, (120, 150, 190), -1)
        return picture

    return apply


def wet_ground(factor: float = 0.7) -> Effect:
    """Rain has wetted the ground: darker, the same texture."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        picture = picture.copy()
        picture[HORIZON:] *= factor
        return picture

    return apply


def cover_lens(level: float = 20.0) -> Effect:
    """Something blank hangs before the lens."""
    return lambda picture, seconds, rng: np.full_like(picture, level)


# ---------------------------------------------------------------- on the road

ROAD_SPOT = (480, 260)  # pixels, on the road of every street


def _spot(width: int, height: int, blur: float = 0.0) -> Picture:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, ROAD_SPOT, (width, height), 5, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), blur) if blur else mask


def wet_patch(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
    """Spilled water: darker, soft at its edge, the road's own grain."""
    return picture * (1 - 0.35 * _spot(60, 22, 3)[..., None])


def cast_shadow(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
    """The shadow of something beside the road, with a sharp edge."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(mask, [np.array([[430, 230], [540, 230], [560, 290], [450, 290]])], 1.0)
    return picture * (1 - 0.45 * cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None])


def leaves(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
    """Forty leaves, scattered."""
    picture = picture.copy()
    places = np.random.default_rng(3)
    for _ in range(40):
        x, y = int(places.integers(420, 620)), int(places.integers(180, 340))
        cv2.circle(picture, (x, y), 1, (40, 90, 140), -1)
    return picture


def sand(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
    """Light, fine sand with gaps."""
    grain = smooth_noise(np.random.default_rng(5), 2, (HEIGHT, WIDTH))
    mask = (_spot(50, 14) * (grain > -0.6))[..., None]
    tone = np.array([120, 160, 185], np.float32) * (1 + 0.12 * grain[..., None])
    return picture * (1 - mask) + mask * tone


def mud(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
    """Dark, lumpy mud."""
    lumps = smooth_noise(np.random.default_rng(6), 3, (HEIGHT, WIDTH))
    mask = _spot(50, 12)[..., None]
    tone = np.array([35, 48, 62], np.float32) * (1 + 0.25 * lumps[..., None])
    return picture * (1 - mask) + mask * tone


# ---------------------------------------------------------------- airborne


def veil(
    transmission: Callable[[float, np.ndarray, np.ndarray, np.random.Generator], Picture],
    airlight: tuple[float, float, float],
) -> Effect:
    """Mix the scene with the light of the air by a map of transmission."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        t = transmission(seconds, xs, ys, rng)[..., None]
        return picture * t + (1 - t) * np.array(airlight, np.float32)

    return apply


def plume(begin: float, *, airlight: tuple[float, float, float], drift: float = 3.0) -> Effect:
    """A billowing cloud that grows from a point on the ground for 20 s, then stays and drifts."""

    def thickness(
        seconds: float, xs: np.ndarray, ys: np.ndarray, rng: np.random.Generator
    ) -> Picture:
        age = max(seconds - begin, 0.0)
        size = 20 + 5 * min(age, 20)
        x, y = 200 + drift * min(age, 40), 215 - 0.8 * min(age, 20)
        body = np.exp(-(((xs - x) / size) ** 2) - ((ys - y) / (0.6 * size)) ** 2)
        billow = 1 + 0.35 * smooth_noise(rng, 28, xs.shape)
        return np.exp(-1.8 * body * np.clip(billow, 0.2, 2) * (age > 0)).astype(np.float32)

    return veil(thickness, airlight)


def dust(begin: float) -> Effect:
    """A warm, brown plume."""
    return plume(begin, airlight=(140, 170, 195))


def water_mist(begin: float) -> Effect:
    """The fine jet of a water cannon: white, bluish, as lively as dust."""
    return plume(begin, airlight=(222, 215, 208))


def steam(begin: float) -> Effect:
    """A white column that rises and stays where it is."""
    return plume(begin, airlight=(235, 235, 235), drift=0.0)


def fog(begin: float, minutes: float = 5.0, depth: float = 1.3) -> Effect:
    """Fog over the whole picture, thicker with distance, rising over minutes."""

    def thickness(
        seconds: float, xs: np.ndarray, ys: np.ndarray, rng: np.random.Generator
    ) -> Picture:
        strength = np.clip((seconds - begin) / (60 * minutes), 0, 1)
        far = 0.45 + 0.55 * np.clip((HEIGHT - ys) / (HEIGHT - HORIZON), 0, 1)
        return np.exp(-depth * strength * far).astype(np.float32)

    return veil(thickness, (205, 205, 200))


def halo(begin: float) -> Effect:
    """The glare of a lamp into the lens: bright, smooth and still."""

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        if seconds < begin:
            return picture
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        glow = np.exp(-((np.hypot(xs - 250, ys - 230) / 70) ** 1.2))[..., None]
        return picture * (1 - 0.3 * glow) + 190 * glow

    return apply


# ---------------------------------------------------------------- things


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that appears, with its box in source pixels."""

    name: str
    box: Box
    draw: Effect


def _painted(x1: int, y1: int, patch: Picture, alpha: Picture | None = None) -> Effect:
    rows, columns = patch.shape[:2]

    def apply(picture: Picture, seconds: float, rng: np.random.Generator) -> Picture:
        picture = picture.copy()
        window = picture[y1 : y1 + rows, x1 : x1 + columns]
        if alpha is None:
            window[:] = patch
        else:
            window[:] = window * (1 - alpha[..., None]) + patch * alpha[..., None]
        return picture

    return apply


def stall() -> Thing:
    """A table with goods under a canopy, on the pavement."""
    rng = np.random.default_rng(7)
    patch = np.zeros((78, 90, 3), np.float32)
    alpha = np.ones(patch.shape[:2], np.float32)
    patch[:22] = (60, 60, 190)
    patch[:22, ::18] = (230, 230, 230)
    alpha[22:44, 6:84] = 0.0
    patch[22:44] = 120
    patch[44:] = (70, 100, 130)
    for _ in range(60):
        x, y = int(rng.integers(3, 86)), int(rng.integers(46, 60))
        cv2.circle(patch, (x, y), 4, [float(v) for v in rng.integers(20, 240, 3)], -1)
    return Thing(
        name="stall", box=source_box(110, 190, 200, 268), draw=_painted(110, 190, patch, alpha)
    )


def poster() -> Thing:
    """White paper with text, on brick."""
    patch = np.full((28, 22, 3), 225, np.float32)
    for y in (5, 10, 15, 20):
        patch[y : y + 2, 3:19] = 60
    return Thing(name="poster", box=source_box(300, 80, 322, 108), draw=_painted(300, 80, patch))


def banner() -> Thing:
    """A red banner with yellow signs across a facade."""
    patch = np.full((18, 150, 3), (40, 30, 200), np.uint8)  # OpenCV writes on bytes only
    for x in range(8, 140, 14):
        cv2.putText(patch, "A", (x, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (60, 220, 240), 1)
    patch = patch.astype(np.float32)
    return Thing(name="banner", box=source_box(60, 60, 210, 78), draw=_painted(60, 60, patch))


def grey_board() -> Thing:
    """A plain grey board, nearly as bright as the wall and the pavement behind it."""
    patch = np.full((46, 34, 3), 128, np.float32)
    patch[:2] = patch[-2:] = 105
    patch[:, :2] = patch[:, -2:] = 105
    return Thing(name="grey board", box=source_box(40, 100, 74, 146), draw=_painted(40, 100, patch))


def pile() -> Thing:
    """A heap of soil on the road."""
    rng = np.random.default_rng(9)
    rows, columns = 34, 80
    ys, xs = np.mgrid[0:rows, 0:columns].astype(np.float32)
    shape = ((xs - columns / 2) / (columns / 2)) ** 2 + ((ys - rows) / rows) ** 2
    edge = 1 + 0.12 * smooth_noise(rng, 6, (rows, columns))
    alpha = (shape < edge).astype(np.float32)
    clods = 1 + 0.22 * smooth_noise(rng, 3, (rows, columns))
    patch = clods[..., None] * np.array([55, 82, 112], np.float32)
    return Thing(
        name="pile", box=source_box(430, 250, 510, 284), draw=_painted(430, 250, patch, alpha)
    )


THINGS = (stall, poster, banner, grey_board, pile)
