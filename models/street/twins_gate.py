"""Twins of dust and spills: mist, fog, steam, exhaust; covered trucks, wet patches, shadows."""

import numpy as np

from models.street import plume, surfaces
from models.street.actors import Vehicle
from models.street.script import SETTINGS, Script, begin, crowd, traffic
from models.street.weather import Weather


def dust_twins(seed: int, seconds: float) -> Script:
    """Water mist, fog that comes and goes, steam, exhaust, headlight halos, a moving green net."""
    light, weather = SETTINGS[seed % len(SETTINGS)]
    fog = Weather(
        weather.name + "+fog", weather.rain * 0.6, 0.016, (60.0, 240.0), weather.noise,
        weather.shake, weather.nudge,
        weather.exposure, weather.clouds,
    )  # fmt: skip
    script = begin("dust_twins", "gate", seed, seconds, (light, fog))
    traffic(script, 0.8, trucks=True)
    crowd(script, (14.8, 16.2), 0.6)
    script.twin("fog", "CONSTRUCTION_DUST", 60, 240, [0.0, 0.0, 1280.0, 720.0])
    spans = plume.bursts(script.rng, script.at(20, 40), script.seconds - 20, 40, 25)
    mist(script, spans)
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


def mist(script: Script, spans: tuple[tuple[float, float], ...]) -> None:
    """The fog cannon works in the given spans."""
    cloud = plume.Plume(plume.MIST, (4.0, 21.6, 2.1), (0.3, -0.1), spans, script.seed, spread=0.1)
    script.street.plumes.append(cloud)
    box = script.solid_box((3, 10), (21, 28), (0.5, 5))
    for a, b in spans:
        ends = min(b + 2.6, script.seconds)
        script.twin("water_mist", "CONSTRUCTION_DUST", a, ends, box)


def _exhaust(script: Script) -> None:
    t = script.at(250, 280)
    lane = script.street.scene.facts["lanes"]["bike"] - 0.1
    x = 13.0
    truck = Vehicle(
        "truck-closed", 70.0, lane, 180.0, t - (70 - x) / 6.0, 6.0,
        script.casting.paint("truck-closed"),
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
