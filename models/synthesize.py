"""Make composites: real street pictures with stalls, ads, spills and dust put on them.

    python -m models.synthesize --data path/to/data --out /tmp/composites --count 1500 --seed 1
    python -m models.prepare --data path/to/data --composites /tmp/composites --out /tmp/prepared

Backgrounds and cut-outs come from the training halves of the data pack alone, and from none of
their pictures that resembles a validation picture. Composite number k of a seed is always the
same, whatever the count; one that lies in OUT already is not made again, so a stopped run goes on.
Writes OUT/<set of the background>/{images,labels}/train, about/ (what each was made of) and
classes.txt, and OUT/trucks/train/<load state>/ with crops of the trucks that were put there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import cv2
import numpy as np

from models.classes import CLASSES, class_id
from models.composites.bases import (
    BASE_SETS,
    BaseSet,
    SourceError,
    open_base,
    serves,
    training_pictures,
)
from models.composites.cutouts import cut_out
from models.composites.recipes import Composite, compose
from models.composites.sets import composite_set, read_rules
from models.composites.sources import Crop, Sources
from models.composites.walls import hides
from models.label_sets import DATASETS, LabelSetError, blot_out, read_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.composites.cutouts import CutOut
    from models.composites.harmony import Picture as Image
    from models.label_sets import LabelSet, Picture

_Item = TypeVar("_Item")

FORMAT: Final = 1  # of the pictures; changes when the same seed gives other ones
RECIPE: Final = "recipe.json"  # marks a folder as ours and names its seed
QUALITY: Final = 92  # of the JPEGs: what the scene's own compression is has been put in before
ATTEMPTS: Final = 5  # backgrounds tried until something finds a place
LEAST_CUT_PX: Final = 40  # side of a box that is cut out: smaller ones have no outline
LEAST_CROP_PX: Final = 24  # side of a flat thing that serves as a texture
ONE_SCENE_TAKES: Final = 1  # pictures of a scene that stands for all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What composites are made from."""

    rules: Mapping[str, BaseSet]
    sets: Mapping[str, LabelSet]
    pictures: Mapping[str, Sequence[Picture]]
    sources: Sources


def open_pack(
    data: Path, datasets: Path = DATASETS, rules: Mapping[str, BaseSet] = BASE_SETS
) -> Pack:
    """Read the training pictures and cut out what may be pasted.

    Raises:
        SourceError: A file of the data pack is missing or wrong; every fault is listed.
    """
    sets, pictures = training_pictures(data, datasets, list(rules))
    thinned = {name: one_of_each_scene(found) for name, found in pictures.items()}
    crops: dict[str, list[Crop]] = {}
    cuts: list[CutOut] = []
    for name, rule in rules.items():
        if not rule.crops and not rule.cuts:
            continue
        for picture in _shown(thinned[name], f"cutting out of {name}"):
            for kind, crop in _crops_of(picture, rule):
                crops.setdefault(kind, []).append(crop)
            cuts += _cuts_of(picture, rule)
    return Pack(
        rules=rules,
        sets=sets,
        pictures={n: [p for p in found if serves(p, rules[n])] for n, found in thinned.items()},
        sources=Sources(
            crops=crops,
            stalls=[c for c in cuts if c.kind == class_id("stall")],
            parasols=[c for c in cuts if c.kind == class_id("umbrella")],
            goods=[c for c in cuts if c.kind == class_id("goods")],
        ),
    )


def _wanted(picture: Picture, classes: Sequence[str], least_px: int) -> tuple[Image, list[int]]:
    """A picture and which of its labels are of some classes, large enough and whole."""
    kinds = {class_id(name) for name in classes}
    if not kinds & set(picture.labels[:, 0].astype(int).tolist()):
        return np.zeros((1, 1, 3), np.uint8), []
    image = read_picture(picture.path)
    blot_out(image, picture.ignore)
    size = np.array(image.shape[1::-1])
    sides = (picture.labels[:, 3:] - picture.labels[:, 1:3]) * size
    return image, [
        i
        for i, row in enumerate(picture.labels)
        if int(row[0]) in kinds
        and sides[i].min() >= least_px
        and not hides(row[1:], picture.ignore)
    ]


def _crops_of(picture: Picture, rule: BaseSet) -> Iterator[tuple[str, Crop]]:
    """Tight crops of a picture's flat things, with their class's name."""
    image, wanted = _wanted(picture, rule.crops, LEAST_CROP_PX)
    height, width = image.shape[:2]
    for i in wanted:
        x1, y1, x2, y2 = np.round(picture.labels[i, 1:] * np.array([width, height] * 2)).astype(int)
        origin = f"{picture.dataset}/{picture.path.name}"
        kind = CLASSES[int(picture.labels[i, 0])]
        yield kind, Crop(picture=image[y1:y2, x1:x2].copy(), origin=origin)


def _cuts_of(picture: Picture, rule: BaseSet) -> list[CutOut]:
    """Cut-outs of a picture's things that stand, where the outline is good."""
    image, wanted = _wanted(picture, rule.cuts, LEAST_CUT_PX)
    origin = f"{picture.dataset}/{picture.path.name}"
    found = [cut_out(image, picture.labels, i, origin) for i in wanted]
    return [cut for cut in found if cut is not None]


def one_of_each_scene(pictures: Sequence[Picture]) -> list[Picture]:
    """Leave out what only repeats a scene: `weight` is a share of it where frames are alike."""
    result: list[Picture] = []
    repeated = 0.0
    for picture in pictures:
        repeated += picture.weight if picture.weight < 1 else 0.0
        if picture.weight >= 1 or repeated >= ONE_SCENE_TAKES:
            result.append(picture)
            repeated = 0.0
    return result


def make(pack: Pack, seed: int, number: int) -> tuple[str, Picture, Composite] | None:
    """Composite `number` of a seed.

    Returns:
        The name of its background's set, the background, and the composite; none where nothing
        found a place in several tries.

    Raises:
        LabelSetError: A background cannot be read.
    """
    rng = np.random.default_rng([seed, number, FORMAT])
    names = [name for name in pack.rules if pack.pictures[name]]
    shares = np.array([pack.rules[name].share for name in names])
    for _ in range(ATTEMPTS):
        name = str(rng.choice(names, p=shares / shares.sum()))
        source = pack.pictures[name][int(rng.integers(len(pack.pictures[name])))]
        base = open_base(source, pack.rules[name])
        composite = compose(base, pack.rules[name], pack.sources, rng) if base else None
        if composite is not None:
            return name, source, composite
    return None


def write(composite: Composite, labels: LabelSet, stem: str, source: Picture, out: Path) -> None:
    """Write a composite; its about file comes last and says that all of it is there."""
    folder = out / labels.folder
    names = list(labels.class_map)
    lines = []
    for kind, x1, y1, x2, y2 in composite.labels.tolist():
        if CLASSES[int(kind)] in labels.class_map:
            centre = f"{(x1 + x2) / 2:.5f} {(y1 + y2) / 2:.5f} {x2 - x1:.5f} {y2 - y1:.5f}"
            lines.append(f"{names.index(CLASSES[int(kind)])} {centre}\n")
    _jpeg(folder / "images" / "train" / f"{stem}.jpg", composite.picture)
    _put(folder / "labels" / "train" / f"{stem}.txt", "".join(lines).encode())
    for number, (load, crop) in enumerate(composite.trucks):
        _jpeg(out / "trucks" / "train" / load / f"{stem}-{number}.jpg", crop)
    about = {
        "background": f"{source.dataset}/{source.path.name}",
        "licence": labels.licence,
        "made_of": list(composite.made_of),
    }
    _put(folder / "about" / f"{stem}.json", json.dumps(about, indent=1).encode())


def _jpeg(path: Path, picture: Image) -> None:
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    _put(path, coded.tobytes())


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)


def synthesize(
    data: Path,
    out: Path,
    *,
    count: int,
    seed: int,
    datasets: Path = DATASETS,
    bases: Mapping[str, BaseSet] = BASE_SETS,
) -> int:
    """Do all of it; see the module's docstring.

    Returns:
        How many composites lie in OUT now.

    Raises:
        SourceError: The data pack or OUT cannot be used; OUT is then as it was.
        LabelSetError: A description cannot be used.
    """
    recipe = {"format": FORMAT, "seed": seed}
    if out.exists() and any(out.iterdir()):
        marker = out / RECIPE
        if not marker.is_file():
            raise SourceError(f"{out}: is not empty and was not made by synthesize; name another")
        if (found := json.loads(marker.read_text(encoding="utf-8"))) != recipe:
            raise SourceError(f"{out}: holds composites of {found}, asked for {recipe}")
    rules = read_rules(datasets)
    pack = open_pack(data, datasets, bases)
    described = {name: composite_set(base, rules, 1) for name, base in pack.sets.items()}
    _put(out / RECIPE, json.dumps(recipe).encode())
    for labels in described.values():
        _put(
            out / labels.folder / "classes.txt",
            "".join(f"{n}\n" for n in labels.class_map).encode(),
        )
    done = {path.stem for path in out.glob("*/about/*.json")}
    for number in _shown(range(count), "composites"):
        stem = f"comp-{seed}-{number:05d}"
        if stem in done:
            continue
        made = make(pack, seed, number)
        if made is not None:
            name, source, composite = made
            write(composite, described[name], stem, source, out)
    return len(list(out.glob("*/about/*.json")))


def _shown(items: Sequence[_Item], what: str) -> Iterator[_Item]:
    """Walk over items with a line of progress, renewed every second."""
    said = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - said >= 1:
            said = time.monotonic()
            sys.stderr.write(f"\r{what}: {done}/{len(items)}")
            sys.stderr.flush()
        yield item
    sys.stderr.write(f"\r{what}: {len(items)}/{len(items)}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.synthesize", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the data pack's folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, or to go on with")
    parser.add_argument("--count", type=int, default=1500, help="composites in all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        total = synthesize(options.data, options.out, count=options.count, seed=options.seed)
    except (SourceError, LabelSetError) as exc:
        print(f"synthesize: {exc}", file=sys.stderr)
        return 1
    boxes: Counter[str] = Counter()
    for file in options.out.glob("*/labels/train/*.txt"):
        names = (file.parents[2] / "classes.txt").read_text(encoding="utf-8").split()
        boxes.update(names[int(line.split()[0])] for line in file.read_text().splitlines())
    for name, number in boxes.most_common():
        print(f"{name:12} {number}")
    print(json.dumps({"ok": True, "composites": total, "out": str(options.out)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
