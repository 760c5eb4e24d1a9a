"""Keeps one camera running: its state, its next try, its restart budget, and threads that hang.

    CONNECTING -> RUNNING -> BACKING_OFF -> CONNECTING ...
                          -> STOPPED (the budget is spent, for now; or a file has ended, for good)

Nothing here waits: `tick` is called again and again by one thread for all cameras, with the
monotonic clock, so that a camera that hangs cannot disturb another.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol

import structlog
from pydantic import Field

from edge.backoff import BackOff
from edge.video.timeline import utc_now
from pipeline.errors import StreetcaseError
from pipeline.exchange import CameraState
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

HOUR_SECONDS = 3600.0
# A thread that hangs cannot be ended from outside. So many are left behind for one camera, no more.
MAX_HUNG = 3
HUNG_RETRY_SECONDS = 60.0  # then it is looked whether one has come back
MAX_REASON = 500  # characters, as of `CameraStatus.reason`

Positive = Annotated[float, Field(gt=0)]

log = structlog.get_logger()


class SupervisionSettings(Settings):
    """When a camera is given up for the moment, and when it is tried again."""

    first_retry_seconds: Positive = 1.0
    longest_retry_seconds: Positive = 60.0
    # As many as a camera that is off for an hour is tried anyway, at one a minute; a camera that
    # comes and goes all the time gets no more. Then it waits until the first is an hour ago.
    restarts_per_hour: Annotated[int, Field(ge=1, le=3600)] = 60
    stable_seconds: Positive = 60.0  # it has run for so long: the next failure is a new one
    # Beyond the reader's own limits, which should have ended the try by themselves: a name server
    # or a driver that hangs.
    open_limit_seconds: Positive = 30.0
    stall_limit_seconds: Positive = 20.0


class Session(Protocol):
    """A camera's pictures being read; made once, run again after each failure."""

    def run(self) -> None:
        """Read until the source ends; raise what ended it early."""

    def progress(self) -> int:
        """A number that grows while something arrives."""

    def stop(self) -> None:
        """End `run` at the next packet, for good."""

    def abandon(self) -> None:
        """Let go of a `run` that hangs: should it come back, it touches nothing."""

    def fault(self) -> Exception | None:
        """What went wrong beside the reading since the last call."""


@dataclass(slots=True)
class _Attempt:
    thread: threading.Thread
    began: float
    progress: int
    progressed: float  # when the last progress was seen
    error: Exception | None = None
    has_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionCounts:
    """What happened to one camera since the box started."""

    restarts: int = 0
    abandoned: int = 0  # tries whose thread hung
    hung: int = 0  # of these, threads that have not come back


class CameraSupervisor:
    """One camera's life.

    Args:
        camera_id: For logs and threads' names.
        session: The camera's pictures.
        settings: See `SupervisionSettings`.
        random: For the jitter of waits.
        repeats: Whether an end without an error is followed by a new beginning.
        on_change: Told of every change of state.
    """

    def __init__(
        self,
        camera_id: str,
        session: Session,
        settings: SupervisionSettings,
        *,
        random: Random,
        repeats: bool = False,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.camera_id = camera_id
        self._session = session
        self._settings = settings
        self._repeats = repeats
        self._on_change = on_change
        self._back_off = BackOff(
            first_seconds=settings.first_retry_seconds,
            longest_seconds=settings.longest_retry_seconds,
            random=random,
        )
        self._attempt: _Attempt | None = None
        self._hung: list[threading.Thread] = []  # at most MAX_HUNG
        self._restarts: deque[float] = deque(maxlen=settings.restarts_per_hour)
        self._retry_at: float | None = 0.0  # none: never again
        self._has_begun = False
        self._restarted = 0
        self._abandoned = 0
        self.state = CameraState.CONNECTING
        self.reason = ""  # in words, without credentials
        self.since: datetime = utc_now()

    @property
    def counts(self) -> SupervisionCounts:
        """What happened so far."""
        return SupervisionCounts(
            restarts=self._restarted,
            abandoned=self._abandoned,
            hung=sum(thread.is_alive() for thread in self._hung),
        )

    @property
    def has_ended(self) -> bool:
        """Whether nothing will be tried any more: a file has come to its end."""
        return self._attempt is None and self._retry_at is None

    def tick(self, now: float) -> None:
        """Look after the camera.

        Args:
            now: Seconds of the monotonic clock.
        """
        if self._attempt is not None:
            self._watch(self._attempt, now)
        elif self._retry_at is not None and now >= self._retry_at:
            self._begin_if_allowed(now)

    def stop(self) -> None:
        """Ask the reading to end; nothing is tried again."""
        self._retry_at = None
        self._session.stop()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the reading to end after `stop`; false: it hangs, and is left behind."""
        attempt = self._attempt
        if attempt is None:
            return True
        attempt.thread.join(timeout_seconds)
        if attempt.thread.is_alive():
            self._session.abandon()
            return False
        return True

    def _begin_if_allowed(self, now: float) -> None:
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        if len(self._hung) >= MAX_HUNG:
            self._retry_at = now + HUNG_RETRY_SECONDS
            self._set(CameraState.STOPPED, f"{MAX_HUNG} connections to it hang and do not end")
            return
        if self._has_begun:
            oldest = self._restarts[0] if self._restarts else now
            is_spent = len(self._restarts) == self._settings.restarts_per_hour
            if is_spent and now - oldest < HOUR_SECONDS:
                self._retry_at = oldest + HOUR_SECONDS
                self._set(
                    CameraState.STOPPED,
                    f"{self._settings.restarts_per_hour} restarts within an hour; the last"
                    f" reason: {self.reason}",
                )
                return
            self._restarts.append(now)
            self._restarted += 1
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._has_begun = True
        attempt = _Attempt(
            thread=threading.Thread(),
            began=now,
            progress=self._session.progress(),
            progressed=now,
        )

        def read() -> None:
            try:
                self._session.run()
            except Exception as error:  # noqa: BLE001 - told in `_watch`, whatever it is
                attempt.error = error
            attempt.has_ended = True

        attempt.thread = threading.Thread(target=read, name=f"read-{self.camera_id}", daemon=True)
        self._attempt = attempt
        self._set(CameraState.CONNECTING, self.reason)
        attempt.thread.start()

    def _watch(self, attempt: _Attempt, now: float) -> None:
        fault = self._session.fault()
        if attempt.has_ended:
            self._conclude(attempt.error or fault, now)
            return
        if fault is not None:
            self._leave_behind(attempt)
            self._fail(fault, now)
            return
        progress = self._session.progress()
        if progress != attempt.progress:
            attempt.progress, attempt.progressed = progress, now
            if self.state is CameraState.CONNECTING:
                self._set(CameraState.RUNNING, "")
        is_open = self.state is CameraState.RUNNING
        limit = self._settings.stall_limit_seconds if is_open else self._settings.open_limit_seconds
        if now - attempt.progressed > limit:
            self._abandoned += 1
            self._leave_behind(attempt)
            what = "nothing has arrived" if is_open else "it could not be opened"
            self._wait(f"{what} for {limit:g} s, and the connection hangs", now)
        elif now - attempt.began > self._settings.stable_seconds:
            self._back_off.reset()

    def _conclude(self, error: Exception | None, now: float) -> None:
        self._attempt = None
        if error is not None:
            self._fail(error, now)
        elif self._retry_at is None:
            self._set(CameraState.STOPPED, "")
        elif self._repeats:
            self._begin(now)
        else:
            self._retry_at = None
            self._set(CameraState.STOPPED, "its file has ended")

    def _fail(self, error: Exception, now: float) -> None:
        if not isinstance(error, StreetcaseError):
            log.error("camera_fault", camera=self.camera_id, exc_info=error)
        self._wait(f"{type(error).__name__}: {error}", now)

    def _wait(self, reason: str, now: float) -> None:
        if self._retry_at is None:  # it was stopped meanwhile
            self._set(CameraState.STOPPED, "")
            return
        self._retry_at = now + self._back_off.next_seconds()
        self._set(CameraState.BACKING_OFF, reason)

    def _leave_behind(self, attempt: _Attempt) -> None:
        self._session.abandon()
        self._hung.append(attempt.thread)
        self._attempt = None

    def _set(self, state: CameraState, reason: str) -> None:
        reason = reason[:MAX_REASON]
        if state is self.state and reason == self.reason:
            return
        if state is not self.state:
            self.since = utc_now()
        self.state, self.reason = state, reason
        log.info("camera_state", camera=self.camera_id, state=state.value, reason=reason)
        self._on_change()
