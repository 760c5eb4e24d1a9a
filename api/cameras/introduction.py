"""Cameras that a box introduces: its own file's view of each, until somebody draws here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from api.audit.service import append
from api.cameras import repository
from api.cameras.service import ensure_camera
from api.cameras.tables import CameraRecord
from api.cameras.versions import VersionSource, id_of, read_camera, save_version
from api.errors import ApiError
from api.principal import Principal
from pipeline.exchange import CameraIntroduction, Introductions

NOTE = "盒子自带的设置 · from the box's own settings"


def introduce(
    session: Session, box: Principal, introductions: Introductions, *, now: datetime
) -> dict[str, str]:
    """Keep what a box's own file says of its cameras, where nobody here has said otherwise.

    A camera whose newest version was drawn here keeps it. Its position is taken while it has none.
    A repetition changes nothing.

    Returns:
        Why a camera was not taken, in words, by its id; the others are not held up by it.
    """
    refused: dict[str, str] = {}
    for introduction in introductions.cameras:
        name = str(introduction.settings.get("id", ""))[:64]
        try:
            _take(session, box, introduction, now=now)
        except ApiError as error:  # each is raised before its camera is written
            refused[name] = error.detail
    return refused


def _take(
    session: Session, box: Principal, introduction: CameraIntroduction, *, now: datetime
) -> None:
    camera_id = id_of(introduction.settings)
    camera = read_camera(introduction.settings, camera_id=camera_id)
    record = ensure_camera(
        session,
        camera_id=camera_id,
        box_id=box.id,
        organisation_path=box.organisation_path,
        now=now,
    )
    located = repository.camera(session, camera_id, to_change=True)
    assert located is not None  # noqa: S101 - for mypy: it has just been ensured
    path = located[1].path
    newest = repository.newest_version(session, camera_id)
    if newest is None or newest.source == VersionSource.BOX:
        save_version(
            session,
            actor=box,
            camera_id=camera_id,
            organisation_path=path,
            camera=camera,
            based_on=None,
            note=NOTE,
            now=now,
            source=VersionSource.BOX,
        )
    _place(session, box, record, introduction, path=path, now=now)


def _place(
    session: Session,
    box: Principal,
    record: CameraRecord,
    introduction: CameraIntroduction,
    *,
    path: str,
    now: datetime,
) -> None:
    """Put the camera on the map, unless somebody has put it there."""
    longitude, latitude = introduction.longitude, introduction.latitude
    is_placed = record.longitude is not None or record.latitude is not None
    if is_placed or longitude is None or latitude is None:
        return
    record.longitude, record.latitude = longitude, latitude
    session.flush()
    append(
        session,
        actor=box,
        action="camera.changed",
        subject_kind="camera",
        subject_id=record.id,
        organisation_path=path,
        now=now,
        details={"longitude": [None, longitude], "latitude": [None, latitude]},
    )
