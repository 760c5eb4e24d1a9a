"""A box in service: many cameras, an outbox, a centre; started and ended in order."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING
from zlib import crc32

import structlog

from edge.allocator import give_back_free_memory, share_one_arena
from edge.box import software_version
from edge.cameras.fleet import Fleet
from edge.cameras.settings_of_centre import CentreCameras
from edge.cameras.unit import CameraUnit
from edge.cameras.watch import WatchLog
from edge.clock import read_clock_status
from edge.errors import OutboxError
from edge.evidence_desk import EvidenceDesk
from edge.health import Health, HealthServer
from edge.judging.service import JudgingService
from edge.load import CpuMeter, free_bytes, resident_bytes
from edge.lock import only_one
from edge.metrics import BoxMetrics
from edge.networks import Networks
from edge.outbox.outbox import Outbox
from edge.pictures import NewestPictures
from edge.settings import BoxCamera, BoxSettings
from edge.uplink.link import Link
from edge.video.timeline import utc_now
from pipeline.errors import SettingsError
from pipeline.evidence.manifest import ClockState
from pipeline.exchange import (
    BoxStatus,
    CameraIntroduction,
    CamerasReply,
    CameraState,
    CameraStatus,
    Introductions,
)
from pipeline.settings import load_settings
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.processor import Step

TICK_SECONDS = 0.25  # how soon a camera's failure is noticed
SETTINGS_SECONDS = 5.0  # how soon a changed settings file is noticed without a signal
TIDY_SECONDS = 60.0
# The main loop has not come round for so long: something hangs that never should.
STUCK_SECONDS = 60.0

log = structlog.get_logger()


class BoxService:
    """A box from its start to its end.

    Args:
        settings: Of the box.
        settings_file: Where they were read, to follow changes of the cameras; none: they stay.
    """

    def __init__(self, settings: BoxSettings, settings_file: Path | None = None) -> None:
        self._settings = settings
        self._file = settings_file
        self._file_seen = _mark_of(settings_file)
        self._stopping = threading.Event()
        self._reloading = threading.Event()
        self._pictures = NewestPictures()
        self._centre_cameras = CentreCameras(settings.data / "centre-cameras.json")
        self._key_areas: frozenset[str] = frozenset()
        self._live: frozenset[str] = frozenset()
        self._cpu = CpuMeter()
        self._started_at = utc_now()
        self._ticked_at = time.monotonic()
        self._link: Link | None = None
        self._totals: dict[str, object] = {}
        self.health_port: int | None = None  # once it listens
        self._fleet: Fleet
        self._outbox: Outbox
        self._watch: WatchLog
        self._desk: EvidenceDesk
        self._networks: Networks

    def stop(self) -> None:
        """Ask the box to end; from any thread or signal handler."""
        self._stopping.set()

    def reload(self) -> None:
        """Ask the box to read its settings file again; from any thread or signal handler."""
        self._reloading.set()

    def run(self, *, once: bool = False) -> dict[str, object]:
        """Work until `stop`.

        Args:
            once: End also when every camera was a file and has ended, and nothing waits to be sent.

        Returns:
            Figures of the run, with `ok`.

        Raises:
            StreetcaseError: The box cannot start; the message says why.
        """
        settings = self._settings
        software = software_version()
        with ExitStack() as stack:
            stack.enter_context(only_one(settings.data))
            self._networks = Networks(settings.model)
            self._outbox = Outbox(
                settings.data / "outbox", settings.outbox, is_key_area=self._is_key_area
            )
            stack.callback(self._outbox.close)
            self._note_key_areas(settings.cameras)
            self._watch = WatchLog(settings.data / "watched.json", self._outbox.note_gap)
            self._desk = EvidenceDesk(
                settings.data, box_id=settings.id, software=software, outbox=self._outbox
            )
            judging = stack.enter_context(JudgingService(settings.judging))
            self._fleet = Fleet(
                lambda camera: CameraUnit(
                    camera,
                    settings,
                    networks=self._networks,
                    desk=self._desk,
                    judging=judging,
                    clock=self._clock,
                    software=software,
                    on_step=self._follow,
                ),
                settings.supervision,
                seed=crc32(settings.id.encode()),
                on_leave=self._pictures.forget,
            )
            stack.callback(self._end)
            self._link = self._make_link(software)
            if settings.health.enabled:
                server = HealthServer(
                    settings.health, health=self._health, metrics=self._metrics(software)
                )
                stack.enter_context(server)
                self.health_port = server.port
            self._apply()
            if self._link is not None:
                self._link.start()
            log.info(
                "box_started",
                box=settings.id,
                software=software,
                cameras=len(settings.cameras),
                centre=settings.centre.url if settings.centre else None,
                health_port=self.health_port,
            )
            self._loop(once=once)
        log.info("box_ended", **self._totals)
        return self._totals

    def _loop(self, *, once: bool) -> None:
        checked = tidied = time.monotonic()
        while not self._stopping.wait(TICK_SECONDS):
            now = self._ticked_at = time.monotonic()
            self._fleet.tick(now)
            if self._reloading.is_set() or now - checked >= SETTINGS_SECONDS:
                checked = now
                self._follow_settings()
            if now - tidied >= TIDY_SECONDS:
                tidied = now
                self._desk.catch_up()
                self._tidy()
            if once and self._fleet.has_ended and self._has_sent_all():
                return

    def _follow(self, camera_id: str, step: Step) -> None:
        self._pictures.follow(camera_id, step)
        # A recording tells the time of its making, and nobody claims to watch by it.
        if camera_id in self._live:
            self._watch.saw(camera_id, step.frame.captured_at)

    def _tidy(self) -> None:
        for member in self._fleet:
            supervisor = member.supervisor
            if supervisor.state is not CameraState.RUNNING and supervisor.reason:
                self._watch.is_away(member.camera.id, supervisor.reason)
        self._watch.tell()
        try:
            self._outbox.tidy()
        except OutboxError as error:
            # A full disk, or a backup tool that holds the file: the cameras go on.
            log.warning("outbox_not_tidied", reason=str(error))
        give_back_free_memory()

    def _end(self) -> None:
        """The story of a shutdown: readers, judges and their state, the rest of the outbox."""
        log.info("box_ending")
        workers = [member.unit.worker for member in self._fleet]
        self._fleet.close()
        self._desk.catch_up()
        self._watch.tell(all_of_it=True)
        if self._link is not None:
            self._link.stop()
        outbox = self._outbox.figures()
        self._totals = {
            "ok": True,
            "cameras": len(workers),
            "frames": sum(worker.counts.frames for worker in workers),
            "sent": self._link.figures.sent if self._link else 0,
            "waiting": outbox.waiting,
            "refused": outbox.refused,
            "dropped": outbox.dropped,
        }

    def _has_sent_all(self) -> bool:
        figures = self._outbox.figures()
        return self._link is None or not (figures.waiting or figures.gaps_unreported)

    def _make_link(self, software: str) -> Link | None:
        settings = self._settings
        if settings.centre is None:
            return None
        return Link(
            settings.centre,
            data=settings.data,
            box_id=settings.id,
            key=self._desk.key,
            software=software,
            outbox=self._outbox,
            status=self._status,
            changes=lambda: self._fleet.changes,
            picture=self._pictures.picture,
            cameras=self._fleet.ids,
            introductions=self._introductions,
            learn=self._learn,
            seed=crc32(settings.id.encode()),
        )

    def _introductions(self) -> Introductions:
        """The cameras as the box's own file has them, whatever the centre has laid over them."""
        return Introductions(
            cameras=tuple(
                CameraIntroduction(
                    settings=camera.view.model_dump(mode="json", by_alias=True),
                    longitude=camera.longitude,
                    latitude=camera.latitude,
                )
                for camera in self._settings.cameras
            )
        )

    def _learn(self, reply: CamerasReply) -> None:
        if self._centre_cameras.learn(reply):
            self.reload()

    def _follow_settings(self) -> None:
        """Take over the cameras of a changed file; what else has changed needs a restart."""
        mark = _mark_of(self._file)
        if self._file is not None and (self._reloading.is_set() or mark != self._file_seen):
            self._file_seen = mark
            try:
                fresh = load_settings(self._file, BoxSettings)
            except SettingsError as error:
                log.error("settings_refused", reason=str(error))  # noqa: TRY400 - it says all
            else:
                self._take(fresh)
        if self._reloading.is_set():
            self._reloading.clear()
            self._apply()

    def _take(self, fresh: BoxSettings) -> None:
        old = self._settings
        fixed = {"cameras": old.cameras, "data": old.data}
        if fresh.model_copy(update=fixed) != old:
            log.warning("settings_need_restart", reason="more than the cameras has changed")
        if fresh.cameras != old.cameras:
            self._settings = old.model_copy(update={"cameras": fresh.cameras})
            log.info("settings_changed", cameras=len(fresh.cameras))
            self._reloading.set()

    def _apply(self) -> None:
        cameras = self._centre_cameras.laid_over(self._settings.cameras)
        self._note_key_areas(cameras)
        self._live = frozenset(camera.id for camera in cameras if not camera.is_recording)
        self._fleet.apply(cameras)

    def _note_key_areas(self, cameras: tuple[BoxCamera, ...]) -> None:
        self._key_areas = frozenset(c.id for c in cameras if c.zones_of(ZoneKind.SENSITIVE))

    def _is_key_area(self, camera_id: str) -> bool:
        return camera_id in self._key_areas

    def _clock(self) -> ClockState:
        """How far the box's clock can be trusted: as the kernel says, else as the centre's is."""
        status = read_clock_status()
        if status is not None and status.is_synchronised:
            return ClockState(
                offset_seconds=status.box_offset_seconds, synchronised=True, source="adjtimex"
            )
        measured = self._link.clock.offset_seconds if self._link else None
        if measured is not None:
            return ClockState(offset_seconds=measured, synchronised=False, source="centre")
        known = False if status is not None else None
        return ClockState(
            offset_seconds=None,
            synchronised=known,
            source="adjtimex" if status is not None else "unknown",
        )

    def _status(self) -> BoxStatus:
        outbox = self._outbox.figures()
        card = self._networks.detector().card
        return BoxStatus(
            sent_at=utc_now(),
            started_at=self._started_at,
            software=software_version(),
            model=f"{card.name} {card.version}",
            clock_offset_seconds=self._clock().offset_seconds,
            outbox_candidates=outbox.waiting,
            outbox_bytes=outbox.used_bytes,
            outbox_quota_bytes=outbox.quota_bytes,
            oldest_waiting_at=outbox.oldest_waiting_at,
            dropped=outbox.dropped,
            refused=outbox.refused,
            trouble="no room for evidence: the outbox or its disk is full"
            if outbox.is_full
            else "",
            cpu_share=self._cpu.share(),
            memory_bytes=resident_bytes(),
            disk_free_bytes=free_bytes(self._settings.data),
            cameras=self._fleet.statuses(self._seen),
        )

    def _seen(self, camera_id: str) -> CameraStatus:
        """What the newest picture of a camera says."""
        step = self._pictures.step(camera_id)
        since, state = self._started_at, CameraState.CONNECTING  # the fleet fills in the true ones
        version = self._centre_cameras.version_of(camera_id)
        if step is None:
            return CameraStatus(
                camera_id=camera_id,
                state=state,
                since=since,
                last_frame_at=self._watch.until(camera_id),
                settings_version=version,
            )
        change = step.observation.change
        return CameraStatus(
            camera_id=camera_id,
            state=state,
            since=since,
            last_frame_at=step.frame.captured_at,
            view=change.state.value if change else "",
            width=step.frame.width,
            height=step.frame.height,
            settings_version=version,
        )

    def _health(self) -> Health:
        outbox = self._outbox.figures()
        states = [member.supervisor.state for member in self._fleet]
        is_alive = time.monotonic() - self._ticked_at < STUCK_SECONDS
        watches = not states or CameraState.RUNNING in states or self._fleet.has_ended
        return Health(
            is_alive=is_alive,
            is_ready=is_alive and watches and not outbox.is_full,
            facts={
                "box": self._settings.id,
                "cameras": {member.camera.id: member.supervisor.state for member in self._fleet},
                "settings_versions": {
                    member.camera.id: self._centre_cameras.version_of(member.camera.id)
                    for member in self._fleet
                },
                "outbox": {
                    "waiting": outbox.waiting,
                    "refused": outbox.refused,
                    "dropped": outbox.dropped,
                    "bytes": outbox.used_bytes,
                    "quota_bytes": outbox.quota_bytes,
                    "full": outbox.is_full,
                },
                "refusals": [{"candidate": c, "said": p} for c, p in self._outbox.problems()],
                "uplink": self._link.trouble if self._link else "no centre is set",
            },
        )

    def _metrics(self, software: str) -> BoxMetrics:
        card = self._networks.detector().card
        return BoxMetrics(
            self._fleet,
            outbox=self._outbox.figures,
            link=self._link,
            info={
                "id": self._settings.id,
                "software": software,
                "model": f"{card.name} {card.version}",
            },
            evidence_failed=lambda: self._desk.failed,
        )


def serve(settings: BoxSettings, settings_file: Path, *, once: bool) -> dict[str, object]:
    """Run a box until SIGTERM or Ctrl-C; SIGHUP reads the settings file again."""
    share_one_arena()
    service = BoxService(settings, settings_file)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    signal.signal(signal.SIGHUP, lambda *_: service.reload())
    return service.run(once=once)


def _mark_of(path: Path | None) -> tuple[int, int] | None:
    """What changes when a file is written anew."""
    try:
        return None if path is None else (path.stat().st_mtime_ns, path.stat().st_size)
    except OSError:
        return None  # replaced at this very moment; the next look sees it
