"""Notices when a camera was not watched, whatever the cause, and tells it as gaps.

A gap begins at the last picture that was judged and ends at the next one. It does not matter why:
the camera was off, the network was down, the box had no power. A camera that comes and goes has one
gap for all of it, told once it has been watched steadily for a while.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from edge.errors import OutboxError
from edge.outbox.ledger import MAX_DETAIL
from pipeline.evidence.durable import replace_file
from pipeline.exchange import MAX_CAMERAS, Gap, GapReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Beyond the supervisor's stall limit of 20 s: a shorter pause is a keyframe that came late.
SHORTEST = timedelta(seconds=30)
# Watched for so long, the next interruption is a new one. So a camera has at most 12 gaps an hour.
STEADY = timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(slots=True)
class _Watch:
    """One camera: until when it was watched, and an interruption that is not told of yet."""

    until: datetime
    gap_began: datetime | None = None
    gap_ended: datetime | None = None
    interruptions: int = 0
    reason: str = ""

    @property
    def certain_until(self) -> datetime:
        """Until when nothing remains to be told: what a restart goes on from."""
        return self.gap_began or self.until


class WatchLog:
    """Until when each camera of a box was watched; outlives the process.

    Pictures are told of by the threads that judge them, everything else by one thread. What is
    kept of a kill is up to a save old: then a gap begins that much too early, and never too late.

    Args:
        path: Where it is kept.
        note: Writes a gap down for the centre; whatever number the gap has, it gets the next one.

    """

    def __init__(self, path: Path, note: Callable[[Gap], None]) -> None:
        self._path = path
        self._note = note
        self._lock = threading.Lock()
        self._reasons: dict[str, str] = {}  # by camera, as `_watches`
        # One for each camera that was ever seen; the MAX_CAMERAS that were seen last are kept.
        self._watches = _read(path)

    def saw(self, camera_id: str, captured_at: datetime) -> None:
        """A picture of the camera was judged."""
        with self._lock:
            watch = self._watches.get(camera_id)
            if watch is None:
                self._watches[camera_id] = _Watch(until=captured_at)
                return
            # A clock that was set back begins anew: it would hide outages until it has caught up.
            reason = self._reasons.pop(camera_id, "")
            if captured_at - watch.until >= SHORTEST:
                watch.gap_began = watch.gap_began or watch.until
                watch.gap_ended = captured_at
                watch.interruptions += 1
                watch.reason = reason or watch.reason
            watch.until = captured_at

    def until(self, camera_id: str) -> datetime | None:
        """When the last picture of a camera was judged, be it by an earlier process."""
        with self._lock:
            watch = self._watches.get(camera_id)
            return watch.until if watch else None

    def is_away(self, camera_id: str, reason: str) -> None:
        """The camera does not run; in words, for the gap that this may become."""
        with self._lock:
            if camera_id in self._watches:
                self._reasons[camera_id] = reason

    def tell(self, *, all_of_it: bool = False) -> None:
        """Write down the interruptions that are over, and save.

        Args:
            all_of_it: Also those of cameras that are not steady yet; the box ends.
        """
        with self._lock:
            due = {
                camera_id: watch
                for camera_id, watch in self._watches.items()
                if watch.gap_ended is not None
                and (all_of_it or watch.until - watch.gap_ended >= STEADY)
            }
            gaps = [(watch, _gap(camera_id, watch)) for camera_id, watch in sorted(due.items())]
        for watch, gap in gaps:
            try:
                self._note(gap)
            except OutboxError as error:
                log.warning("gap_not_noted", camera=gap.camera_id, reason=str(error))
                break  # another time; nothing is forgotten meanwhile
            log.warning(
                "camera_was_not_watched",
                camera=gap.camera_id,
                began_at=gap.began_at.isoformat(),
                ended_at=gap.ended_at.isoformat() if gap.ended_at else None,
                reason=gap.detail,
            )
            with self._lock:
                _forget(watch, gap)
        self._save()

    def _save(self) -> None:
        with self._lock:
            newest = sorted(self._watches.items(), key=lambda entry: entry[1].until)[-MAX_CAMERAS:]
            self._watches = dict(newest)
            self._reasons = {k: v for k, v in self._reasons.items() if k in self._watches}
            content = {camera_id: watch.certain_until.isoformat() for camera_id, watch in newest}
        try:
            replace_file(self._path, json.dumps(content, indent=1).encode())
        except OSError as error:
            log.warning("watch_not_saved", file=str(self._path), reason=error.strerror)


def _gap(camera_id: str, watch: _Watch) -> Gap:
    times = f"{watch.interruptions} interruptions" if watch.interruptions > 1 else ""
    return Gap(
        number=1,  # the outbox gives the true one
        reason=GapReason.NOT_WATCHED,
        camera_id=camera_id,
        began_at=watch.gap_began or watch.until,
        ended_at=watch.gap_ended,
        detail="; ".join(part for part in (times, watch.reason) if part)[:MAX_DETAIL],
    )


def _forget(watch: _Watch, told: Gap) -> None:
    """Let go of what was told; of an interruption that came meanwhile the rest stays."""
    if watch.gap_ended == told.ended_at:
        watch.gap_began = watch.gap_ended = None
        watch.interruptions, watch.reason = 0, ""
    else:
        watch.gap_began = told.ended_at


def _read(path: Path) -> dict[str, _Watch]:
    """What was saved; a file that cannot be read is no reason not to watch."""
    try:
        content = json.loads(path.read_bytes())
        found = {
            str(camera_id): datetime.fromisoformat(text) for camera_id, text in content.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("watch_not_read", file=str(path), reason=str(error))
        return {}
    return {camera_id: _Watch(until=until) for camera_id, until in found.items() if until.tzinfo}
