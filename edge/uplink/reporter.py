"""Tells the centre how the box is and what it has, and learns what the centre wants of it."""

from __future__ import annotations

import threading
import time
from datetime import UTC
from random import Random
from typing import TYPE_CHECKING

import structlog

from edge.backoff import BackOff
from edge.errors import CentreRefused, CentreUnreachable, NotEnrolled, OutboxError
from edge.video.timeline import utc_now
from pipeline.exchange import GapReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edge.outbox.outbox import Outbox
    from edge.pictures import CameraPicture
    from edge.uplink.centre import Centre
    from edge.uplink.clock import CentreClock
    from edge.uplink.settings import CentreSettings
    from pipeline.exchange import BoxStatus, CamerasReply, Introductions

TICK_SECONDS = 1.0  # how soon a change is told
# A box whose cameras flap tells of it, but not more often than this.
MIN_STATUS_SECONDS = 5.0
MAX_GAPS = 500  # as `GapReport.gaps`

log = structlog.get_logger()


class Reporter:
    """A thread beside the sender, so that a slow upload never delays the status.

    Args:
        outbox: Whose gaps are told.
        connect: Opens a connection to the centre.
        settings: How often.
        status: Makes the box's status as it is now.
        changes: Counts up when something worth a status at once has happened.
        picture: A redacted picture of a camera, by its id; none: there is none.
        cameras: The ids of the box's cameras.
        introductions: The box's cameras as its own file has them.
        learn: Takes in the centre's camera settings.
        clock: Learns the clock's difference.
        stopping: Set when the box shuts down.
        seed: Of the waits' jitter.
    """

    def __init__(
        self,
        outbox: Outbox,
        connect: Callable[[], Centre],
        settings: CentreSettings,
        *,
        status: Callable[[], BoxStatus],
        changes: Callable[[], int],
        picture: Callable[[str], CameraPicture | None],
        cameras: Callable[[], Iterable[str]],
        introductions: Callable[[], Introductions],
        learn: Callable[[CamerasReply], None],
        clock: CentreClock,
        stopping: threading.Event,
        seed: int = 0,
    ) -> None:
        self._outbox = outbox
        self._connect = connect
        self._settings = settings
        self._status = status
        self._changes = changes
        self._picture = picture
        self._cameras = cameras
        self._introductions = introductions
        self._introduced: Introductions | None = None  # what the centre was told last
        self._learn = learn
        self._clock = clock
        self._stopping = stopping
        self._back_off = BackOff(
            first_seconds=settings.first_retry_seconds,
            longest_seconds=settings.longest_retry_seconds,
            random=Random(seed),  # noqa: S311 - jitter, no secret
        )
        self._etag: str | None = None
        self._wanted: set[str] = set()  # cameras of which the centre wants a picture
        self._told_changes = -1
        never = float("-inf")
        self._status_at, self._cameras_at, self._pictures_at = never, never, never
        self.trouble = ""  # in words, while it lasts
        self._gap_trouble = ""
        self._thread = threading.Thread(target=self._run, name="uplink-reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the end after `stopping` was set."""
        self._thread.join(timeout_seconds)

    def say_goodbye(self, centre: Centre) -> None:
        """The last word of a box that shuts down: status and gaps, tried once.

        Raises:
            UplinkError: It did not arrive.
        """
        self._tell_status(centre)
        self._tell_gaps(centre)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except (CentreUnreachable, NotEnrolled, CentreRefused, OutboxError) as error:
                wished = error.retry_after_seconds if isinstance(error, CentreUnreachable) else None
                self._wait_after(str(error), wished)
            except Exception as error:
                # The thread must survive what nobody foresaw; it is tried again.
                log.exception("reporter_fault")
                self._wait_after(type(error).__name__, None)

    def _work(self) -> None:
        """One connection's life."""
        centre = self._connect()
        try:
            while not self._stopping.is_set():
                self._do_what_is_due(centre)
                self._back_off.reset()
                self.trouble = self._gap_trouble
                self._stopping.wait(TICK_SECONDS)
        finally:
            centre.close()

    def _do_what_is_due(self, centre: Centre) -> None:
        settings = self._settings
        now = time.monotonic()
        changed = self._changes() != self._told_changes
        least = MIN_STATUS_SECONDS if changed else settings.status_interval_seconds
        if now - self._status_at >= min(least, settings.status_interval_seconds):
            self._tell_status(centre)
            self._status_at = now
            self._tell_gaps(centre)
        if now - self._cameras_at >= settings.cameras_interval_seconds:
            self._ask_for_cameras(centre)
            self._cameras_at = now
        interval = settings.picture_interval_seconds
        if interval and now - self._pictures_at >= interval:
            self._wanted |= set(self._cameras())
            self._pictures_at = now
        self._show_pictures(centre)
        self._introduce(centre)  # last: a centre that is too old for it hears all else

    def _tell_gaps(self, centre: Centre) -> None:
        """What the centre refuses is told again later; nothing else waits for it."""
        try:
            self._tell_all_gaps(centre)
        except CentreRefused as error:
            if self._gap_trouble != str(error):
                log.warning("gaps_refused", reason=str(error))
            self._gap_trouble = str(error)
        else:
            self._gap_trouble = ""

    def _tell_all_gaps(self, centre: Centre) -> None:
        while gaps := self._outbox.gaps(MAX_GAPS):
            receipt = centre.report_gaps(GapReport(gaps=gaps))
            self._outbox.forget_gaps(receipt.through)
            if receipt.through < gaps[-1].number:
                return  # the centre has not taken them all; another time

    def _tell_status(self, centre: Centre) -> None:
        changes = self._changes()
        asked_at = utc_now()
        reply = centre.report_status(self._status())
        answered_at, centre_at = utc_now(), reply.received_at
        if centre_at.tzinfo is None:
            centre_at = centre_at.replace(tzinfo=UTC)  # as the contract says
        self._clock.compare(asked_at=asked_at, answered_at=answered_at, centre_at=centre_at)
        self._told_changes = changes
        self._wanted |= set(reply.snapshots) & set(self._cameras())

    def _introduce(self, centre: Centre) -> None:
        """Once, and again when the box's file has changed; what is refused is not told again."""
        introductions = self._introductions()
        if introductions == self._introduced:
            return
        try:
            refused = centre.introduce(introductions).refused
        except CentreRefused as error:
            log.warning("cameras_refused", reason=str(error))
        else:
            for camera_id, reason in refused.items():
                log.warning("camera_refused", camera=camera_id, reason=reason)
        self._introduced = introductions

    def _ask_for_cameras(self, centre: Centre) -> None:
        answer = centre.cameras(self._etag)
        if answer is not None:
            reply, etag = answer
            self._learn(reply)
            self._etag = etag

    def _show_pictures(self, centre: Centre) -> None:
        self._wanted &= set(self._cameras())
        for camera_id in sorted(self._wanted):
            picture = self._picture(camera_id)
            if picture is None:
                continue  # it has shown nothing yet
            self._wanted.discard(camera_id)  # whatever happens: the centre asks again if it likes
            try:
                centre.send_picture(camera_id, picture.jpeg, picture.captured_at)
            except CentreRefused as error:
                log.warning("picture_refused", camera=camera_id, reason=str(error))

    def _wait_after(self, trouble: str, wished_seconds: float | None) -> None:
        if trouble != self.trouble:
            log.warning("centre_not_told", reason=trouble)
        self.trouble = trouble
        self._stopping.wait(max(self._back_off.next_seconds(), wished_seconds or 0.0))
