"""ByteTrack: detections of the same object joined into tracks, in seconds instead of frames.

Every frame, the strong detections are paired with the tracks' expected boxes first, then the weak
ones with what is left: a person half hidden scores low and is still the same person (Zhang et al.
2022). Differences to the paper are in docs/decisions/0003-bytetrack.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from pipeline.errors import FrameError
from pipeline.geometry import Box
from pipeline.settings import Settings
from pipeline.tracking.assignment import assign
from pipeline.tracking.motion import STEPS_PER_SECOND, BoxMotion
from pipeline.tracking.similarity import group_of, iou_table, nearness_table
from pipeline.tracking.tracks import Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pipeline.detections import Detections

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]


class TrackerSettings(Settings):
    """When detections become tracks and how long tracks live."""

    # Scores of ByteTrack as the `trackers` package has them, for classes not in `class_scores`.
    high_score: Share = 0.6  # paired in the first round from here on, in the second below
    start_score: Share = 0.7  # starts a track from here on
    # Class -> score that stands for both; give a model card's `thresholds`.
    class_scores: dict[str, Share] = Field(default_factory=dict)
    min_iou: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1  # as the `trackers` package
    confirm_hits: Annotated[int, Field(ge=1)] = 2  # detections in a row before a track is shown
    # Three of the 2 s between keyframes that most cameras are set to.
    lost_seconds: Positive = 6.0
    # At one keyframe a second a walking person (0.8 box diagonals per second) has left its own box,
    # so what IoU left over is paired by distance, as far as this speed reaches from one frame to
    # the next; at 25 frames a second that is nothing. 0 turns it off.
    reach_diagonals_per_second: Annotated[float, Field(ge=0.0)] = 1.0
    # Between frames further apart than this, pairing by distance mixes people up more than it
    # helps (decision 0003 has the figures).
    reach_until_seconds: Annotated[float, Field(ge=0.0)] = 1.25
    max_tracks: Annotated[int, Field(ge=1)] = 300  # as many as a detector returns for one frame


@dataclass(slots=True, kw_only=True)
class _Tracklet:
    """A track being followed, shown or not yet."""

    motion: BoxMotion
    group: str
    box: Box
    score: float
    started_seconds: float
    seconds: float
    track_id: int | None = None  # None: not confirmed yet
    hits: int = 1
    votes: dict[str, int] = field(default_factory=dict)  # class -> detections; one group's classes

    def snapshot(self, track_id: int) -> Track:
        """What the outside sees."""
        return Track(
            track_id=track_id,
            class_name=max(self.votes, key=lambda name: self.votes[name]),
            box=self.box,
            score=self.score,
            started_seconds=self.started_seconds,
            seconds=self.seconds,
            hits=self.hits,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """One frame's detections with what pairing needs."""

    detections: Detections
    boxes: NDArray[np.float64]  # N x 4
    groups: NDArray[np.str_]  # N
    high: NDArray[np.bool_]  # N: strong enough for the first round
    starts: NDArray[np.bool_]  # N: strong enough to start a track


class ByteTrack:
    """Follows the objects of one camera.

    Track ids count up from 1 within this tracker and are never used again. At most
    `settings.max_tracks` tracks are kept; when that many are alive no new one starts.

    Args:
        settings: Thresholds and limits.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._tracklets: list[_Tracklet] = []
        self._next_id = 1
        self._seconds: float | None = None

    def update(self, detections: Detections, seconds: float) -> tuple[Track, ...]:
        """Take in one frame's detections.

        Args:
            detections: What was found, boxes in pixels of the source frame.
            seconds: The frame's `seconds`.

        Returns:
            The confirmed tracks that were seen in this frame, by id.

        Raises:
            FrameError: The frame is older than the one before it.
        """
        elapsed = self._advance(seconds)
        seen = self._prepare(detections)
        everything = np.arange(len(detections))
        tracks, strong = self._pair(self._tracklets, seen, everything[seen.high], seconds)
        tracks, _ = self._pair(tracks, seen, everything[~seen.high], seconds)
        reach = elapsed * self.settings.reach_diagonals_per_second
        if reach > 0 and elapsed <= self.settings.reach_until_seconds:
            tracks, strong = self._pair(tracks, seen, strong, seconds, reach=reach)
        missed = {id(tracklet) for tracklet in tracks}
        # A track that missed before it was confirmed was noise: so the hits of one that is not
        # confirmed yet are hits in a row.
        self._tracklets = [
            t for t in self._tracklets if id(t) not in missed or t.track_id is not None
        ]
        self._start(seen, strong, seconds)
        return _shown(t for t in self._tracklets if id(t) not in missed)

    @property
    def alive(self) -> tuple[Track, ...]:
        """All confirmed tracks by id, those that are lost right now too."""
        return _shown(self._tracklets)

    def _advance(self, seconds: float) -> float:
        """Move every track to this instant and drop those lost for too long."""
        elapsed = 0.0 if self._seconds is None else seconds - self._seconds
        if elapsed < 0:
            raise FrameError(
                f"frames must come in the order of time: {seconds:.3f} s after"
                f" {self._seconds:.3f} s; use a new tracker for another stream"
            )
        self._seconds = seconds
        self._tracklets = [
            t for t in self._tracklets if seconds - t.seconds <= self.settings.lost_seconds
        ]
        for tracklet in self._tracklets:
            tracklet.motion.predict(elapsed * STEPS_PER_SECOND)
        return elapsed

    def _prepare(self, detections: Detections) -> _Seen:
        names, settings = detections.class_names, self.settings
        high = np.array([settings.class_scores.get(n, settings.high_score) for n in names])
        start = np.array([settings.class_scores.get(n, settings.start_score) for n in names])
        groups = np.array([group_of(name) for name in names])
        # Scores are float32: compared as such, so that a score of 0.6 reaches a threshold of 0.6.
        ids, scores = detections.class_ids, detections.scores
        return _Seen(
            detections=detections,
            boxes=detections.boxes.astype(np.float64),
            groups=groups[ids],
            high=scores >= high.astype(np.float32)[ids],
            starts=scores >= start.astype(np.float32)[ids],
        )

    def _pair(
        self,
        tracklets: list[_Tracklet],
        seen: _Seen,
        chosen: NDArray[np.int64],
        seconds: float,
        *,
        reach: float | None = None,
    ) -> tuple[list[_Tracklet], NDArray[np.int64]]:
        """Pair tracks with the chosen detections; return the tracks and detections left over."""
        if not tracklets or not chosen.size:
            return tracklets, chosen
        expected = np.array([t.motion.box for t in tracklets])
        if reach is None:
            similarity, least = iou_table(expected, seen.boxes[chosen]), self.settings.min_iou
        else:
            similarity, least = nearness_table(expected, seen.boxes[chosen], reach), 0.0
        groups = np.array([t.group for t in tracklets])
        similarity[groups[:, None] != seen.groups[chosen][None, :]] = 0
        pairs = [
            (row, column)
            for row, column in assign(similarity)
            if similarity[row, column] >= least and similarity[row, column] > 0
        ]
        for row, column in pairs:
            self._extend(tracklets[row], seen, int(chosen[column]), seconds)
        rows, columns = {row for row, _ in pairs}, [column for _, column in pairs]
        left = [t for row, t in enumerate(tracklets) if row not in rows]
        return left, np.delete(chosen, columns)

    def _extend(self, tracklet: _Tracklet, seen: _Seen, index: int, seconds: float) -> None:
        tracklet.motion.correct(seen.boxes[index])
        tracklet.box = Box(*seen.boxes[index].tolist())
        tracklet.score = float(seen.detections.scores[index])
        tracklet.seconds = seconds
        tracklet.hits += 1
        name = seen.detections.class_names[seen.detections.class_ids[index]]
        tracklet.votes[name] = tracklet.votes.get(name, 0) + 1
        self._confirm(tracklet)

    def _confirm(self, tracklet: _Tracklet) -> None:
        if tracklet.track_id is None and tracklet.hits >= self.settings.confirm_hits:
            tracklet.track_id = self._next_id
            self._next_id += 1

    def _start(self, seen: _Seen, strong: NDArray[np.int64], seconds: float) -> None:
        """Start tracks from strong detections that belong to none, best first up to the limit."""
        candidates = strong[seen.starts[strong]]
        room = max(self.settings.max_tracks - len(self._tracklets), 0)
        if len(candidates) > room:
            best = np.argsort(-seen.detections.scores[candidates], kind="stable")[:room]
            candidates = np.sort(candidates[best])
        for index in candidates.tolist():
            tracklet = _Tracklet(
                motion=BoxMotion(seen.boxes[index]),
                group=str(seen.groups[index]),
                box=Box(*seen.boxes[index].tolist()),
                score=float(seen.detections.scores[index]),
                started_seconds=seconds,
                seconds=seconds,
                votes={seen.detections.class_names[seen.detections.class_ids[index]]: 1},
            )
            self._confirm(tracklet)
            self._tracklets.append(tracklet)


def _shown(tracklets: Iterable[_Tracklet]) -> tuple[Track, ...]:
    """The confirmed ones, by id."""
    shown = [t.snapshot(t.track_id) for t in tracklets if t.track_id is not None]
    return tuple(sorted(shown, key=lambda track: track.track_id))
