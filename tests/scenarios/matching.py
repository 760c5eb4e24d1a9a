"""Which found episode is which scripted one: precision, recall and the error of the times."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.geometry import Box
from pipeline.violations import Violation

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.candidate import Candidate

# An act is found if the machine points at it, even when it points at a part of it (the parasol of
# a stall) or at more than it (a plume's whole veil): half of the smaller box must be shared.
MIN_SHARED_PART = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedEpisode:
    """One act of the script. Seconds count from the start of the video."""

    violation: Violation
    starts_seconds: float
    ends_seconds: float | None  # none: lasts to the end of the video
    box: Box  # pixels of the video


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What really happens in one rendered video."""

    name: str
    seed: int
    light: str
    weather: str
    width: int
    height: int
    seconds: float
    starts_at: datetime
    episodes: tuple[ScriptedEpisode, ...]


def read_script(path: Path) -> Script:
    """Read a truth file as the renderer writes it."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    return Script(
        name=truth["scenario"],
        seed=truth["seed"],
        light=truth["light"],
        weather=truth["weather"],
        width=truth["width"],
        height=truth["height"],
        seconds=truth["seconds"],
        starts_at=datetime.fromisoformat(truth["starts_at"]),
        episodes=tuple(
            ScriptedEpisode(
                violation=Violation(act["violation"]),
                starts_seconds=act["starts_seconds"],
                ends_seconds=act["ends_seconds"],
                box=Box(*act["box"]),
            )
            for act in truth["episodes"]
        ),
    )


@dataclass(slots=True)
class Tally:
    """Counts of one violation over many videos."""

    scripted: int = 0
    found: int = 0
    matched_found: int = 0  # found episodes that point at a scripted one
    matched_scripted: int = 0  # scripted episodes that some found one points at
    duplicates: int = 0  # more than one found episode for one act
    start_errors: list[float] = field(default_factory=list)  # seconds, found minus scripted
    end_errors: list[float] = field(default_factory=list)  # seconds, found minus scripted

    @property
    def precision(self) -> float:
        """Found episodes that are right and not double; 1.0 if nothing was found."""
        right = self.matched_found - self.duplicates
        return right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Scripted episodes that were found; 1.0 if there were none."""
        return self.matched_scripted / self.scripted if self.scripted else 1.0


def points_at(candidate: Candidate, act: ScriptedEpisode, script: Script) -> bool:
    """Whether a candidate is about a scripted act: same violation, same time, same place."""
    if candidate.violation is not act.violation:
        return False
    box = Box(*candidate.box).scaled(script.width, script.height)
    smaller = min(box.area, act.box.area)
    if smaller <= 0 or box.intersection_area(act.box) / smaller < MIN_SHARED_PART:
        return False
    ends = script.seconds if act.ends_seconds is None else act.ends_seconds
    begin = (candidate.started_at - script.starts_at).total_seconds()
    fired = (candidate.fired_at - script.starts_at).total_seconds()
    return begin <= ends and fired >= act.starts_seconds


def tally(script: Script, candidates: list[Candidate], tallies: dict[Violation, Tally]) -> None:
    """Add one video's result to the counts.

    An episode answers for every act that it points at: ads that one hand puts up side by side are
    one case. It is double if every one of them had been answered for.
    """
    claims: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        counts = tallies.setdefault(candidate.violation, Tally())
        counts.found += 1
        acts = [i for i, act in enumerate(script.episodes) if points_at(candidate, act, script)]
        counts.matched_found += bool(acts)
        counts.duplicates += bool(acts) and all(i in claims for i in acts)
        for index in acts:
            claims.setdefault(index, []).append(candidate)
    for index, act in enumerate(script.episodes):
        counts = tallies.setdefault(act.violation, Tally())
        counts.scripted += 1
        if index not in claims:
            continue
        counts.matched_scripted += 1
        first = min(claims[index], key=lambda c: c.started_at)
        begin = (first.started_at - script.starts_at).total_seconds()
        counts.start_errors.append(begin - act.starts_seconds)
        if first.ended_at is not None and act.ends_seconds is not None:
            end = (first.ended_at - script.starts_at).total_seconds()
            counts.end_errors.append(end - act.ends_seconds)
