"""A small copy of the data pack: a few pictures of each set, to try the recipe on."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from models.label_sets import SPLITS, LabelSetError, read_set
from models.truck_loads import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from models.label_sets import LabelSet, Picture

PER_SPLIT: Final = 8  # pictures of each half of each set
PER_LOAD: Final = 3  # trucks of each load in each half
BESIDE: Final = ("classes.txt", "sources.csv")


def copy_small(sets: Sequence[LabelSet], data: Path, out: Path) -> None:
    """Copy a few pictures of every real set with their labels, and some with trucks of each load.

    Args:
        sets: Descriptions of the sets.
        data: The data pack.
        out: Folder to write; it must not be there yet, and is there only when all is copied.

    Raises:
        LabelSetError: A file of a real set is missing or wrong; nothing is written then.
    """
    real = [labels for labels in sets if labels.role == "real"]
    trucks = few_trucks()
    chosen: dict[str, list[Picture]] = {labels.name: [] for labels in real}
    for labels in real:
        for split in SPLITS:
            pictures, faults = read_set(labels, data / labels.folder, split)
            if faults:
                raise LabelSetError(data / labels.folder, faults[0])
            chosen[labels.name] += few_of(pictures, also=trucks[labels.name, split])
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for labels in real:
        for picture in chosen[labels.name]:
            _copy(picture, data / labels.folder, partial / labels.folder)
        for name in BESIDE:
            if (data / labels.folder / name).is_file():
                shutil.copy(data / labels.folder / name, partial / labels.folder / name)
    partial.replace(out)


def few_trucks(count: int = PER_LOAD) -> defaultdict[tuple[str, str], set[str]]:
    """Pictures by set and split that show the first trucks of each load."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    seen: Counter[tuple[str, str]] = Counter()
    for truck in read_table():
        seen[truck.split, truck.load] += 1
        if seen[truck.split, truck.load] <= count:
            found[truck.dataset, truck.split].add(truck.picture)
    return found


def few_of(
    pictures: Sequence[Picture], count: int = PER_SPLIT, also: Collection[str] = ()
) -> list[Picture]:
    """Some pictures, spread evenly; those that show something come before those that do not.

    Args:
        pictures: All.
        count: How many.
        also: Names of files that are taken besides.
    """
    asked = [p for p in pictures if p.path.name in also]
    shown = [p for p in pictures if len(p.labels) and p.path.name not in also]
    others = [p for p in pictures if not len(p.labels) and p.path.name not in also]
    chosen = shown[:: max(1, len(shown) // count)][:count]
    return [*asked, *chosen, *others[: count - len(chosen)]]


def _copy(picture: Picture, source: Path, target: Path) -> None:
    """Copy a picture, its labels, and its ignored regions where it has some."""
    name = picture.path.name
    text = f"{picture.path.stem}.txt"
    for kind, file in (("images", name), ("labels", text), ("ignore", text)):
        one = source / kind / picture.split / file
        if one.is_file():
            place = target / kind / picture.split
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(one, place / file)
