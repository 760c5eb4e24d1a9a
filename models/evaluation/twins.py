"""False-alarm twins: how often the detector takes what only looks like a violation for one.

Real pictures where there are some (`twins.toml`), rendered ones, marked as such, where there are
none. A twin's figure is its alarms at the card's thresholds.
"""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from tqdm import tqdm

from models.classes import CLASSES, class_id
from models.evaluation.figures import Row, alarm_rows, per_hundred
from models.evaluation.looking import RENDERED, Seen, SeenSet
from models.label_sets import LabelSetError
from models.metrics import areas, iou, overlap_areas
from models.street import scenario
from models.street.compose import Composer
from models.street.scene import HEIGHT, WIDTH
from pipeline.change.light import LightMeter
from pipeline.detection.detector import Detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTED: Final = Path(__file__).parent / "twins.toml"
SAME_THING: Final = 0.5  # IoU from which two boxes speak of one thing
MOSTLY_INSIDE: Final = 0.5  # share of an alarm's area in the twin's box
SEEDS: Final = (0, 1, 2, 3, 5)  # one of each light, and rain (models/street/script.py, SETTINGS)
LOOKS: Final = 4  # at each time a twin shows itself
SECONDS: Final = 360.0  # of a script: all its twins come


def read_twins(path: Path = LISTED) -> dict[str, list[dict[str, Any]]]:
    """Read the list of twins.

    Raises:
        LabelSetError: It cannot be read, or names a class that is not ours.
    """
    try:
        listed: dict[str, list[dict[str, Any]]] = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in (r for rows in listed.values() for r in rows):
            for name in [*row["classes"], *([row["object"]] if "object" in row else [])]:
                class_id(name)
    except (OSError, ValueError, KeyError) as error:
        raise LabelSetError(path, f"not a list of twins: {error}") from error
    return listed


def on_pictures(
    listed: Sequence[Mapping[str, Any]], sets: Sequence[SeenSet], thresholds: Mapping[str, float]
) -> list[Row]:
    """Alarms on real pictures that show the twin and nothing of the classes.

    Raises:
        LabelSetError: The list asks a set about a class that it does not label.
    """
    rows = []
    for twin in listed:
        kinds = {class_id(c) for c in twin["classes"]}
        for one in (s for s in sets if s.labels.name == twin["set"]):
            if unknown := kinds - one.known:
                names = ", ".join(CLASSES[k] for k in sorted(unknown))
                raise LabelSetError(LISTED, f"set {twin['set']} says nothing about {names}")
            seen = _chosen(one, twin)
            alarms = np.array([len(alarm_rows(p, kinds, thresholds)) for p in seen], dtype=np.int64)
            rate = per_hundred(alarms, np.ones_like(alarms))
            rows.append(_row(twin, twin["twin"], one.source, "pictures") | rate)
    return rows


def _chosen(one: SeenSet, twin: Mapping[str, Any]) -> list[Seen]:
    """The pictures of a set that the set's list of sources marks as the twin's, or all."""
    if "column" not in twin:
        return list(one.pictures)
    # FOLDER/images/SPLIT/NAME, as models.label_sets reads a set
    sources = one.pictures[0].path.parents[2] / "sources.csv"
    try:
        with sources.open(encoding="utf-8", newline="") as lines:
            own = {r["file"] for r in csv.DictReader(lines) if r[twin["column"]] == twin["value"]}
    except (OSError, KeyError) as error:
        raise LabelSetError(sources, f"no column {twin['column']!r}: {error}") from error
    return [p for p in one.pictures if p.path.name in own]


def on_labelled(
    listed: Sequence[Mapping[str, Any]], sets: Sequence[SeenSet], thresholds: Mapping[str, float]
) -> list[Row]:
    """Labelled real objects that a detection of another class covers that hits no label itself."""
    rows = []
    for twin in listed:
        kinds, thing = {class_id(c) for c in twin["classes"]}, class_id(twin["object"])
        for one in (s for s in sets if s.is_real and thing in s.judged):
            known = kinds & one.known
            counts = np.array(
                [_taken(p, thing, known, thresholds) for p in one.pictures], dtype=np.int64
            ).reshape(-1, 2)
            if known and counts[:, 1].any():
                asked = dict(twin, classes=[c for c in twin["classes"] if class_id(c) in known])
                rate = per_hundred(counts[:, 0], counts[:, 1])
                rows.append(_row(asked, twin["twin"], one.source, "objects") | rate)
    return rows


def _taken(
    seen: Seen, thing: int, kinds: set[int], thresholds: Mapping[str, float]
) -> tuple[int, int]:
    """How many objects of a class are taken for others, and how many there are."""
    objects = seen.labels[seen.labels[:, 0] == thing, 1:]
    wrong = _wrong(seen, kinds, thresholds)
    covered = (iou(objects, seen.boxes[wrong]) >= SAME_THING).any(1)
    return int(covered.sum()), len(objects)


def _wrong(seen: Seen, kinds: set[int], thresholds: Mapping[str, float]) -> list[int]:
    """Detections that count, of some classes, and lie on no label of their own class."""
    wrong = []
    for row in alarm_rows(seen, kinds, thresholds):
        own = seen.labels[seen.labels[:, 0] == seen.classes[row], 1:]
        if not (iou(seen.boxes[row : row + 1], own) >= SAME_THING).any():
            wrong.append(row)
    return wrong


def on_rendered(
    listed: Sequence[Mapping[str, Any]], detector: Detector, thresholds: Mapping[str, float]
) -> list[Row]:
    """Frames of the simulated street on which a twin raises an alarm inside its own box."""
    rows = []
    for asked in tqdm(listed, desc="rendered twins", unit=" scenarios"):
        kinds = {class_id(c) for c in asked["classes"]}
        alarms: dict[str, list[int]] = defaultdict(list)
        for name, box, seen in _looks(asked, detector):
            wrong = seen.boxes[_wrong(seen, kinds, thresholds)]
            inside = overlap_areas(wrong, box)[:, 0] / np.maximum(areas(wrong), 1e-9)
            alarms[name].append(int((inside >= MOSTLY_INSIDE).any()))
        for name in asked["twins"]:
            hits = np.array(alarms[name], dtype=np.int64)
            rate = per_hundred(hits, np.ones_like(hits))
            rows.append(_row(asked, name.replace("_", " "), RENDERED, "frames") | rate)
    return rows


def _looks(
    asked: Mapping[str, Any], detector: Detector
) -> Iterator[tuple[str, NDArray[np.float32], Seen]]:
    """Each look at a twin: its name, its box (1, 4) and what the detector saw in the frame."""
    for seed in SEEDS:
        script = scenario.make(asked["scenario"], seed, SECONDS)
        composer = Composer(script.street, pool=1)
        for twin in (t for t in script.twins if t["name"] in asked["twins"]):
            ends = SECONDS if twin["ends_seconds"] is None else twin["ends_seconds"]
            box = np.array([twin["box"]], dtype=np.float32)
            # Inside the time, not at its ends, where the twin is only coming or already going.
            for part in range(1, LOOKS + 1):
                second = twin["starts_seconds"]
                second += (ends - second) * part / (LOOKS + 1)
                yield twin["name"], box, _look_at_street(composer, detector, second)


def _look_at_street(composer: Composer, detector: Detector, second: float) -> Seen:
    """What the detector sees in a frame of the simulated street, and what is there."""
    frame, objects = composer.frame(second, 0, truth=True)
    found = detector.detect_image(frame)
    labels = [[class_id(o["class"]), *o["box"]] for o in objects]
    network = detector.card.input
    return Seen(
        path=Path(f"{second:.1f} s"),
        scale=min(network.width / WIDTH, network.height / HEIGHT),
        light=LightMeter(hold_seconds=0).update(frame, 0),
        labels=np.array(labels, dtype=np.float32).reshape(-1, 5),
        regions=np.zeros((0, 4), dtype=np.float32),
        boxes=found.boxes,
        scores=found.scores,
        classes=found.class_ids,
    )


def _row(twin: Mapping[str, Any], name: str, source: str, of: str) -> Row:
    """The first columns of a twin's line; `of` says what was looked at."""
    return {
        "violation": twin["violation"],
        "twin": name,
        "taken_for": "/".join(twin["classes"]),
        "source": source,
        "of": of,
    }
