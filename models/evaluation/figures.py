"""Figures of a detector from what it saw: by source, pooled, by size, by light, false alarms.

A set speaks only of the classes that it labels, and figures on rendered pictures never mix with
those on real ones. Precision and recall are those at the card's threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from models.classes import CLASSES
from models.evaluation.bootstrap import intervals, share_interval
from models.evaluation.looking import RENDERED, Seen, SeenSet
from models.metrics import Matches, PictureBoxes, areas, gather, overlap_areas, summarise
from pipeline.change.results import Light

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row: TypeAlias = dict[str, Any]  # a line of a table: names, counts and fractions

# COCO's limits (pycocotools Params.areaRng), in pixels of the network's input: COCO's pictures are
# about as large, and what counts is how large the network sees a thing.
SIZES: Final = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
# A plume has no edge: people's own boxes of one overlap by little more than half.
LOOSE_IOU: Final = {"dust": 0.3}
IGNORED_SHARE: Final = 0.5  # of a box's area in an ignored region, from which it is no false alarm
REAL: Final = "real"  # all real sets together
DIGITS: Final = 4


def measure(name: str, source: str, pictures: Sequence[PictureBoxes], threshold: float) -> Row:
    """Figures of one class on some pictures, with their 95 % intervals."""
    matches = gather(pictures)
    row: Row = {"class": name, "source": source, **asdict(summarise(matches, threshold))}
    for key, sure in asdict(intervals(matches, threshold)).items():
        row[f"{key}_low"], row[f"{key}_high"] = sure["low"], sure["high"]
    if name in LOOSE_IOU:
        loose = gather(pictures, ious=np.array([LOOSE_IOU[name]]))
        row[f"ap{round(100 * LOOSE_IOU[name])}"] = summarise(loose, threshold).ap50
    return _rounded(row)


def by_source(sets: Sequence[SeenSet], thresholds: Mapping[str, float]) -> list[Row]:
    """Figures of each class on each set that labels it and shows it, in class order."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for one in sets:
            pictures = [p.of(kind) for p in one.pictures] if kind in one.judged else []
            if any(len(p.labels) for p in pictures):
                rows.append(measure(name, one.source, pictures, thresholds[name]))
    return sorted(rows, key=lambda r: (CLASSES.index(r["class"]), r["source"]))


def groups_of(sets: Sequence[SeenSet]) -> dict[str, list[SeenSet]]:
    """Real sets together and rendered ones together, never both."""
    groups = {
        REAL: [s for s in sets if s.is_real],
        RENDERED: [s for s in sets if not s.is_real],
    }
    return {name: own for name, own in groups.items() if own}


def pictures_of(sets: Sequence[SeenSet], kind: int) -> list[Seen]:
    """All pictures on which a class is labelled."""
    return [p for s in sets if kind in s.judged for p in s.pictures]


def pooled(sets: Sequence[SeenSet], thresholds: Mapping[str, float]) -> list[Row]:
    """Figures of each class on all real sets together, and on the rendered pictures."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in groups_of(sets).items():
            boxes = [p.of(kind) for p in pictures_of(own, kind)]
            if any(len(b.labels) for b in boxes):
                rows.append(measure(name, source, boxes, thresholds[name]))
    return rows


def mean_ap(rows: Sequence[Row], source: str = REAL, key: str = "ap50") -> float:
    """Mean of a figure over the classes of pooled rows of one source."""
    values = [r[key] for r in rows if r["source"] == source]
    return float(np.mean(values)) if values else float("nan")


def by_size(sets: Sequence[SeenSet]) -> list[Row]:
    """AP50 by COCO's sizes, as the network sees them, pooled as `pooled` does."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in groups_of(sets).items():
            boxes = [p.of(kind) for p in pictures_of(own, kind)]
            for label, size in SIZES.items():
                matches = gather(boxes, size=size)
                if matches.boxes:
                    rows.append(_part(name, source, {"size": label}, matches))
    return rows


def by_light(sets: Sequence[SeenSet]) -> list[Row]:
    """AP50 by day, dusk and night, as the runtime judges the pictures' light."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in groups_of(sets).items():
            for light in Light:
                seen = [p for p in pictures_of(own, kind) if p.light is light]
                matches = gather([p.of(kind) for p in seen])
                if matches.boxes:
                    rows.append(_part(name, source, {"light": light.value}, matches))
    return rows


def _part(name: str, source: str, which: dict[str, str], matches: Matches) -> Row:
    """A row for a part of the labels."""
    result = summarise(matches, 0)
    sure = intervals(matches, 0).ap50
    return _rounded(
        {
            "class": name,
            "source": source,
            **which,
            "pictures": result.pictures,
            "boxes": result.boxes,
            "ap50": result.ap50,
            "ap50_low": sure.low,
            "ap50_high": sure.high,
            "ap50_95": result.ap50_95,
        }
    )


def false_alarms(sets: Sequence[SeenSet], thresholds: Mapping[str, float]) -> list[Row]:
    """Per class: detections on 100 pictures of sets that were looked through and show none."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in groups_of(sets).items():
            seen = [p for s in own if kind in s.labels.absent for p in s.pictures]
            if seen:
                alarms = np.array([len(alarm_rows(p, {kind}, thresholds)) for p in seen])
                rate = per_hundred(alarms, np.ones_like(alarms))
                rows.append({"class": name, "source": source, **rate})
    return rows


def per_hundred(alarms: NDArray[np.int64], of: NDArray[np.int64]) -> Row:
    """Alarms on each picture, and what could have given one there: sums, rate and interval.

    >>> per_hundred(np.array([0, 1]), np.array([2, 2]))["per_100"]
    25.0
    """
    sure = share_interval(alarms, of)
    return _rounded(
        {
            "looks": int(of.sum()),
            "alarms": int(alarms.sum()),
            "per_100": 100 * float(alarms.sum() / of.sum()) if of.sum() else float("nan"),
            "per_100_low": 100 * sure.low,
            "per_100_high": 100 * sure.high,
        }
    )


def alarm_rows(
    seen: Seen, kinds: frozenset[int] | set[int], thresholds: Mapping[str, float]
) -> list[int]:
    """Positions of a picture's detections that count, of some classes, outside ignored regions."""
    inside = overlap_areas(seen.boxes, seen.regions).max(1, initial=0.0)
    share = inside / np.maximum(areas(seen.boxes), 1e-9)
    return [
        row
        for row, (kind, score) in enumerate(zip(seen.classes, seen.scores, strict=True))
        if int(kind) in kinds
        and score >= thresholds[CLASSES[int(kind)]]
        and share[row] <= IGNORED_SHARE
    ]


def _rounded(row: Row) -> Row:
    """Fractions to four digits: the fifth is noise."""
    return {k: round(v, DIGITS) if isinstance(v, float) else v for k, v in row.items()}
