# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""The four demo videos: each violation among its own twins."""

from collections.abc import Callable
from dataclasses import replace

from models.street import twins, twins_gate, violations
from models.street.actors import Vehicle
from models.street.script import Script, begin, crowd, traffic

DEMO_SOFT = 0.7
"""Demo videos have a softer lens and no sensor noise, so that the files stay small."""


def _begin(name: str, place: str, seed: int, seconds: float) -> Script:
    script = begin(name, place, seed, seconds)
    script.street.weather = replace(script.street.weather, noise=0.0, shake=0.0, soft=DEMO_SOFT)
    return script


def vending(seed: int, seconds: float) -> Script:
    """A stall trades without leave while a permitted one trades in its bay."""
    script = _begin("demo_vending", "market", seed, seconds)
    traffic(script)
    crowd(script)
    twins.permitted(script)
    twins.umbrellas(script, (15.0, 18.5))
    violations.add_vending(script, "cart" if seed % 2 == 0 else "canopy")
    return script


def advertising(seed: int, seconds: float) -> Script:
    """A banner goes up beside legal signs, a running text and a poster on the notice board."""
    script = _begin("demo_advertising", "market", seed, seconds)
    traffic(script)
    crowd(script)
    front = script.street.scene.facts["front"]
    twins.led(script, front)
    twins.carried(script)
    twins.board(script, front)
    violations.add_advert(script, "banner" if seed % 2 == 0 else "sticker")
    return script


def dust(seed: int, seconds: float) -> Script:
    """Dust from the site; before and after it the fog cannon works."""
    script = _begin("demo_dust", "gate", seed, seconds)
    traffic(script, 0.8, trucks=True)
    crowd(script, (14.8, 16.2), 0.6)
    violations.add_dust(script)
    starts, ends = script.episodes[0]["starts_seconds"], script.episodes[0]["ends_seconds"]
    spans = ((5.0, starts - 12), ((ends or seconds) + 10, seconds - 5))
    twins_gate.mist(script, tuple(s for s in spans if s[1] - s[0] > 5))
    return script


def spill(seed: int, seconds: float) -> Script:
    """A covered truck passes, then an open one spills, then a sprinkler and an empty one pass."""
    script = _begin("demo_spill", "gate", seed, seconds)
    starts = script.at(85, 105)
    others = ((30.0, "covered"), (starts + 45, "open_empty"), (starts + 95, "closed"))
    traffic(script, 0.8, gaps=tuple((t - 16, t + 6) for t in (*(t for t, _ in others), starts)))
    crowd(script, (14.8, 16.2), 0.6)
    lane = script.street.scene.facts["lanes"]["far"]
    for t, load in others:
        name = f"truck-{load}"
        truck = Vehicle(
            name, 70.0, lane, 180.0, t, 7.5, script.casting.paint(name), script.casting.track()
        )
        script.add(truck)
        box = script.solid_box((0, 20), (lane - 1.3, lane + 1.3), (0, 3.2))
        script.twin(name, "MUCK_TRUCK_SPILL", truck.reach(24), truck.reach(-6), box)
    violations.add_spill(script, starts)
    return script


DEMOS: dict[str, Callable[[int, float], Script]] = {
    "demo_vending": vending,
    "demo_advertising": advertising,
    "demo_dust": dust,
    "demo_spill": spill,
}
