"""The centre's settings of this box's cameras: kept on disk, laid over the box's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from edge.settings import BoxCamera
from pipeline.camera import Camera
from pipeline.evidence.durable import replace_file
from pipeline.exchange import CamerasReply
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.exchange import CameraSettings

MAX_ZONE_ID = 58  # characters; with what is added as many as a zone's id may have
MAX_FILE_BYTES = 16 * 1024 * 1024  # 200 cameras with 400 zones each

log = structlog.get_logger()


class CentreCameras:
    """What the centre said last, for restarts without a link too.

    Zones, names, place and time zone are the centre's. The address of the stream stays the box's,
    and so do its privacy masks: the centre can add one from afar, but only who stands before the
    box can take one away.

    Args:
        path: Where it is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cameras: dict[str, Camera] = {}
        self._versions: dict[str, int] = {}
        self._load()

    def learn(self, reply: CamerasReply) -> bool:
        """Take in an answer of the centre; true: something has changed.

        A camera whose settings cannot be used keeps those it had, and the log says why.
        """
        changed = self._take(reply)
        if changed:
            try:
                replace_file(self._path, reply.model_dump_json().encode())
            except OSError as error:
                log.warning("camera_settings_not_kept", reason=str(error.strerror))
        return changed

    def laid_over(self, cameras: Iterable[BoxCamera]) -> tuple[BoxCamera, ...]:
        """The box's own cameras as the centre wants them."""
        return tuple(self._laid_over(camera) for camera in cameras)

    def version_of(self, camera_id: str) -> int | None:
        """The version of the centre's settings in use; none: it has none for this camera."""
        return self._versions.get(camera_id)

    def _take(self, reply: CamerasReply) -> bool:
        cameras: dict[str, Camera] = {}
        versions: dict[str, int] = {}
        for said in reply.cameras:
            camera = self._parse(said)
            if camera is not None:
                cameras[said.camera_id], versions[said.camera_id] = camera, said.version
            elif said.camera_id in self._cameras:
                cameras[said.camera_id] = self._cameras[said.camera_id]
                versions[said.camera_id] = self._versions[said.camera_id]
        changed = cameras != self._cameras
        self._cameras, self._versions = cameras, versions
        return changed

    @staticmethod
    def _parse(said: CameraSettings) -> Camera | None:
        try:
            return Camera.model_validate({**said.settings, "id": said.camera_id})
        except ValidationError as error:
            problem = error.errors()[0]
            log.warning(
                "camera_settings_refused",
                camera=said.camera_id,
                version=said.version,
                reason=f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}",
            )
            return None

    def _laid_over(self, camera: BoxCamera) -> BoxCamera:
        centre = self._cameras.get(camera.id)
        if centre is None:
            return camera
        taken = {zone.id: zone for zone in centre.zones}
        masks = [
            zone.model_copy(update={"id": f"{zone.id[:MAX_ZONE_ID]} (box)"})
            if zone.id in taken
            else zone
            for zone in camera.zones_of(ZoneKind.PRIVACY_MASK)
            if taken.get(zone.id) != zone
        ]
        return camera.model_copy(
            update={
                "name": centre.name,
                "place": centre.place,
                "timezone": centre.timezone,
                "gb28181_id": centre.gb28181_id,
                "zones": (*centre.zones, *masks),
            }
        )

    def _load(self) -> None:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("camera_settings_unreadable", reason=str(error.strerror))
            return
        try:
            self._take(CamerasReply.model_validate_json(content))
        except ValidationError:
            # The centre tells them again; until then the box's own file counts.
            log.warning("camera_settings_damaged", file=str(self._path))
