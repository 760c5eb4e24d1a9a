"""Figures of the semi-real videos: episode precision, recall and delay, with Wilson intervals."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipeline.violations import Violation
from tests.scenarios.matching import Tally, points_at, tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.semireal.watch import Watched
    from tests.scenarios.matching import Script

AIM: Final = 0.9  # precision and recall of each violation with all witnesses
Z: Final = 1.959964  # of a 95 % interval: the normal distribution's quantile at 0.975


def wilson(right: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927); (0, 1) where nothing was counted.

    >>> [round(v, 3) for v in wilson(8, 10)]
    [0.49, 0.943]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if count == 0:
        return 0.0, 1.0
    share, square = right / count, Z * Z
    middle = share + square / (2 * count)
    half = Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    scale = 1 + square / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(slots=True, kw_only=True)
class Result:
    """All videos with one set of witnesses."""

    tallies: dict[Violation, Tally] = field(
        default_factory=lambda: {violation: Tally() for violation in Violation}
    )
    delays: dict[Violation, list[float]] = field(default_factory=dict)  # fired minus scripted, s
    mistakes: list[str] = field(default_factory=list)


def count(scripts: Mapping[str, Script], runs: Mapping[str, Watched]) -> Result:
    """Compare what was found with what was scripted, video by video."""
    result = Result()
    for name, script in scripts.items():
        watched = runs[name]
        tally(script, watched.candidates, result.tallies)
        _delays(script, watched, result)
        result.mistakes += mistakes_of(name, script, watched)
    return result


def _delays(script: Script, watched: Watched, result: Result) -> None:
    for act in script.episodes:
        fired = [c.fired_at for c in watched.candidates if points_at(c, act, script)]
        if fired:
            seconds = (min(fired) - script.starts_at).total_seconds()
            result.delays.setdefault(act.violation, []).append(seconds - act.starts_seconds)


def mistakes_of(name: str, script: Script, watched: Watched) -> list[str]:
    """One line for each false episode and each missed act, with the rules' own reasons."""
    lines = [
        f"{name}: false {found.subtype} from"
        f" {(found.started_at - script.starts_at).total_seconds():.0f} s at"
        f" {[round(v, 2) for v in found.box]}: {found.explanation.summary()}"
        for found in watched.candidates
        if not any(points_at(found, act, script) for act in script.episodes)
    ]
    said = " | ".join(watched.left_alone[:4]) or "nothing"
    return lines + [
        f"{name}: missed {act.violation} from {act.starts_seconds:.0f} s at"
        f" {[round(v) for v in act.box.xyxy]}; left alone: {said}"
        for act in script.episodes
        if not any(points_at(found, act, script) for found in watched.candidates)
    ]


def as_rows(result: Result) -> dict[str, dict[str, Any]]:
    """Figures per violation, ready for JSON."""
    rows: dict[str, dict[str, Any]] = {}
    for violation, counts in result.tallies.items():
        right = counts.matched_found - counts.duplicates
        rows[violation.value] = {
            "scripted": counts.scripted,
            "found": counts.found,
            "right": right,
            "hit": counts.matched_scripted,
            "duplicates": counts.duplicates,
            "precision": round(counts.precision, 3),
            "precision_95": [round(v, 3) for v in wilson(right, counts.found)],
            "recall": round(counts.recall, 3),
            "recall_95": [round(v, 3) for v in wilson(counts.matched_scripted, counts.scripted)],
            "delay_seconds": spread(result.delays.get(violation, [])),
        }
    return rows


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Median and extremes; none of nothing.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'min': 1.0, 'max': 3.0, 'count': 3}
    """
    if not values:
        return None
    return {
        "median": round(statistics.median(values), 1),
        "min": round(min(values), 1),
        "max": round(max(values), 1),
        "count": len(values),
    }


def aims_met(rows: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether every violation that was scripted reaches the aim, and something was scripted."""
    scripted = [row for row in rows.values() if row["scripted"]]
    return bool(scripted) and all(
        row["precision"] >= AIM and row["recall"] >= AIM for row in scripted
    )
