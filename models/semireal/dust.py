"""Dust with and without the check over time: what rings, rightly and falsely, and how soon."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.rules.dust import DUST_IN_SITE_SHARE
from pipeline.rules.observation import share_in_zone
from pipeline.violations import Subtype, Violation
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.semireal.watch import Watched
    from pipeline.camera import Camera
    from pipeline.processor import Step
    from tests.scenarios.matching import Script

ONE_PICTURE: Final = "network, one picture"
# The product's rule with some of its witnesses, by the variant of `models.semireal.watch`.
RULES: Final = {
    "no_change": "network and time",
    "no_network": "change and time",
    "no_time": "network and change",
    "all": "network, change and time",
}
# Pictures that ring within this of each other are one alarm: whoever looks up looks once.
GAP_SECONDS: Final = 10.0
LINGERS_SECONDS: Final = 60.0  # after its source has ended the last of a plume leaves the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """What one picture says of the air over a site."""

    seconds: float
    score: float  # of the surest dust that lies in a site, in [0, 1]
    cover: float  # share of the site that is veiled, in [0, 1]


def air_of(step: Step, camera: Camera) -> Air | None:
    """One step's; none where the camera watches no site."""
    sites = camera.zones_of(ZoneKind.SITE)
    if not sites:
        return None
    seen = step.observation
    scores = [
        part.score
        for part in seen.parts("dust")
        if any(share_in_zone(part.fraction_box, zone) >= DUST_IN_SITE_SHARE for zone in sites)
    ]
    covers = [haze.cover for haze in seen.hazes]
    return Air(
        seconds=step.frame.seconds,
        score=max(scores, default=0.0),
        cover=max(covers, default=0.0),
    )


def alarms_of(air: Sequence[Air], threshold: float) -> list[tuple[float, float]]:
    """First and last second of each alarm of the network alone.

    >>> sure = [Air(seconds=s, score=0.9, cover=0.0) for s in (1, 2, 30)]
    >>> alarms_of([*sure, Air(seconds=31, score=0.1, cover=0.0)], 0.5)
    [(1, 2), (30, 30)]
    """
    alarms: list[tuple[float, float]] = []
    for sample in air:
        if sample.score < threshold:
            continue
        if alarms and sample.seconds - alarms[-1][1] <= GAP_SECONDS:
            alarms[-1] = alarms[-1][0], sample.seconds
        else:
            alarms.append((sample.seconds, sample.seconds))
    return alarms


def episodes_of(watched: Watched, script: Script) -> list[tuple[float, float]]:
    """Second of firing and last second of each episode of a plume; bare soil is another matter."""
    return [
        (
            (found.fired_at - script.starts_at).total_seconds(),
            (found.last_seen_at - script.starts_at).total_seconds(),
        )
        for found in watched.candidates
        if found.subtype == Subtype.DUST_PLUME
    ]


def with_and_without(
    scripts: Mapping[str, Script],
    runs: Mapping[str, Mapping[str, Watched]],
    threshold: float,
) -> list[dict[str, Any]]:
    """One row for each way to ring, over all videos whose camera watches a site.

    Args:
        scripts: By video.
        runs: What was found, by variant and video.
        threshold: The card's score for dust.
    """
    videos = [video for video in scripts if runs["all"][video].air]
    ways = {
        ONE_PICTURE: {v: alarms_of(runs["all"][v].air, threshold) for v in videos},
        **{
            words: {v: episodes_of(runs[variant][v], scripts[v]) for v in videos}
            for variant, words in RULES.items()
        },
    }
    return [_row(words, alarms, scripts) for words, alarms in ways.items()]


def _row(
    words: str, alarms: Mapping[str, Sequence[tuple[float, float]]], scripts: Mapping[str, Script]
) -> dict[str, Any]:
    """An alarm is right when it rings while a plume is in the air."""
    right = acts = found = 0
    delays: list[float] = []
    for video, rung in alarms.items():
        plumes = [
            (act.starts_seconds, (act.ends_seconds or scripts[video].seconds) + LINGERS_SECONDS)
            for act in scripts[video].episodes
            if act.violation is Violation.CONSTRUCTION_DUST
        ]
        right += sum(any(a <= end and b >= begin for begin, end in plumes) for a, b in rung)
        acts += len(plumes)
        for begin, end in plumes:
            during = [max(a, begin) for a, b in rung if a <= end and b >= begin]
            found += bool(during)
            delays += [min(during) - begin] if during else []
    total = sum(len(rung) for rung in alarms.values())
    return {
        "rings": words,
        "videos": len(alarms),
        "plumes": acts,
        "plumes_found": found,
        "alarms": total,
        "right": right,
        "false": total - right,
        "delay_seconds": round(statistics.median(delays), 1) if delays else None,
    }
