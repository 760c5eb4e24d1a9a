"""Turns a stream's time stamps into seconds that never jump back, and into instants in UTC."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL_STEP_SECONDS = 0.04  # until two stamps are known: 25 pictures a second
MAX_USUAL_STEP_SECONDS = 1.0  # a longer step is a gap, not the stream's rhythm
# Show order strays from decode order by at most 16 pictures (the reorder depth of H.264), 0.64 s at
# 25 a second; a jump back by more than this is a jump of the camera's clock.
MAX_REORDER_SECONDS = 1.0
# Decode stamps should never go back; RTP cameras let them jitter by a few pictures.
MAX_DECODE_JITTER_SECONDS = 0.2
# A live camera that pauses this long has been reported as stalled before (read timeout), so a
# longer step is the camera's clock being set.
MAX_LIVE_GAP_SECONDS = 10.0
# Files may hold still pictures for minutes (variable frame rate); an hour is a broken stamp.
MAX_FILE_GAP_SECONDS = 3600.0
# A gateway may open with up to one group of pictures from its cache, faster than real time; it is
# through after a moment, and the first correction should not wait for a full window.
FIRST_WINDOW_SECONDS = 3.0
DRIFT_WINDOW_SECONDS = 30.0
MAX_REANCHORINGS = 100  # kept for reports; `reanchored` counts on


class Stamp(NamedTuple):
    """When one picture is shown."""

    seconds: float
    captured_at: datetime
    segment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reanchoring:
    """The mapping from media time to UTC was moved."""

    at_seconds: float
    moved_seconds: float  # positive: instants are later than they were taken to be


def utc_now() -> datetime:
    """The box's clock."""
    return datetime.now(UTC)


class Timeline:
    """The clock of one camera over all its connections.

    Seconds start at 0 with the first picture and follow the stream's own time stamps. Where these
    break off (a new connection, a looping camera, a camera whose clock is set) a new segment
    begins, and the seconds go on: by the time that has passed on the box's clock if the camera is
    live, else by one usual step. A missing stamp is one usual step after the last.

    `captured_at` is anchor + seconds. The anchor is `starts_at`, or the box's clock at the first
    picture. A live camera's crystal drifts (50 ppm are 4 s a day), so the anchor is checked: over
    a window the least of (arrival - captured_at) is network delay at its best; if it is off by
    more than `max_drift_seconds` the anchor moves by it. So instants are right to within the
    greater of that setting and the network delay, may step by more only when the box's own clock
    was set, and every step is kept in `reanchorings`. With `starts_at` nothing is ever moved: the
    result depends on the media alone, however fast it is played.
    """

    def __init__(
        self,
        *,
        is_live: bool,
        starts_at: datetime | None = None,
        now: Callable[[], datetime] = utc_now,
        max_drift_seconds: float = 0.5,
    ) -> None:
        self._now = now
        self._anchor = starts_at
        self._follows_clock = is_live and starts_at is None
        self._max_gap_seconds = MAX_LIVE_GAP_SECONDS if is_live else MAX_FILE_GAP_SECONDS
        self._max_drift_seconds = max_drift_seconds
        self._segment = 0
        self._offset: float | None = None  # seconds minus the stream's stamp, in this segment
        self._last_stamp = 0.0  # of the stream, in decode order
        self._last_arrival: datetime | None = None
        self._latest = -USUAL_STEP_SECONDS  # the latest picture so far, on our clock
        self._step = USUAL_STEP_SECONDS
        self._window_ends: datetime | None = None
        self._least_lag: float | None = None  # in the window, seconds
        self.reanchorings: deque[Reanchoring] = deque(maxlen=MAX_REANCHORINGS)
        self.reanchored = 0

    @property
    def segment(self) -> int:
        """How often the stream's own time has broken off."""
        return self._segment

    def begin_connection(self) -> None:
        """Say that the next packet comes from a newly opened stream."""
        self._offset = None

    def stamp(self, pts_seconds: float | None, dts_seconds: float | None) -> Stamp:
        """Place one packet, given in decode order with its stamps in the stream's own seconds."""
        arrival = self._now() if self._anchor is None or self._follows_clock else None
        stamp = dts_seconds if dts_seconds is not None else pts_seconds
        if self._offset is None:
            self._begin_segment(stamp if stamp is not None else 0.0, pts_seconds, arrival)
        elif stamp is None:
            stamp = self._last_stamp + self._step
        elif self._is_jump(stamp - self._last_stamp, in_decode_order=dts_seconds is not None):
            self._begin_segment(stamp, pts_seconds, arrival)
        stamp = stamp if stamp is not None else 0.0
        if 0 < stamp - self._last_stamp <= MAX_USUAL_STEP_SECONDS:
            self._step = stamp - self._last_stamp
        self._last_stamp = stamp
        shown = pts_seconds if pts_seconds is not None else stamp
        seconds = shown + (self._offset or 0.0)
        self._latest = max(self._latest, seconds)
        anchor = self._follow(arrival, seconds)
        return Stamp(seconds, anchor + timedelta(seconds=seconds), self._segment)

    def _is_jump(self, step: float, *, in_decode_order: bool) -> bool:
        back = MAX_DECODE_JITTER_SECONDS if in_decode_order else MAX_REORDER_SECONDS
        return step < -back or step > self._max_gap_seconds

    def _begin_segment(
        self, stamp: float, pts_seconds: float | None, arrival: datetime | None
    ) -> None:
        gap = self._step
        if self._latest >= 0:
            self._segment += 1
            if self._follows_clock and arrival is not None and self._last_arrival is not None:
                gap = max(gap, (arrival - self._last_arrival).total_seconds())
        else:
            gap = USUAL_STEP_SECONDS  # the first picture of all is at 0
        first_shown = pts_seconds if pts_seconds is not None else stamp
        self._offset = self._latest + gap - first_shown
        self._last_stamp = stamp

    def _follow(self, arrival: datetime | None, seconds: float) -> datetime:
        """Set the anchor at the first packet, check it against the clock from then on."""
        if arrival is None:
            assert self._anchor is not None  # noqa: S101 - for mypy: `stamp` asked the clock if so
            return self._anchor
        self._last_arrival = arrival
        anchor = self._anchor if self._anchor is not None else arrival - timedelta(seconds=seconds)
        if self._follows_clock:
            lag = (arrival - anchor).total_seconds() - seconds
            anchor += timedelta(seconds=self._correction(arrival, seconds, lag))
        self._anchor = anchor
        return anchor

    def _correction(self, arrival: datetime, seconds: float, lag: float) -> float:
        """How far the anchor has to move, in seconds; mostly 0."""
        if self._window_ends is None:
            self._window_ends = arrival + timedelta(seconds=FIRST_WINDOW_SECONDS)
        least = lag if self._least_lag is None else min(self._least_lag, lag)
        self._least_lag = least
        is_set_back = lag < -DRIFT_WINDOW_SECONDS  # the box's clock was set back: do not wait
        if arrival < self._window_ends and not is_set_back:
            return 0.0
        self._least_lag = None
        self._window_ends = arrival + timedelta(seconds=DRIFT_WINDOW_SECONDS)
        if abs(least) <= self._max_drift_seconds:
            return 0.0
        self.reanchored += 1
        self.reanchorings.append(Reanchoring(at_seconds=seconds, moved_seconds=least))
        return least
