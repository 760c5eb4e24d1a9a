"""Whether a new detector may replace the old one: class by class, on the same pictures.

Both look at the same pictures, and the difference of their AP50 is bootstrapped in pairs, which
cancels what makes a picture easy or hard for both. A class is worse when its whole 95 % interval
lies below zero. Real pictures decide; a class that no real picture shows is judged on rendered
ones, and says so. False alarms on pictures without the class are compared in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np

from models.classes import CLASSES
from models.evaluation.bootstrap import Interval, draw_counts, interval, paired_difference
from models.evaluation.figures import DIGITS, Row, alarm_rows, groups_of, pictures_of
from models.evaluation.looking import Seen, SeenSet
from models.metrics import gather, summarise

Verdict = Literal["better", "no difference shown", "worse"]
WORSE: Final = "worse"


def verdict_on(gain: Interval) -> Verdict:
    """What an interval of a gain says.

    >>> verdict_on(Interval(low=-0.1, high=0.2))
    'no difference shown'
    """
    if gain.high < 0:
        return "worse"
    return "better" if gain.low > 0 else "no difference shown"


def compare(
    new: Sequence[SeenSet],
    old: Sequence[SeenSet],
    new_thresholds: Mapping[str, float],
    old_thresholds: Mapping[str, float],
) -> list[Row]:
    """One row per class and figure, with its verdict.

    Raises:
        ValueError: The two did not look at the same pictures.
    """
    new_groups, old_groups = groups_of(new), groups_of(old)
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in new_groups.items():
            row = _average_precision(name, kind, own, old_groups[source])
            if row:  # real pictures come first and decide alone
                rows.append({**row, "source": source})
                break
        for source, own in new_groups.items():
            mine = _without(own, kind)
            theirs = _without(old_groups[source], kind)
            if mine:
                row = _alarms(name, kind, (mine, new_thresholds), (theirs, old_thresholds))
                rows.append({**row, "source": source})
                break
    return rows


def may_replace(rows: Sequence[Row]) -> bool:
    """Whether no class is worse, and something was compared at all."""
    return bool(rows) and all(r["verdict"] != WORSE for r in rows)


def _average_precision(
    name: str, kind: int, new: Sequence[SeenSet], old: Sequence[SeenSet]
) -> Row | None:
    """AP50 of a class, both networks; None where nothing is labelled."""
    mine, theirs = (gather([p.of(kind) for p in pictures_of(s, kind)]) for s in (new, old))
    if not mine.boxes:
        return None
    gain = paired_difference(mine, theirs)
    values = summarise(theirs, 0).ap50, summarise(mine, 0).ap50
    return _row(
        name,
        "ap50",
        counted=mine.boxes,
        values=values,
        difference=gain,
        verdict=verdict_on(gain),
    )


def _without(sets: Sequence[SeenSet], kind: int) -> list[Seen]:
    """Pictures that were looked through and show none of a class."""
    return [p for s in sets if kind in s.labels.absent for p in s.pictures]


def _alarms(
    name: str,
    kind: int,
    new: tuple[Sequence[Seen], Mapping[str, float]],
    old: tuple[Sequence[Seen], Mapping[str, float]],
) -> Row:
    """False alarms on a picture, both networks at their own thresholds."""
    mine, theirs = (
        np.array([len(alarm_rows(p, {kind}, thresholds)) for p in pictures])
        for pictures, thresholds in (new, old)
    )
    more = interval((draw_counts(len(mine)) @ (mine - theirs)) / len(mine))
    fewer = Interval(low=-more.high, high=-more.low)
    values = 100 * float(theirs.mean()), 100 * float(mine.mean())
    hundred = Interval(low=100 * more.low, high=100 * more.high)
    return _row(
        name,
        "false alarms on 100",
        counted=len(mine),
        values=values,
        difference=hundred,
        verdict=verdict_on(fewer),
    )


def _row(
    name: str,
    figure: str,
    *,
    counted: int,
    values: tuple[float, float],
    difference: Interval,
    verdict: Verdict,
) -> Row:
    """One comparison; `counted` are labels, or pictures without the class."""
    return {
        "class": name,
        "figure": figure,
        "counted": counted,
        "old": round(values[0], DIGITS),
        "new": round(values[1], DIGITS),
        "difference_low": round(difference.low, DIGITS),
        "difference_high": round(difference.high, DIGITS),
        "verdict": verdict,
    }
