# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""The four violations as scripts. Places in metres, times in seconds; each seed differs."""

import numpy as np

from models.street import plume, surfaces
from models.street.actors import Step, Thing, Vehicle, Walker
from models.street.scene import read_picture
from models.street.script import (
    SETTINGS,
    Script,
    begin,
    crowd,
    customers,
    stall,
    stall_box,
    traffic,
    union,
    vendor,
)
from models.street.weather import Weather

STALL_KINDS = ("cart", "table", "blanket", "canopy", "cartbare")
ADVERTS = ("banner", "poster", "sticker", "a_board", "graffiti")


def vending(seed: int, seconds: float) -> Script:
    """A stall arrives by tricycle on the pavement, trades for minutes, and leaves or stays."""
    script = begin("vending", "market", seed, seconds)
    traffic(script)
    crowd(script)
    add_vending(script, STALL_KINDS[seed % len(STALL_KINDS)])
    return script


def add_vending(script: Script, kind: str) -> None:
    """The unlicensed stall with its tricycle, vendor and customers."""
    x, y = script.at(6.5, 13.0), script.at(16.2, 16.9)
    arrive = script.at(20, min(60, max(21, script.seconds * 0.17)))
    setup = arrive + script.at(9, 16)
    trade = script.at(225, 262)
    leaves = script.rng.random() < 0.5 and setup + trade < script.seconds - 15
    ends = setup + trade if leaves else script.seconds + 60
    ride = Vehicle(
        "tricycle-goods", 40.0, y + 0.1, 180.0, arrive - (40 - (x + 3.1)) / 2.6, 2.6,
        script.casting.paint("tricycle-goods"), script.casting.track(),
        stops=((x + 3.1, ends + 8 - arrive),), parked="parked-tricycle-goods",
    )  # fmt: skip
    script.add(ride)
    body, clothes = "elder", script.casting.clothes()
    steps = (
        Step(arrive, x + 2.6, y - 0.9, "stand", 180), Step(arrive + 2, x + 2.4, y - 0.9, "work", 0),
        Step(setup - 3, x + 2.4, y - 0.9), Step(setup, x + 0.4, y - 0.8, "work", 90),
        Step(setup + 6, x + 0.4, y - 0.8),
        Step(setup + 9, x - 1.6, y), Step(setup + 11, x - 0.2, y + 0.95),
    )  # fmt: skip
    script.add(Walker(body, steps, clothes, script.casting.track()))
    stall(script, kind, x, y, setup, ends)
    vendor(script, x - 0.2, y + 0.95, setup + 11, min(ends, script.seconds + 30))
    customers(script, x, y, setup + 12, min(ends, script.seconds + 10) - 4, (14, 40))
    # Goods lie on the tricycle, too: it is as much part of the act as the stall that it brought.
    parked = script.solid_box((x + 1.75, x + 4.45), (y - 0.4, y + 0.6), (0.0, 1.3))
    script.episode(
        "STREET_VENDING", kind, setup, ends, union(stall_box(script, kind, x, y), parked),
        "a vendor sells from a stall in the no-vending zone; the tricycle parks beside it",
    )  # fmt: skip


def advertising(seed: int, seconds: float) -> Script:
    """Someone puts up an advert on the bare wall or the pavement, and it stays."""
    script = begin("advertising", "market", seed, seconds)
    traffic(script)
    crowd(script)
    add_advert(script, ADVERTS[(seed + seed // 5) % len(ADVERTS)])
    return script


def add_advert(script: Script, subtype: str) -> None:
    """The person and the advert."""
    front = script.street.scene.facts["front"]
    x0, x1, _, _ = script.street.scene.facts["wall"]
    starts = script.at(40, 90)
    x = script.at(x0 + 2.2, x1 - 2.2)
    person_y = 16.6 if subtype == "a_board" else front - 0.75
    busy = 8 if subtype == "a_board" else script.at(12, 22)
    come, speed = starts - busy * 0.7, 1.2
    steps = (
        Step(come - 24 / speed, x + 24, 15.0), Step(come - 3.5, x + 1.5, 15.0),
        Step(come, x, person_y, "work", 90),
        Step(come + busy, x, person_y), Step(come + busy + 4, x - 2, 15.2),
        Step(come + busy + 4 + 14 / speed, x - 16, 15.2),
    )  # fmt: skip
    script.add(Walker("man", steps, script.casting.clothes(), script.casting.track()))
    box = _put(script, subtype, x, front - 0.1, starts)
    script.episode(
        "ILLEGAL_AD", subtype, starts, None, box, f"a {subtype} put up without permission, it stays"
    )


def _put(script: Script, subtype: str, x: float, wall: float, starts: float) -> list[float]:
    """Add the advert itself; returns its pixel box."""
    if subtype == "a_board":
        y = 16.0
        script.add(Thing("aboard0", x, y, (), script.casting.track(), starts))
        return stall_box(script, "aboard0", x, y)
    number = int(script.rng.integers(4))
    spots: list[tuple[str, tuple[float, float], tuple[float, float], float]] = []
    if subtype == "banner":
        spots = [(f"banner{number}", (x - 1.9, x + 1.9), (2.15, 2.75), 0.0)]
    elif subtype == "poster":
        spots = [(f"poster{number}", (x - 0.45, x + 0.45), (1.0, 2.26), 0.0)]
    elif subtype == "graffiti":
        spots = [(f"graffiti{number}", (x - 1.3, x + 1.3), (0.7, 2.05), 0.0)]
    else:
        for k in range(int(script.rng.integers(7, 11))):
            sx, sz = x + script.at(-1.0, 1.0), script.at(0.75, 1.7)
            spots.append((f"poster{k % 6}", (sx, sx + 0.3), (sz, sz + 0.42), 1.2 * k))
    label = "poster" if subtype == "sticker" else subtype
    boxes = []
    for name, across, up, later in spots:
        texture = read_picture(f"{name}.webp")
        if texture.shape[2] == 3:
            texture = np.dstack([texture, np.full(texture.shape[:2], 255, np.uint8)])
        quad = surfaces.wall_quad(across, up, wall)
        script.street.decals.append(
            surfaces.Decal(
                texture, quad, script.casting.track(), label, starts=starts + later, fade=1.0
            )
        )
        seen, _ = script.street.scene.calibration.project(quad)
        boxes.append([*seen.min(0).tolist(), *seen.max(0).tolist()])
    flat = np.array(boxes)
    return [*flat[:, :2].min(0).tolist(), *flat[:, 2:].max(0).tolist()]


def site_setting(seed: int) -> tuple[str, Weather]:
    """Light and weather for dry work on the site: rain is left out."""
    light, weather = SETTINGS[seed % len(SETTINGS)]
    return (light, Weather(noise=weather.noise) if weather.rain else weather)


def dust(seed: int, seconds: float) -> Script:
    """Dust rises from the soil heap or the gate in bursts, grows and drifts over the road."""
    script = begin("dust", "gate", seed, seconds, site_setting(seed))
    traffic(script, 0.8, trucks=True)
    crowd(script, (14.8, 16.2), 0.6)
    add_dust(script)
    return script


def add_dust(script: Script) -> None:
    """The plume."""
    starts = script.at(40, 80)
    ends = starts + script.at(110, 190)
    source = [(9.5, 20.0, 0.3), (12.0, 28.5, 1.6), (9.0, 24.5, 0.6)][int(script.rng.integers(3))]
    wind = (script.at(0.35, 1.1) * (1 if script.rng.random() < 0.6 else -1), script.at(-0.9, -0.4))
    spans = plume.bursts(script.rng, starts, ends, 14, 3)
    track = script.casting.track()
    for k, strength in enumerate((1.15, 0.8)):
        script.street.plumes.append(
            plume.Plume(plume.DUST, source, wind, spans, script.seed * 10 + k,
            "dust" if k == 0 else "", track,
                        spread=1.2, strength=strength)
        )  # fmt: skip
    x, y, z = source
    across = (min(x - 2, x + wind[0] * 9), max(x + 2, x + wind[0] * 9))
    box = script.solid_box(across, (y + wind[1] * 8, y + 1), (0.0, z + 4.0))
    script.episode(
        "CONSTRUCTION_DUST",
        "plume",
        starts,
        ends,
        box,
        "uncovered soil is moved without water; dust drifts",
    )


def spill(seed: int, seconds: float) -> Script:
    """An open loaded truck crosses and drops soil that stays on the road."""
    script = begin("spill", "gate", seed, seconds)
    starts = script.at(60, 120)
    traffic(script, 0.8, gaps=((starts - 16, starts - 4),))
    crowd(script, (14.8, 16.2), 0.6)
    add_spill(script, starts)
    return script


def add_spill(script: Script, starts: float) -> None:
    """The truck and what it drops; `starts` is when the first soil lies on the road."""
    lane = script.street.scene.facts["lanes"]["far"]
    speed = 7.5
    x_high, x_low = script.at(9.5, 12.5), script.at(1.5, 4.5)
    drive = Vehicle(
        "truck-open_loaded", 70.0, lane, 180.0, starts - (70 - (x_high - 4.4)) / speed, speed,
        script.casting.paint("truck-open_loaded"), script.casting.track(),
    )  # fmt: skip
    script.add(drive)
    amount = script.at(0.75, 1.1)
    pieces, x, boxes = 0, x_high, []
    while x > x_low:
        length = script.at(1.6, 3.2)
        width = script.at(0.9, 1.6)
        y = lane + script.at(-0.5, 0.4)
        quad = surfaces.ground_quad((x - length, x), (y - width / 2, y + width / 2))
        when = starts + (x_high - x + length * 0.5) / speed
        texture = surfaces.soil(script.rng, length, width, amount * script.at(0.6, 1.2))
        script.street.decals.append(
            surfaces.Decal(texture, quad, script.casting.track(), "spill", starts=when, fade=0.3)
        )
        seen, _ = script.street.scene.calibration.project(quad)
        boxes.append([*seen.min(0).tolist(), *seen.max(0).tolist()])
        x -= length * script.at(0.75, 1.3)
        pieces += 1
    flat = np.array(boxes)
    trail = plume.Recipe((120, 148, 172), 18.0, 3.0, 0.25, 0.5, 0.4, 0.25)
    script.street.plumes.append(
        plume.Plume(trail, ((x_high + x_low) / 2, lane, 0.2), (0.3, -0.1),
        ((starts, starts + 1.6),), script.seed,
                    spread=1.6, strength=0.7)
    )  # fmt: skip
    box = [*flat[:, :2].min(0).tolist(), *flat[:, 2:].max(0).tolist()]
    script.episode(
        "MUCK_TRUCK_SPILL", "open_loaded", starts, None, box,
        f"an uncovered loaded truck drops soil in {pieces} places, which stays on the road",
    )  # fmt: skip
