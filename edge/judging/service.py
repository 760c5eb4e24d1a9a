"""A few threads judge the pictures of all cameras: cameras in turn, the newest picture first.

Each camera has a lane with room for one picture. A live camera's picture replaces one that still
waits, which is then counted as skipped: what is judged is never old, and nothing piles up. A
recording waits instead until its picture has been judged, so that every one is, in the same state
of the ring every time. Lanes with a picture wait in one line and are served in its order, so a busy
camera takes no other's turn. One camera's pictures are judged one after the other.

Bursts (seconds at full rate) have a line and a thread of their own, so that a truck on one camera
does not delay the triage of the others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Generic, Self, TypeVar

from pydantic import Field

from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Bursts of all cameras that may wait; the seconds of one that waits longer have left the ring.
MAX_WAITING_BURSTS = 32
MAX_DELAYS = 1000  # pictures of one camera of which the delay is remembered

T = TypeVar("T")


class JudgingSettings(Settings):
    """How much of the box judges pictures."""

    # Each judges one picture at a time, with `model.threads` for one network call. As many as the
    # box has cores, with one thread each, is the fastest (docs/edge.md, "Measured").
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    burst_threads: Annotated[int, Field(ge=1, le=16)] = 1


@dataclass(slots=True)
class LaneCounts:
    """What became of one camera's pictures."""

    offered: int = 0
    judged: int = 0
    skipped: int = 0  # replaced by a newer one before anybody had time
    faults: int = 0  # judging failed
    bursts_refused: int = 0  # too many were waiting


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    picture: T
    since: float  # monotonic
    done: Future[None] | None  # whoever waits for the answer


@dataclass(slots=True, eq=False)
class _Seat(Generic[T]):
    """What the service knows of one camera; changed under its lock."""

    take: Callable[[T], None]
    on_fault: Callable[[Exception], None] | None
    counts: LaneCounts = field(default_factory=LaneCounts)
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_DELAYS))
    waiting: _Waiting[T] | None = None
    is_in_line: bool = False
    is_busy: bool = False
    is_closed: bool = False

    def turn_away(self) -> None:
        """Nobody will judge what waits here; whoever waits for it is let go."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            self.counts.skipped += 1
            if waiting.done is not None:
                waiting.done.set_result(None)

    def judge(self, waiting: _Waiting[T]) -> None:
        """Judge one picture; a fault is told to whoever waits, or else to `on_fault`."""
        try:
            self.take(waiting.picture)
        except Exception as error:  # noqa: BLE001 - one camera's fault stops no judge
            self.counts.faults += 1
            if waiting.done is not None:
                waiting.done.set_exception(error)
            elif self.on_fault is not None:
                self.on_fault(error)
            return
        self.counts.judged += 1
        self.delays.append(time.monotonic() - waiting.since)
        if waiting.done is not None:
            waiting.done.set_result(None)


class Lane(Generic[T]):
    """One camera's way to the judges; made by `JudgingService.add`."""

    def __init__(self, service: JudgingService, seat: _Seat[T]) -> None:
        self._service = service
        self._seat = seat

    @property
    def counts(self) -> LaneCounts:
        """What became of the camera's pictures."""
        return self._seat.counts

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds from arrival to judgement, of the newest pictures."""
        return tuple(self._seat.delays)

    def offer(self, picture: T) -> None:
        """Hand a live picture over; it replaces one that still waits. Never waits."""
        self._service.put(self._seat, _Waiting(picture, time.monotonic(), None))

    def judge(self, picture: T) -> None:
        """Hand a recording's picture over and wait until it has been judged.

        Raises:
            Exception: Whatever judging it raised.
        """
        done: Future[None] = Future()
        self._service.put(self._seat, _Waiting(picture, time.monotonic(), done))
        done.result()

    def burst(self, work: Callable[[], None]) -> bool:
        """Have something longer done beside the judging; false: too much is waiting."""
        return self._service.put_burst(self._seat, work)

    def close(self, timeout_seconds: float | None = None) -> bool:
        """Take no more pictures; wait until none is being judged. False: not in time."""
        return self._service.remove(self._seat, timeout_seconds)


class JudgingService:
    """The judges. Use it as a context manager: inside, lanes may be added.

    Args:
        settings: How many threads.
    """

    def __init__(self, settings: JudgingSettings | None = None) -> None:
        settings = settings or JudgingSettings()
        self._changed = threading.Condition()
        self._line: deque[_Seat[Any]] = deque()  # with a picture; each stands in it once
        self._bursts: deque[tuple[_Seat[Any], Callable[[], None]]] = deque()
        self._is_closing = False
        self._threads = [
            threading.Thread(target=self._judge, name=f"judge-{n}", daemon=True)
            for n in range(settings.threads)
        ] + [
            threading.Thread(target=self._burst, name=f"burst-{n}", daemon=True)
            for n in range(settings.burst_threads)
        ]

    def __enter__(self) -> Self:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads after what they have in hand."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for seat in self._line:
            seat.turn_away()

    @property
    def waiting(self) -> int:
        """Cameras with a picture that waits."""
        return len(self._line)

    @property
    def waiting_bursts(self) -> int:
        """Bursts that wait."""
        return len(self._bursts)

    def add(
        self, take: Callable[[T], None], *, on_fault: Callable[[Exception], None] | None = None
    ) -> Lane[T]:
        """A lane for one camera.

        Args:
            take: Judges one picture; called by one thread at a time, in the order of the pictures.
            on_fault: Told of what `take` or a burst raised, unless somebody waits for the answer.
        """
        return Lane(self, _Seat(take, on_fault))

    def put(self, seat: _Seat[T], waiting: _Waiting[T]) -> None:
        """See `Lane.offer` and `Lane.judge`."""
        with self._changed:
            seat.counts.offered += 1
            seat.turn_away()
            seat.waiting = waiting
            if seat.is_closed or self._is_closing:
                seat.turn_away()
            else:
                self._stand_in_line(seat)

    def put_burst(self, seat: _Seat[T], work: Callable[[], None]) -> bool:
        """See `Lane.burst`."""
        with self._changed:
            if len(self._bursts) >= MAX_WAITING_BURSTS or seat.is_closed or self._is_closing:
                seat.counts.bursts_refused += 1
                return False
            self._bursts.append((seat, work))
            self._changed.notify_all()
            return True

    def remove(self, seat: _Seat[T], timeout_seconds: float | None) -> bool:
        """See `Lane.close`."""
        with self._changed:
            seat.is_closed = True
            seat.turn_away()
            self._bursts = deque(burst for burst in self._bursts if burst[0] is not seat)
            return self._changed.wait_for(lambda: not seat.is_busy, timeout_seconds)

    def _stand_in_line(self, seat: _Seat[T]) -> None:
        if seat.waiting is not None and not seat.is_in_line and not seat.is_busy:
            seat.is_in_line = True
            self._line.append(seat)
            self._changed.notify_all()

    def _judge(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._line or self._is_closing)
                if self._is_closing:
                    return
                seat = self._line.popleft()
                seat.is_in_line = False
                waiting, seat.waiting = seat.waiting, None
                if waiting is None:
                    continue  # the lane was closed meanwhile
                seat.is_busy = True
            seat.judge(waiting)
            with self._changed:
                seat.is_busy = False
                self._stand_in_line(seat)
                self._changed.notify_all()

    def _burst(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._bursts or self._is_closing)
                if self._is_closing:
                    return
                seat, work = self._bursts.popleft()
            try:
                work()
            except Exception as error:  # noqa: BLE001 - as when judging
                seat.counts.faults += 1
                if seat.on_fault is not None:
                    seat.on_fault(error)
