"""A whole register of cameras at once: taken from another system, or given to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.cameras import repository
from api.cameras.registration import Registration, fields_of, registration_of
from api.cameras.service import camera_seen_by, change_registration, create_camera
from api.cameras.versions import VersionSource, camera_json, id_of, read_camera, save_version
from api.errors import Unprocessable
from api.principal import Principal

CameraEntry = tuple[Registration, dict[str, JsonValue]]  # with the settings of its view


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, by camera."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def import_cameras(
    session: Session,
    *,
    actor: Principal,
    entries: Iterable[CameraEntry],
    note: str,
    now: datetime,
) -> Imported:
    """Bring cameras to what another register says: all of them or, if one does not fit, none.

    The other register is the authority: no version number is asked for. Cameras that it does not
    name stay as they are.

    Raises:
        Unprocessable: Settings that do not fit, or a camera named twice; says which.
        NotFound: An organisation, a box or a camera is not in the actor's area.
    """
    result = Imported()
    seen: set[str] = set()
    for registration, settings in entries:
        camera_id = _id_of(settings, seen)
        if repository.camera(session, camera_id) is None:
            create_camera(
                session,
                actor=actor,
                camera_id=camera_id,
                registration=registration,
                settings=settings,
                note=note,
                now=now,
            )
            result.created.append(camera_id)
        elif _update(session, actor, camera_id, (registration, settings), note=note, now=now):
            result.changed.append(camera_id)
        else:
            result.unchanged.append(camera_id)
    return result


def _id_of(settings: dict[str, JsonValue], seen: set[str]) -> str:
    camera_id = id_of(settings)
    read_camera(settings, camera_id=camera_id)
    if camera_id in seen:
        raise Unprocessable("camera_twice", f"The camera {camera_id} is named twice.")
    seen.add(camera_id)
    return camera_id


def _update(
    session: Session,
    actor: Principal,
    camera_id: str,
    entry: CameraEntry,
    *,
    note: str,
    now: datetime,
) -> bool:
    """Whether anything changed."""
    registration, settings = entry
    camera = read_camera(settings, camera_id=camera_id)
    record, organisation = camera_seen_by(session, actor, camera_id, to_change=True)
    is_registered = registration_of(record) == registration
    newest = repository.newest_version(session, camera_id)
    has_settings = newest is not None and (newest.settings, newest.source) == (
        camera_json(camera),
        VersionSource.CENTRE,
    )
    if not is_registered:
        changes = fields_of(registration)
        change_registration(
            session, actor=actor, camera_id=camera_id, changes=changes, retired=None, now=now
        )
    if not has_settings:
        save_version(
            session,
            actor=actor,
            camera_id=camera_id,
            organisation_path=organisation.path,
            camera=camera,
            based_on=None,
            note=note,
            now=now,
        )
    return not (is_registered and has_settings)
