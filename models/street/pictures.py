# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""Random labelled frames for training: `python -m models.street.pictures --count N --out DIR`.

Writes a YOLO data set (images, labels, classes.txt, data.yaml) split by scene group, and crops of
muck trucks sorted by the state of their bed under DIR/trucks.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.street import plume, surfaces
from models.street.actors import Step, Thing, Vehicle, Walker
from models.street.augment import crop, spoil
from models.street.compose import Composer
from models.street.labels import CLASSES
from models.street.scene import HEIGHT, WIDTH, Picture
from models.street.script import Script, begin, stall, vendor
from models.street.violations import ADVERTS, STALL_KINDS, _put
from models.street.weather import Weather

GROUP = 6
"""Pictures of one group share seed family and side of the split."""
VAL_EVERY = 6
LOADS = ("covered", "open_empty", "open_loaded", "closed")
LEAST_VISIBLE = 0.3
DARKEST = 34.0
"""Grey level below which nobody could label an object."""


@dataclass(frozen=True)
class Shot:
    """A finished picture; label rows are class number, centre x, y, width, height in fractions."""

    picture: Picture
    rows: list[tuple[int, float, float, float, float]]
    trucks: list[tuple[str, Picture]]


def shot(seed: int) -> Shot:
    """One random frame; the same seed gives the same frame."""
    rng = np.random.default_rng([seed, 4711])
    place = "market" if rng.random() < 0.6 else "gate"
    light = str(rng.choice(["day", "day", "overcast", "overcast", "dusk", "night"]))
    weather = Weather(
        rain=float(rng.choice([0, 0, 0, 0, 0.5, 0.9])),
        fog=float(rng.choice([0, 0, 0, 0.006, 0.014])), noise=0.0,
        clouds=float(rng.choice([0, 0, 0.9])),
    )  # fmt: skip
    script = begin("pictures", place, seed, 60.0, (light, weather))
    _fill(script, rng)
    composer = Composer(script.street, pool=1)
    frame, objects = composer.frame(30.0, 0, truth=True)
    trucks = []
    for item in composer.drawn:
        load = item.name.removeprefix("truck-")
        if load in LOADS and item.visible > 0.6 and item.box[2] < WIDTH - 2:
            x0, y0, x1, y1 = _grown(item.box, 0.07)
            if x1 - x0 > 60:
                trucks.append((load, spoil(frame[y0:y1, x0:x1].copy(), rng)))
    boxes = [
        (CLASSES.index(o["class"]), o["box"]) for o in objects if o["visible"] >= LEAST_VISIBLE
    ]
    picture, rows = crop(frame, boxes, rng)
    return Shot(spoil(picture, rng), rows, trucks)


def _lit(frame: Picture, box: list[float]) -> bool:
    """Whether there is anything but darkness in a box."""
    x0, y0, x1, y1 = (int(v) for v in box)
    return float(np.percentile(frame[y0 : y1 + 1, x0 : x1 + 1], 95)) > DARKEST


def _grown(box: list[float], share: float) -> tuple[int, int, int, int]:
    mx, my = (box[2] - box[0]) * share, (box[3] - box[1]) * share
    return (
        max(0, int(box[0] - mx)), max(0, int(box[1] - my)), min(WIDTH, int(box[2] + mx)),
        min(HEIGHT, int(box[3] + my)),
    )  # fmt: skip


def _fill(script: Script, rng: np.random.Generator) -> None:
    """Place a random selection of everything."""
    walk = (14.2, 18.6) if script.street.scene.name == "market" else (14.0, 16.6)
    taken: list[float] = []

    def spot(low: float, high: float, room: float) -> float | None:
        for _ in range(12):
            x = float(rng.uniform(low, high))
            if all(abs(x - other) > room for other in taken):
                taken.append(x)
                return x
        return None

    for _ in range(int(rng.integers(0, 5))):
        x = spot(-1.0, 24.0, 3.4)
        if x is not None:
            _stand(script, rng, x, float(rng.uniform(walk[0] + 0.6, walk[1])))
    _people(script, rng, walk)
    _drivers(script, rng)
    _flat(script, rng)
    _air(script, rng)


def _stand(script: Script, rng: np.random.Generator, x: float, y: float) -> None:
    name = str(
        rng.choice(
            [*STALL_KINDS, *STALL_KINDS, "loose", "aboard0", "aboard1", "abandoned", "parked"]
        )
    )
    if name == "parked":
        name = "parked-" + str(
            rng.choice(["motorcycle", "tricycle-goods", "tricycle-boxes", "tricycle-empty"])
        )
        script.add(
            Thing(name, x, y, script.casting.paint(name), script.casting.track(), heading=180.0)
        )
        return
    stall(script, name, x, y, 0, 60)
    if name in STALL_KINDS and rng.random() < 0.85:
        vendor(script, x + float(rng.uniform(-0.6, 0.6)), y + 0.95, 0, 60)
    for _ in range(int(rng.integers(0, 4)) if name in STALL_KINDS else 0):
        _person(
            script, rng, x + float(rng.uniform(-1.2, 1.2)), y - float(rng.uniform(0.9, 1.6)), 90
        )


def _person(
    script: Script, rng: np.random.Generator, x: float, y: float, face: float | None = None
) -> None:
    angle = float(rng.uniform(0, 360)) if face is None else face + float(rng.uniform(-50, 50))
    umbrella = bool(rng.random() < 0.18)
    if face is None and rng.random() < 0.6:
        reach = float(rng.uniform(20, 40))
        dx, dy = np.cos(np.radians(angle)) * reach, np.sin(np.radians(angle)) * reach
        steps = (Step(0, x - dx, y - dy), Step(60, x + dx, y + dy))
    else:
        steps = (Step(0, x, y, "work" if rng.random() < 0.4 else "stand", angle), Step(60, x, y))
    script.add(
        Walker(
            script.casting.body(), steps, script.casting.clothes(), script.casting.track(), umbrella
        )
    )


def _people(script: Script, rng: np.random.Generator, walk: tuple[float, float]) -> None:
    for _ in range(int(rng.integers(0, 11))):
        _person(script, rng, float(rng.uniform(-2, 34)), float(rng.uniform(*walk)))
    for _ in range(int(rng.integers(0, 3))):
        _person(script, rng, float(rng.uniform(2, 30)), float(rng.uniform(6.5, 13)))


def _drivers(script: Script, rng: np.random.Generator) -> None:
    lanes = script.street.scene.facts["lanes"]
    trucks = [f"truck-{load}" for load in (*LOADS, "tank")]
    x = float(rng.uniform(-8, 8))
    while x < 55 and rng.random() < 0.85:
        name = str(rng.choice(["car", "car", "van", "bus", *trucks]))
        y = lanes["far"] + float(rng.uniform(-0.9, 0.9))
        script.add(
            Vehicle(
                name, x, y, 180.0, 30.0, 7.0, script.casting.paint(name), script.casting.track()
            )
        )
        x += float(rng.uniform(9, 22))
    for _ in range(int(rng.integers(0, 2))):
        name = str(rng.choice(["car", "car", "van", "bus"]))
        y = lanes["near"] + float(rng.uniform(-0.3, 0.3))
        at = float(rng.uniform(3, 30))
        script.add(
            Vehicle(name, at, y, 0.0, 30.0, 8.0, script.casting.paint(name), script.casting.track())
        )
    x = float(rng.uniform(-3, 10))
    while x < 34 and rng.random() < 0.8:
        name = str(
            rng.choice(
                ["bicycle", "motorcycle", "tricycle-empty", "tricycle-goods", "tricycle-boxes"]
            )
        )
        y = 11.8 + float(rng.uniform(-0.4, 0.9))
        script.add(
            Vehicle(
                name, x, y, 180.0, 30.0, 4.0, script.casting.paint(name), script.casting.track()
            )
        )
        x += float(rng.uniform(3, 12))


def _flat(script: Script, rng: np.random.Generator) -> None:
    facts, lanes = script.street.scene.facts, script.street.scene.facts["lanes"]
    wall = facts.get("wall", (-2.0, 6.0, 0.4, 2.4))
    for _ in range(int(rng.integers(0, 3))):
        subtype = str(rng.choice([a for a in ADVERTS if a != "a_board"]))
        x = float(rng.uniform(wall[0] + 1.4, wall[1] - 1.4))
        _put(script, subtype, x, facts["front"] - 0.1, -20.0)
    for _ in range(int(rng.integers(0, 3))):
        x, y = float(rng.uniform(2, 18)), lanes["far"] + float(rng.uniform(-1.4, 1.4))
        length, width = float(rng.uniform(1.2, 4.5)), float(rng.uniform(0.7, 2.0))
        quad = surfaces.ground_quad((x, x + length), (y - width / 2, y + width / 2))
        kind = str(rng.choice(["soil", "soil", "wet", "leaves", "shadow"]))
        if kind == "soil":
            decal = surfaces.Decal(
                surfaces.soil(rng, length, width, float(rng.uniform(0.5, 1.2))),
                quad,
                script.casting.track(),
                "spill",
                starts=-9,
            )
        elif kind == "wet":
            decal = surfaces.Decal(
                surfaces.wet(rng, length, width),
                quad,
                script.casting.track(),
                kind="wet",
                starts=-9,
            )
        elif kind == "leaves":
            decal = surfaces.Decal(
                surfaces.leaves(rng, length, width, 50), quad, script.casting.track(), starts=-9
            )
        else:
            decal = surfaces.Decal(
                surfaces.shade_blob(rng, leafy=True),
                quad,
                script.casting.track(),
                kind="shadow",
                starts=-9,
            )
        script.street.decals.append(decal)


def _air(script: Script, rng: np.random.Generator) -> None:
    if rng.random() > 0.4:
        return
    gate = script.street.scene.name == "gate"
    source = (
        (float(rng.uniform(-2, 24)), float(rng.uniform(18, 32)), 0.8)
        if gate
        else (float(rng.uniform(2, 20)), float(rng.uniform(9, 17)), 0.3)
    )
    wind = (float(rng.uniform(-1.2, 1.2)), float(rng.uniform(-0.7, 0.3)))
    since = 30 - float(rng.uniform(3, 16))
    if rng.random() < (0.65 if gate else 0.25):
        made = plume.Plume(
            plume.DUST,
            source,
            wind,
            ((since, 30.0),),
            script.seed,
            "dust",
            script.casting.track(),
            1.2,
            float(rng.uniform(0.7, 1.5)),
        )
    else:
        recipe = plume.MIST if gate else plume.STEAM
        spot = (4.0, 21.6, 2.1) if gate else source
        made = plume.Plume(recipe, spot, wind, ((since, 30.0),), script.seed, spread=0.15)
    script.street.plumes.append(made)


def write(count: int, seed: int, out: Path) -> dict[str, int]:
    """Write the data set; returns how many pictures and labels each side got."""
    totals = {"train": 0, "val": 0, "labels": 0, "trucks": 0}
    for side in ("train", "val"):
        (out / "images" / side).mkdir(parents=True, exist_ok=True)
        (out / "labels" / side).mkdir(parents=True, exist_ok=True)
        for load in LOADS:
            (out / "trucks" / side / load).mkdir(parents=True, exist_ok=True)
    for k in range(count):
        side = "val" if (k // GROUP) % VAL_EVERY == VAL_EVERY - 1 else "train"
        made = shot(seed * 1_000_003 + k)
        name = f"sim-{seed}-{k:06d}"
        quality = int(np.random.default_rng([seed, k]).integers(45, 95))
        cv2.imwrite(
            str(out / "images" / side / f"{name}.jpg"),
            made.picture,
            [cv2.IMWRITE_JPEG_QUALITY, quality],
        )
        lines = [f"{c} {x:.5f} {y:.5f} {w:.5f} {h:.5f}" for c, x, y, w, h in made.rows]
        (out / "labels" / side / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
        for n, (load, cut) in enumerate(made.trucks):
            cv2.imwrite(
                str(out / "trucks" / side / load / f"{name}-{n}.jpg"),
                cut,
                [cv2.IMWRITE_JPEG_QUALITY, quality],
            )
        totals[side] += 1
        totals["labels"] += len(lines)
        totals["trucks"] += len(made.trucks)
        sys.stderr.write(f"\rpictures: {k + 1}/{count}")
    sys.stderr.write("\n")
    (out / "classes.txt").write_text("".join(f"{c}\n" for c in CLASSES))
    names = "".join(f"  {i}: {c}\n" for i, c in enumerate(CLASSES))
    (out / "data.yaml").write_text(
        f"path: {out.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    )
    return totals


def main() -> None:
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    totals = write(options.count, options.seed, options.out)
    sys.stdout.write(f"{totals}\n")


if __name__ == "__main__":
    main()
