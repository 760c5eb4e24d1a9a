# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""Twins of vending and advertising, which look like them and are none, and the calm street."""

import cv2
import numpy as np

from models.street import surfaces
from models.street.actors import Step, Thing, Vehicle, Walker
from models.street.scene import Picture, read_picture
from models.street.script import (
    Script,
    begin,
    crowd,
    customers,
    stall,
    stall_box,
    traffic,
    vendor,
)
from models.street.violations import STALL_KINDS


def calm(seed: int, seconds: float) -> Script:
    """Ordinary life only: the reference."""
    script = begin("calm", "market" if seed % 2 == 0 else "gate", seed, seconds)
    traffic(script)
    crowd(script)
    return script


def vending_twins(seed: int, seconds: float) -> Script:
    """Permitted and abandoned stall, umbrellas, tricycle, passing vendor, queue, delivery."""
    script = begin("vending_twins", "market", seed, seconds)
    traffic(script)
    crowd(script, busy=0.8)
    permitted(script)
    _parked(script)
    _passing_vendor(script)
    umbrellas(script)
    _queue(script)
    _delivery(script)
    return script


def permitted(script: Script) -> None:
    """A stall in the permitted bay, within its hours."""
    x, y = script.at(1.4, 2.2), script.at(17.3, 17.7)
    kind = STALL_KINDS[(script.seed + 2) % len(STALL_KINDS)]
    stall(script, kind, x, y, -1, script.seconds + 1)
    vendor(script, x - 0.2, y + 0.95, -1, script.seconds + 1)
    customers(script, x, y, 0, script.seconds, (20, 45))
    script.twin("permitted_stall", "STREET_VENDING", 0, None, stall_box(script, kind, x, y))


def _parked(script: Script) -> None:
    x, y = script.at(19.0, 22.0), 17.6
    name = "parked-tricycle-boxes"
    script.add(Thing(name, x, y, script.casting.paint(name), script.casting.track(), heading=180.0))
    script.twin(
        "parked_cargo_tricycle", "STREET_VENDING", 0, None, stall_box(script, "table", x, y)
    )
    x = script.at(9.5, 12.0)
    script.add(
        Thing("abandoned", x, 18.3, script.casting.paint("abandoned"), script.casting.track())
    )
    script.twin(
        "abandoned_covered_stall",
        "STREET_VENDING",
        0,
        None,
        stall_box(script, "abandoned", x, 18.3),
    )


def _passing_vendor(script: Script) -> None:
    for start in (script.at(30, 60), script.at(150, 170)):
        ride = Vehicle(
            "tricycle-goods", 42.0, 15.9, 180.0, start, 2.0,
            script.casting.paint("tricycle-goods"), script.casting.track()
        )  # fmt: skip
        script.add(ride)
        box = script.solid_box((-2, 26), (15.2, 16.5), (0, 1.8))
        script.twin("moving_vendor", "STREET_VENDING", start, start + 24, box)


def umbrellas(script: Script, across: tuple[float, float] = (6.0, 14.0)) -> None:
    """People who stop under an umbrella for less than a minute, x within `across`."""
    t = script.at(15, 30)
    while t < script.seconds - 60:
        x, y, stay = script.at(*across), script.at(15.6, 17.4), script.at(20, 50)
        steps = (
            Step(t - 18, x + 20, 15.0), Step(t - 2, x + 1.2, 15.2),
            Step(t, x, y, "stand", script.at(-140, -40)),
            Step(t + stay, x, y), Step(t + stay + 2, x - 1.2, 15.2),
            Step(t + stay + 20, x - 22, 15.0),
        )  # fmt: skip
        walker = Walker(
            script.casting.body(),
            steps,
            script.casting.clothes(),
            script.casting.track(),
            umbrella=True,
        )
        script.add(walker)
        script.twin(
            "hand_umbrella",
            "STREET_VENDING",
            t,
            t + stay,
            script.solid_box((x - 0.6, x + 0.6), (y - 0.6, y + 0.6), (0, 2.1)),
        )
        t += script.at(50, 80)


def _queue(script: Script) -> None:
    t, x = script.at(90, 140), script.at(16.8, 18.0)
    stay = 55.0
    for k in range(int(script.rng.integers(4, 6))):
        px = x + k * 0.75
        come = t + k * script.at(0.5, 1.0)
        steps = (
            Step(come - 16, px + 18, 15.1), Step(come - 3, px + 0.5, 15.3),
            Step(come, px, 18.6, "stand", 180 + script.at(-20, 20)),
            Step(t + stay - k * 2, px, 18.6), Step(t + stay - k * 2 + 3.5, px - 1, 15.0),
            Step(t + stay - k * 2 + 18, px - 18, 15.0),
        )  # fmt: skip
        script.add(
            Walker(script.casting.body(), steps, script.casting.clothes(), script.casting.track())
        )
    script.twin(
        "queue",
        "STREET_VENDING",
        t,
        t + stay,
        script.solid_box((x - 0.5, x + 4), (18.2, 19), (0, 1.8)),
    )


def _delivery(script: Script) -> None:
    t, x = script.at(210, 250), script.at(7.0, 9.0)
    ride = Vehicle(
        "motorcycle", 40.0, 16.4, 180.0, t - (40 - x) / 4.0, 4.0,
        script.casting.paint("motorcycle"), script.casting.track(),
        stops=((x, 60.0),), parked="parked-motorcycle",
    )  # fmt: skip
    script.add(ride)
    steps = (
        Step(t, x, 17.0), Step(t + 4, x - 3.2, 18.9, "work", 90), Step(t + 50, x - 3.2, 18.9),
        Step(t + 59, x, 16.9),
    )  # fmt: skip
    script.add(Walker("man", steps, script.casting.clothes(), script.casting.track()))
    script.twin(
        "delivery_stop",
        "STREET_VENDING",
        t,
        t + 60,
        script.solid_box((x - 1, x + 1), (16, 17), (0, 1.4)),
    )


def advertising_twins(seed: int, seconds: float) -> Script:
    """Legal signs, LED text, a carried banner, a lettered van, a wall shadow, the notice board."""
    script = begin("advertising_twins", "market", seed, seconds)
    traffic(script)
    crowd(script)
    camera = script.street.scene.calibration
    front = script.street.scene.facts["front"]
    for label, box in [(f[0], f[2]) for f in script.street.fixed if f[0] == "signboard"][:3]:
        script.twin(f"legal_{label}", "ILLEGAL_AD", 0, None, box)
    sign = surfaces.wall_quad((15.5, 21.3), (2.95, 4.0), front - 0.3)
    lit, _ = camera.project(sign)
    starts = script.at(60, 100)
    script.street.glows.append((starts, 1e9, _lighting(lit)))
    script.twin(
        "sign_lights_up", "ILLEGAL_AD", starts, None, [*lit.min(0).tolist(), *lit.max(0).tolist()]
    )
    led(script, front)
    carried(script)
    board(script, front)
    _wall_shadow(script, front)
    _lettered_van(script)
    return script


def _lighting(quad: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> object:
    x0, y0 = np.maximum(quad.min(0), 0).astype(int)
    x1, y1 = quad.max(0).astype(int)

    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad - (x0, y0)).astype(np.int32), 255)

    def draw(frame: Picture, _t: float) -> None:
        part = frame[y0:y1, x0:x1]
        lit = np.minimum(part * np.float32(1.35) + 14, 255).astype(np.uint8)
        cv2.copyTo(lit, mask, part)

    return draw


def led(script: Script, front: float) -> None:
    """A running text in a shop window."""
    quad = surfaces.wall_quad((1.0, 4.4), (2.45, 2.85), front - 0.35)
    seen, _ = script.street.scene.calibration.project(quad)
    strip = read_picture("banner2.webp")
    amber = np.where(strip.min(2) > 150, 255, 0).astype(np.uint8)
    band = np.zeros((44, 360, 3), np.uint8)
    small = cv2.resize(amber, (360, 44))
    x0, y0 = np.floor(seen.min(0)).astype(int)
    x1, y1 = np.ceil(seen.max(0)).astype(int)
    matrix = cv2.getPerspectiveTransform(
        np.array([[0, 0], [360, 0], [360, 44], [0, 44]], np.float32),
        (seen - (x0, y0)).astype(np.float32),
    )

    def draw(frame: Picture, t: float) -> None:
        rolled = np.roll(small, -int(t * 60) % 360, axis=1)
        band[..., 2], band[..., 1] = np.maximum(rolled, 26), rolled // 3
        drawn = cv2.warpPerspective(band, matrix, (int(x1 - x0), int(y1 - y0)))
        part = frame[y0:y1, x0:x1]
        inside = drawn.any(2)
        part[inside] = drawn[inside]

    script.street.glows.append((0, 1e9, draw))
    script.twin("led_text", "ILLEGAL_AD", 0, None, [float(x0), float(y0), float(x1), float(y1)])


def carried(script: Script) -> None:
    """Two people carry a banner past."""
    start, speed, y = script.at(110, 150), 1.1, 16.2
    x0 = 30.0
    texture = read_picture("banner1.webp")
    texture = np.dstack([texture, np.full(texture.shape[:2], 255, np.uint8)])
    for offset in (-1.35, 1.35):
        steps = (
            Step(start, x0 + offset, y + 0.05),
            Step(start + 36 / speed, x0 - 36 + offset, y + 0.05),
        )
        script.add(Walker("man", steps, script.casting.clothes(), script.casting.track()))
    quad = surfaces.wall_quad((x0 - 1.35, x0 + 1.35), (0.75, 1.3), y - 0.25)
    script.street.decals.append(
        surfaces.Decal(
            texture,
            quad,
            script.casting.track(),
            "banner",
            starts=start,
            ends=start + 32,
            moving=(-speed, 0.0),
        )
    )
    script.twin(
        "carried_banner",
        "ILLEGAL_AD",
        start,
        start + 32,
        script.solid_box((-2, 26), (15.9, 16.4), (0, 1.7)),
    )


def board(script: Script, front: float) -> None:
    """A poster on the community notice board, where it is allowed."""
    x0, _, z0, _ = script.street.scene.facts["board"]
    start = script.at(180, 230)
    texture = read_picture("poster3.webp")
    texture = np.dstack([texture, np.full(texture.shape[:2], 255, np.uint8)])
    quad = surfaces.wall_quad((x0 + 0.25, x0 + 0.75), (z0 + 0.1, z0 + 0.78), front - 0.14)
    script.street.decals.append(
        surfaces.Decal(texture, quad, script.casting.track(), "poster", starts=start, fade=1)
    )
    steps = (
        Step(start - 25, x0 + 22, 15.0), Step(start - 6, x0 + 1.5, 15.0),
        Step(start - 3, x0 + 0.5, front - 0.8, "work", 90),
        Step(start + 6, x0 + 0.5, front - 0.8), Step(start + 9, x0 - 1, 15.1),
        Step(start + 24, x0 - 18, 15.1),
    )  # fmt: skip
    script.add(Walker("woman", steps, script.casting.clothes(), script.casting.track()))
    seen, _ = script.street.scene.calibration.project(quad)
    script.twin(
        "poster_on_permitted_board",
        "ILLEGAL_AD",
        start,
        None,
        [*seen.min(0).tolist(), *seen.max(0).tolist()],
    )


def _wall_shadow(script: Script, front: float) -> None:
    if script.street.light != "day":
        return
    quad = surfaces.wall_quad((6.3, 10.6), (0.5, 3.4), front - 0.1)
    texture = surfaces.shade_blob(script.rng, leafy=True)
    script.street.decals.append(
        surfaces.Decal(
            texture,
            quad,
            script.casting.track(),
            kind="shadow",
            starts=40,
            ends=300,
            fade=30,
            sway=0.12,
        )
    )
    seen, _ = script.street.scene.calibration.project(quad)
    script.twin(
        "wall_shadow", "ILLEGAL_AD", 40, 300, [*seen.min(0).tolist(), *seen.max(0).tolist()]
    )


def _lettered_van(script: Script) -> None:
    x, y, start = 19.5, 12.3, script.at(20, 50)
    colours = ((60, 120, 200), (235, 235, 235), (235, 235, 235))
    stop = script.at(150, 240)
    van = Vehicle(
        "van", 70.0, y, 180.0, start, 6.0, colours, script.casting.track(), stops=((x, stop),)
    )
    script.add(van)
    arrive = van.reach(x)
    texture = read_picture("shop6.webp")
    texture = np.dstack([texture, np.full(texture.shape[:2], 255, np.uint8)])
    script.twin(
        "lettered_van",
        "ILLEGAL_AD",
        arrive,
        arrive + stop,
        script.solid_box((x - 2, x + 2), (y - 0.8, y + 0.8), (0, 1.9)),
    )
