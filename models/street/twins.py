# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""What looks like a violation and is none (false-alarm catalogue of the domain), and the calm street."""

import numpy as np

from models.street import plume, surfaces
from models.street.actors import Step, Thing, Vehicle, Walker
from models.street.scene import Picture, read_picture
from models.street.script import (
    SETTINGS,
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
from models.street.weather import Weather


def calm(seed: int, seconds: float) -> Script:
    """Ordinary life only: the reference."""
    script = begin("calm", "market" if seed % 2 == 0 else "gate", seed, seconds)
    traffic(script)
    crowd(script)
    return script


def vending_twins(seed: int, seconds: float) -> Script:
    """A permitted stall, umbrellas, parked tricycle, passing vendor, abandoned stall, queue, delivery."""
    script = begin("vending_twins", "market", seed, seconds)
    traffic(script)
    crowd(script, busy=0.8)
    _permitted(script)
    _parked(script)
    _passing_vendor(script)
    _umbrellas(script)
    _queue(script)
    _delivery(script)
    return script


def _permitted(script: Script) -> None:
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
    for start in (script.at(30, 60), script.at(180, 220)):
        ride = Vehicle(
            "tricycle-goods", 42.0, 15.9, 180.0, start, 2.0, script.casting.paint("tricycle-goods"), script.casting.track()
        )  # fmt: skip
        script.add(ride)
        box = script.solid_box((-2, 26), (15.2, 16.5), (0, 1.8))
        script.twin("moving_vendor", "STREET_VENDING", start, start + 24, box)


def _umbrellas(script: Script) -> None:
    t = script.at(15, 30)
    while t < script.seconds - 60:
        x, y, stay = script.at(6, 14), script.at(15.6, 17.4), script.at(20, 50)
        steps = (
            Step(t - 18, x + 20, 15.0), Step(t - 2, x + 1.2, 15.2), Step(t, x, y, "stand", script.at(-140, -40)),
            Step(t + stay, x, y), Step(t + stay + 2, x - 1.2, 15.2), Step(t + stay + 20, x - 22, 15.0),
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
            Step(come - 16, px + 18, 15.1), Step(come - 3, px + 0.5, 15.3), Step(come, px, 18.6, "stand", 180 + script.at(-20, 20)),
            Step(t + stay - k * 2, px, 18.6), Step(t + stay - k * 2 + 3.5, px - 1, 15.0), Step(t + stay - k * 2 + 18, px - 18, 15.0),
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
        "motorcycle", 40.0, 16.4, 180.0, t - (40 - x) / 4.0, 4.0, script.casting.paint("motorcycle"), script.casting.track(),
        stops=((x, 60.0),), parked="parked-motorcycle",
    )  # fmt: skip
    script.add(ride)
    steps = (
        Step(t, x, 17.0), Step(t + 4, x - 3.2, 18.9, "work", 90), Step(t + 50, x - 3.2, 18.9), Step(t + 59, x, 16.9),
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
    """Legal signs, one lighting up, LED text, a carried banner, a lettered van, a wall shadow, the board."""
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
    _led(script, front)
    _carried(script)
    _board(script, front)
    _wall_shadow(script, front)
    _lettered_van(script)
    return script


def _lighting(quad: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> object:
    x0, y0 = np.maximum(quad.min(0), 0).astype(int)
    x1, y1 = quad.max(0).astype(int)

    def draw(frame: Picture, t: float) -> None:
        part = frame[y0:y1, x0:x1]
        part[:] = np.minimum(part * np.float32(1.35) + 14, 255).astype(np.uint8)

    return draw


def _led(script: Script, front: float) -> None:
    import cv2

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


def _carried(script: Script) -> None:
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


def _board(script: Script, front: float) -> None:
    x0, _, z0, _ = script.street.scene.facts["board"]
    start = script.at(180, 230)
    texture = read_picture("poster3.webp")
    texture = np.dstack([texture, np.full(texture.shape[:2], 255, np.uint8)])
    quad = surfaces.wall_quad((x0 + 0.25, x0 + 0.75), (z0 + 0.1, z0 + 0.78), front - 0.14)
    script.street.decals.append(
        surfaces.Decal(texture, quad, script.casting.track(), "poster", starts=start, fade=1)
    )
    steps = (
        Step(start - 25, x0 + 22, 15.0), Step(start - 6, x0 + 1.5, 15.0), Step(start - 3, x0 + 0.5, front - 0.8, "work", 90),
        Step(start + 6, x0 + 0.5, front - 0.8), Step(start + 9, x0 - 1, 15.1), Step(start + 24, x0 - 18, 15.1),
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
    quad = surfaces.wall_quad((6.6, 9.4), (0.6, 2.8), front - 0.1)
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


def dust_twins(seed: int, seconds: float) -> Script:
    """Water mist, fog that comes and goes, steam, exhaust, headlight halos, a moving green net."""
    light, weather = SETTINGS[seed % len(SETTINGS)]
    fog = Weather(
        weather.name + "+fog", weather.rain * 0.6, 0.016, (60.0, 240.0), weather.noise, weather.shake, weather.nudge,
        weather.exposure, weather.clouds,
    )  # fmt: skip
    script = begin("dust_twins", "gate", seed, seconds, (light, fog))
    traffic(script, 0.8, trucks=True)
    crowd(script, (14.8, 16.2), 0.6)
    script.twin("fog", "CONSTRUCTION_DUST", 60, 240, [0.0, 0.0, 1280.0, 720.0])
    spans = plume.bursts(script.rng, script.at(20, 40), script.seconds - 20, 40, 25)
    mist = plume.Plume(plume.MIST, (4.0, 21.6, 2.1), (0.3, -0.1), spans, seed, spread=0.1)
    script.street.plumes.append(mist)
    box = script.solid_box((3, 10), (21, 28), (0.5, 5))
    for a, b in spans:
        script.twin("water_mist", "CONSTRUCTION_DUST", a, min(b + 2.6, script.seconds), box)
    steam = plume.Plume(
        plume.STEAM, (6.0, 8.9, 0.0), (0.25, 0.1), ((100.0, 220.0),), seed + 1, spread=0.15
    )
    script.street.plumes.append(steam)
    script.twin(
        "steam", "CONSTRUCTION_DUST", 100, 222, script.solid_box((5.3, 7.2), (8.5, 9.4), (0, 2.2))
    )
    _exhaust(script)
    _net(script)
    return script


def _exhaust(script: Script) -> None:
    t = script.at(250, 280)
    lane = script.street.scene.facts["lanes"]["bike"] - 0.1
    x = 13.0
    truck = Vehicle(
        "truck-closed", 70.0, lane, 180.0, t - (70 - x) / 6.0, 6.0, script.casting.paint("truck-closed"),
        script.casting.track(), stops=((x, 20.0),),
    )  # fmt: skip
    script.add(truck)
    puff = plume.Plume(
        plume.EXHAUST,
        (x + 3.4, lane - 1.3, 0.8),
        (0.5, -0.2),
        ((t + 16, t + 21),),
        script.seed + 2,
        spread=0.1,
    )
    script.street.plumes.append(puff)
    script.twin(
        "exhaust",
        "CONSTRUCTION_DUST",
        t + 16,
        t + 24,
        script.solid_box((x + 2, x + 6), (lane - 2, lane), (0, 3)),
    )


def _net(script: Script) -> None:
    texture = np.zeros((80, 160, 4), np.uint8)
    texture[..., 1] = (90 + 60 * surfaces.noise(script.rng, (80, 160), 3, 7)).astype(np.uint8)
    texture[..., 0], texture[..., 2] = 60, 50
    texture[..., 3] = 235
    quad = np.array([[-1.5, 26.6, 3.4], [3.5, 26.6, 3.2], [4.5, 25.6, 2.3], [-2.0, 25.6, 2.3]])
    script.street.decals.append(
        surfaces.Decal(texture, quad, script.casting.track(), sway=0.22, starts=-5.0)
    )
    seen, _ = script.street.scene.calibration.project(quad)
    script.twin(
        "moving_net", "CONSTRUCTION_DUST", 0, None, [*seen.min(0).tolist(), *seen.max(0).tolist()]
    )


def spill_twins(seed: int, seconds: float) -> Script:
    """Covered, empty and closed trucks, a wet patch behind a sprinkler, a moving shadow, leaves."""
    script = begin("spill_twins", "gate", seed, seconds)
    lane = script.street.scene.facts["lanes"]["far"]
    times = [
        script.at(30, 45),
        script.at(85, 100),
        script.at(140, 155),
        script.at(200, 215),
        script.at(260, 275),
    ]
    traffic(script, 0.8, gaps=tuple((t - 6, t + 6) for t in times))
    crowd(script, (14.8, 16.2), 0.6)
    for t, load in zip(times, ("covered", "open_empty", "tank", "closed", "covered"), strict=True):
        name = f"truck-{load}"
        truck = Vehicle(
            name, 70.0, lane, 180.0, t, 7.5, script.casting.paint(name), script.casting.track()
        )
        script.add(truck)
        box = script.solid_box((0, 20), (lane - 1.3, lane + 1.3), (0, 3.2))
        script.twin(f"truck_{load}", "MUCK_TRUCK_SPILL", truck.reach(24), truck.reach(-6), box)
        if load == "tank":
            _wet(script, truck, lane)
    _road_shadow(script)
    texture = surfaces.leaves(script.rng, 5.0, 1.6, 90)
    quad = surfaces.ground_quad((13.0, 18.0), (11.6, 13.2))
    script.street.decals.append(surfaces.Decal(texture, quad, script.casting.track(), starts=-5.0))
    seen, _ = script.street.scene.calibration.project(quad)
    script.twin(
        "leaves", "MUCK_TRUCK_SPILL", 0, None, [*seen.min(0).tolist(), *seen.max(0).tolist()]
    )
    seen, _ = script.street.scene.calibration.project(surfaces.ground_quad((5.5, 6.5), (8.4, 9.4)))
    script.twin(
        "manhole", "MUCK_TRUCK_SPILL", 0, None, [*seen.min(0).tolist(), *seen.max(0).tolist()]
    )
    return script


def _wet(script: Script, truck: Vehicle, lane: float) -> None:
    first = truck.reach(14.0 - 4.2)
    quads = []
    for k in range(6):
        x = 14.0 - k * 2.4
        quad = surfaces.ground_quad((x - 2.9, x), (lane - 1.25, lane + 1.25))
        texture = surfaces.wet(script.rng, 2.9, 2.5)
        decal = surfaces.Decal(
            texture,
            quad,
            script.casting.track(),
            kind="wet",
            starts=first + k * 2.4 / 7.5,
            ends=first + 130,
            fade=45,
        )
        decal.fade = 0.4 if decal.ends > script.seconds else 45
        script.street.decals.append(decal)
        quads.append(script.street.scene.calibration.project(quad)[0])
    every = np.concatenate(quads)
    script.twin(
        "wet_patch",
        "MUCK_TRUCK_SPILL",
        first,
        first + 130,
        [*every.min(0).tolist(), *every.max(0).tolist()],
    )


def _road_shadow(script: Script) -> None:
    if script.street.light != "day":
        return
    quad = surfaces.ground_quad((4.0, 9.0), (4.0, 12.0))
    texture = surfaces.shade_blob(script.rng, leafy=False)
    script.street.decals.append(
        surfaces.Decal(
            texture,
            quad,
            script.casting.track(),
            kind="shadow",
            starts=60,
            ends=320,
            fade=20,
            moving=(0.012, 0.0),
        )
    )
    leafy = surfaces.ground_quad((-1.0, 4.5), (8.0, 13.2))
    script.street.decals.append(
        surfaces.Decal(
            surfaces.shade_blob(script.rng, leafy=True),
            leafy,
            script.casting.track(),
            kind="shadow",
            sway=0.18,
            starts=-5.0,
        )
    )
    seen, _ = script.street.scene.calibration.project(quad)
    script.twin(
        "moving_shadow", "MUCK_TRUCK_SPILL", 60, 320, [*seen.min(0).tolist(), *seen.max(0).tolist()]
    )
