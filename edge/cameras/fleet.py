"""All cameras of a box: added, changed and removed while the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import structlog

from edge.cameras.supervisor import CameraSupervisor, SupervisionSettings
from edge.video.timeline import utc_now
from pipeline.errors import StreetcaseError
from pipeline.exchange import CameraState, CameraStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from edge.cameras.unit import CameraUnit
    from edge.settings import BoxCamera

# A camera that is taken out is given so long to come to an end; the others are not waited for.
END_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Member:
    """One camera of the fleet."""

    camera: BoxCamera
    unit: CameraUnit
    supervisor: CameraSupervisor


@dataclass(frozen=True, slots=True)
class _Idle:
    """A camera that does not run: switched off, or its settings cannot be used."""

    camera: BoxCamera
    state: CameraState
    reason: str
    since: datetime


class Fleet:
    """The cameras, by their ids.

    One thread calls `apply`, `tick` and `close`; others may read.

    Args:
        make: Puts a camera together.
        settings: For the supervisors.
        seed: Of the waits' jitter; each camera has its own sequence.
        on_leave: Told of a camera that was taken out.
    """

    def __init__(
        self,
        make: Callable[[BoxCamera], CameraUnit],
        settings: SupervisionSettings,
        *,
        seed: int = 0,
        on_leave: Callable[[str], None] = lambda _camera_id: None,
    ) -> None:
        self._make = make
        self._settings = settings
        self._seed = seed
        self._on_leave = on_leave
        self._members: dict[str, Member] = {}
        self._idle: dict[str, _Idle] = {}
        self._finished: set[str] = set()  # files that have come to their end
        self.changes = 0  # counts up with every change of a camera's state

    def __iter__(self) -> Iterator[Member]:
        """The cameras that are looked after."""
        return iter(tuple(self._members.values()))

    def ids(self) -> tuple[str, ...]:
        """All cameras, those that are switched off too."""
        return (*self._members, *self._idle)

    def apply(self, cameras: Iterable[BoxCamera]) -> None:
        """Make the fleet what the settings say; cameras that stay as they are do not notice."""
        wanted = {camera.id: camera for camera in cameras}
        leaving = [m for m in self if wanted.get(m.camera.id) != m.camera]
        self._end(leaving)
        self._idle = {i: idle for i, idle in self._idle.items() if wanted.get(i) == idle.camera}
        for camera_id, camera in wanted.items():
            if camera_id not in self._members and camera_id not in self._idle:
                self._add(camera)

    def tick(self, now: float) -> None:
        """Look after every camera; `now` is of the monotonic clock."""
        for member in self:
            member.supervisor.tick(now)
            camera_id = member.camera.id
            if member.supervisor.has_ended and camera_id not in self._finished:
                self._finished.add(camera_id)
                member.unit.finish()

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to do: every camera was a file, and has come to its end."""
        return all(member.camera.id in self._finished for member in self)

    def statuses(self, frames: Callable[[str], CameraStatus]) -> tuple[CameraStatus, ...]:
        """How every camera is.

        Args:
            frames: What is known of a camera's pictures; state and reason are filled in here.
        """
        running = [
            frames(member.camera.id).model_copy(
                update={
                    "state": member.supervisor.state,
                    "since": member.supervisor.since,
                    "reason": member.supervisor.reason,
                    "frames": member.unit.worker.counts.frames,
                }
            )
            for member in self
        ]
        idle = [
            CameraStatus(camera_id=i.camera.id, state=i.state, since=i.since, reason=i.reason)
            for i in tuple(self._idle.values())
        ]
        return (*running, *idle)

    def close(self) -> None:
        """End all cameras: the reading of all, then the judging; then their state is saved."""
        self._end(list(self))

    def _add(self, camera: BoxCamera) -> None:
        if not camera.enabled:
            self._rest(camera, CameraState.DISABLED, "switched off in the settings")
            return
        try:
            unit = self._make(camera)
        except StreetcaseError as error:
            log.warning("camera_not_started", camera=camera.id, reason=str(error))
            self._rest(camera, CameraState.STOPPED, f"{type(error).__name__}: {error}"[:500])
            return
        supervisor = CameraSupervisor(
            camera.id,
            unit,
            self._settings,
            random=Random(f"{self._seed}/{camera.id}"),  # noqa: S311 - jitter, no secret
            repeats=camera.loop,
            on_change=self._count_change,
        )
        self._members[camera.id] = Member(camera, unit, supervisor)
        self.changes += 1
        log.info("camera_added", camera=camera.id, source=str(camera.video_source))

    def _rest(self, camera: BoxCamera, state: CameraState, reason: str) -> None:
        self._idle[camera.id] = _Idle(camera, state, reason, utc_now())
        self.changes += 1

    def _end(self, members: list[Member]) -> None:
        """In three rounds over all of them, so that their waits run side by side."""
        for member in members:
            member.supervisor.stop()
        for member in members:
            if not member.supervisor.join(END_SECONDS):
                log.warning("camera_hangs", camera=member.camera.id)
        for member in members:
            if member.camera.id not in self._finished:
                member.unit.close(END_SECONDS)
            self._finished.discard(member.camera.id)
            del self._members[member.camera.id]
            self._on_leave(member.camera.id)
            self.changes += 1
            log.info("camera_removed", camera=member.camera.id)

    def _count_change(self) -> None:
        self.changes += 1
