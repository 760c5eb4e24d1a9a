"""A truck's passage over a road zone: the burst a rule asks for, and what the burst showed.

The order of calls, for whoever wires the muck-truck rule:

1. `rule.observe(observation)` returns a `BurstRequest` once a truck has crossed a road zone.
2. Decode the seconds `begin_seconds..end_seconds` at `frames_per_second`; find and track trucks in
   them; classify the load of each truck crop; make one `BurstFrame` per frame.
3. `passage = Passage.of_frames(request, frames)`.
4. Once triage frames from after `passage.end_seconds` exist, compare the road surface from before
   `request.begin_seconds` with the one after `request.end_seconds`.
5. `rule.observe_passage(passage, changes)` returns judgements as `observe` does. No call for a
   request simply means that no spill is judged for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.geometry import Box

# A state wins if this share of the votes' scores is for it; with four states and an abstention,
# less than three in five is no verdict.
MIN_VOTE_SHARE = 0.6
MIN_VOTES = 2  # one crop is no vote
# A rear plate sits in the lower third of a truck, the front plate in its lowest quarter; the band
# is generous because the box of a tipper's body ends above its bumper.
PLATE_BAND_SHARE = 0.4


class LoadState(StrEnum):
    """What a truck carries, as far as its crops tell."""

    COVERED = "covered"
    OPEN_EMPTY = "open_empty"
    OPEN_LOADED = "open_loaded"
    CLOSED = "closed"  # tanker, mixer, box body: nothing can fall off
    UNCLEAR = "unclear"  # too few votes, or they do not agree


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstRequest:
    """Seconds of video that a rule wants decoded at a higher rate than triage."""

    request_id: int  # unique within its rule
    zone_id: str
    begin_seconds: float  # of the stream's monotonic clock
    end_seconds: float  # of the stream's monotonic clock
    frames_per_second: float
    purpose: str  # a code for logs and metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadVote:
    """What the load classifier says about one crop."""

    class_name: str | None  # a `LoadState` value; none: it abstains
    score: float  # in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckView:
    """One truck in one burst frame."""

    track_id: int
    fraction_box: Box
    score: float  # of the detection, in [0, 1]
    load: LoadVote | None = None
    sharpness: float = 1.0  # any scale >= 0, the same for the whole burst


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstFrame:
    """The trucks of one burst frame."""

    seconds: float  # of the stream's monotonic clock
    captured_at: datetime  # UTC
    trucks: tuple[TruckView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckPassage:
    """One truck on its way through the burst."""

    track_id: int
    first_seconds: float
    first_at: datetime  # UTC
    last_seconds: float
    last_at: datetime  # UTC
    path: tuple[tuple[float, Box], ...]  # (seconds, box in fractions), in order of time
    load: LoadState
    load_share: float  # share of the votes' scores for `load`, in [0, 1]; 0 if unclear
    votes: int  # crops on which the classifier did not abstain
    best_seconds: float  # where the truck is largest and sharpest
    best_fraction_box: Box
    plate_fraction_box: Box  # the band of that box in which a plate would be

    @property
    def seen_seconds(self) -> float:
        """From the first to the last sight, >= 0."""
        return self.last_seconds - self.first_seconds

    @property
    def travelled(self) -> float:
        """Distance between the first and last centre, as a share of the frame's size, >= 0."""
        (x1, y1), (x2, y2) = self.path[0][1].center, self.path[-1][1].center
        return math.hypot(x2 - x1, y2 - y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a burst showed."""

    request: BurstRequest
    trucks: tuple[TruckPassage, ...] = ()  # in order of first sight

    @classmethod
    def of_frames(cls, request: BurstRequest, frames: Iterable[BurstFrame]) -> Passage:
        """Join the trucks of a burst's frames, in any order, into passages."""
        views: dict[int, list[tuple[BurstFrame, TruckView]]] = {}
        for frame in sorted(frames, key=lambda f: f.seconds):
            for truck in frame.trucks:
                views.setdefault(truck.track_id, []).append((frame, truck))
        passages = [_truck_passage(track_id, seen) for track_id, seen in views.items()]
        return cls(
            request=request,
            trucks=tuple(sorted(passages, key=lambda p: (p.first_seconds, p.track_id))),
        )


def _truck_passage(track_id: int, seen: list[tuple[BurstFrame, TruckView]]) -> TruckPassage:
    load, load_share, votes = vote_on_load([view.load for _, view in seen if view.load is not None])
    best_frame, best = max(
        seen, key=lambda s: (s[1].fraction_box.area * s[1].sharpness, s[1].score)
    )
    box = best.fraction_box
    return TruckPassage(
        track_id=track_id,
        first_seconds=seen[0][0].seconds,
        first_at=seen[0][0].captured_at,
        last_seconds=seen[-1][0].seconds,
        last_at=seen[-1][0].captured_at,
        path=tuple((frame.seconds, view.fraction_box) for frame, view in seen),
        load=load,
        load_share=load_share,
        votes=votes,
        best_seconds=best_frame.seconds,
        best_fraction_box=box,
        plate_fraction_box=Box(box.x1, box.y2 - PLATE_BAND_SHARE * box.height, box.x2, box.y2),
    )


def vote_on_load(votes: list[LoadVote]) -> tuple[LoadState, float, int]:
    """The load state that the crops agree on.

    Returns:
        The state, its share of all scores in [0, 1], and the number of crops that voted.
        Abstentions do not vote. Fewer than two votes, or no state with three fifths of the
        scores, is `UNCLEAR` with share 0.

    >>> vote_on_load([LoadVote(class_name="covered", score=0.9)] * 3)
    (<LoadState.COVERED: 'covered'>, 1.0, 3)
    >>> vote_on_load([LoadVote(class_name=None, score=0.4)] * 9)
    (<LoadState.UNCLEAR: 'unclear'>, 0.0, 0)
    """
    known = {state.value for state in LoadState if state is not LoadState.UNCLEAR}
    totals: dict[str, float] = {}
    count = 0
    for vote in votes:
        if vote.class_name in known:
            totals[vote.class_name] = totals.get(vote.class_name, 0.0) + vote.score
            count += 1
    total = sum(totals.values())
    if count < MIN_VOTES or total <= 0:
        return LoadState.UNCLEAR, 0.0, count
    name = max(sorted(totals), key=lambda n: totals[n])
    share = totals[name] / total
    return (
        (LoadState(name), share, count)
        if share >= MIN_VOTE_SHARE
        else (LoadState.UNCLEAR, 0.0, count)
    )
