"""What is known of a composite: the description of its background's set, and what was pasted."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from models.classes import CLASSES, COCO_ROWS, class_id
from models.label_sets import COMPOSITES, DATASETS, LabelSet, LabelSetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PREFIX: Final = "composites_"  # of the names of the sets that a folder of composites consists of
_COCO: Final = frozenset(class_id(name) for name in COCO_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeRules:
    """The file `datasets/composites.toml`."""

    draws: int  # composites drawn in one training epoch, of all backgrounds together
    pasted: frozenset[int]  # classes that may be pasted


def read_rules(datasets: Path = DATASETS) -> CompositeRules:
    """Read it.

    Raises:
        LabelSetError: It is missing, a key is missing, or a class is not one of ours.
    """
    path = datasets / COMPOSITES
    if not path.is_file():
        raise LabelSetError(path, "description of the composites is missing")
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        pasted = frozenset(class_id(name) for name in raw["pasted"])
        return CompositeRules(draws=int(raw["draws"]), pasted=pasted)
    except KeyError as exc:
        raise LabelSetError(path, f"key {exc} is missing") from exc
    except ValueError as exc:
        raise LabelSetError(path, str(exc)) from exc


def composite_set(base: LabelSet, rules: CompositeRules, draws: int) -> LabelSet:
    """Describe the composites on one set's pictures.

    What the background's set knows stays known. A pasted class that was absent is now complete:
    every one there is has been pasted. One that the set does not label has boxes for what was
    pasted only: the initial weights may fill in the rest if they know the class, else it is
    partial and gives no negatives.
    """
    unlabelled = rules.pasted - base.complete - base.filled - base.partial - base.absent
    return replace(
        base,
        name=PREFIX + base.name,
        role="composite",
        folder=base.name,
        draws=draws,
        class_map={name: class_id(name) for name in _labelled(base, rules)},
        complete=base.complete | (base.absent & rules.pasted),
        filled=base.filled | (unlabelled & _COCO),
        partial=base.partial | (unlabelled - _COCO),
        absent=base.absent - rules.pasted,
        scene_column="",
        one_scene=frozenset(),
    )


def _labelled(base: LabelSet, rules: CompositeRules) -> Sequence[str]:
    """Names of the classes with boxes, in our order."""
    ids = base.complete | base.filled | base.partial | rules.pasted
    return [name for name in CLASSES if class_id(name) in ids]


def composite_sets(
    bases: Sequence[LabelSet], composites: Path, datasets: Path = DATASETS
) -> list[LabelSet]:
    """Describe every set of a folder of composites, one for each background's set in it.

    Args:
        bases: Descriptions of the real sets.
        composites: Folder that `models.synthesize` wrote.
        datasets: Where `composites.toml` lies.

    Raises:
        LabelSetError: The folder is missing or holds no composites.
    """
    rules = read_rules(datasets)
    counts = {
        base.name: len(list((composites / base.name / "images" / "train").glob("*.jpg")))
        for base in bases
    }
    total = sum(counts.values())
    if not total:
        raise LabelSetError(composites, "no composites; python -m models.synthesize makes them")
    return [
        composite_set(base, rules, max(1, round(rules.draws * counts[base.name] / total)))
        for base in bases
        if counts[base.name]
    ]
