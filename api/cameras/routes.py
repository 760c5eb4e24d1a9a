"""Routes of cameras for people; `router` holds those of gates, boxes, registers, the public too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.cameras import pictures, repository, service, versions
from api.cameras.box_routes import router as box_router
from api.cameras.legality_routes import router as legality_router
from api.cameras.register_routes import router as register_router
from api.cameras.schemas import (
    CameraDetail,
    CameraPage,
    CameraSummary,
    DiffView,
    NewCamera,
    RegistrationPatch,
    SettingsChange,
    VersionPage,
    VersionView,
)
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, Cursor, Limit, decode_cursor, encode_cursor
from api.principal import Principal
from api.problems import problems
from api.state import CurrentDatabase
from api.texts import ThingIdInPath
from api.users.access import allow, allow_reader
from api.users.tables import Role

router = APIRouter()
cameras = APIRouter(tags=["cameras"])

Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
Reader = Annotated[Principal, Depends(allow_reader())]
VersionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
BoxFilter = Annotated[str | None, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
At = Annotated[PlausibleInstant | None, Query(description="As of this instant; none: now.")]
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture."}
}


@cameras.get("/cameras", operation_id="list_cameras", responses=problems(400, 401, 422))
def list_cameras(
    *,
    caller: Reader,
    session: ReadSession,
    box_id: BoxFilter = None,
    with_retired: bool = False,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> CameraPage:
    """Cameras of the caller's area, by id."""
    found, following = service.cameras_seen_by(
        session, caller, cursor=cursor, limit=limit, box_id=box_id, with_retired=with_retired
    )
    return CameraPage(items=[CameraSummary.of(facts) for facts in found], next=following)


@cameras.post(
    "/cameras",
    status_code=201,
    operation_id="create_camera",
    responses=problems(401, 403, 404, 409, 422),
)
def create_camera(body: NewCamera, caller: Admin, session: WriteSession, now: Now) -> CameraDetail:
    """Add a camera with the first version of its view; its id is that of the settings."""
    made = service.create_camera(
        session,
        actor=caller,
        camera_id=versions.id_of(body.settings),
        registration=body.registration.registration(),
        settings=body.settings,
        note=body.note,
        now=now,
    )
    return CameraDetail.of(made)


@cameras.get("/cameras/{camera_id}", operation_id="get_camera", responses=problems(401, 404, 422))
def get_camera(
    camera_id: ThingIdInPath, caller: Reader, session: ReadSession, at: At = None
) -> CameraDetail:
    """A camera with its zones and permits as they were at an instant, or are now."""
    return CameraDetail.of(service.facts_at(session, caller, camera_id, at))


@cameras.patch(
    "/cameras/{camera_id}",
    operation_id="change_camera",
    responses=problems(401, 403, 404, 422),
)
def change_camera(
    camera_id: ThingIdInPath,
    body: RegistrationPatch,
    caller: Admin,
    session: WriteSession,
    now: Now,
) -> CameraDetail:
    """Change where a camera belongs, or retire it; cameras are never deleted."""
    changed = service.change_registration(
        session,
        actor=caller,
        camera_id=camera_id,
        changes=body.changes(),
        retired=body.retired,
        now=now,
    )
    return CameraDetail.of(changed)


@cameras.put(
    "/cameras/{camera_id}/settings",
    operation_id="change_camera_settings",
    responses=problems(401, 403, 404, 409, 422),
)
def change_camera_settings(
    camera_id: ThingIdInPath,
    body: SettingsChange,
    caller: Admin,
    session: WriteSession,
    now: Now,
) -> CameraDetail:
    """Put new zones and permits in force from now on, as a new version.

    409 `version_stale`: somebody else saved in between; load, repeat the change, save again.
    """
    changed = service.change_settings(
        session,
        actor=caller,
        camera_id=camera_id,
        settings=body.settings,
        based_on=body.based_on,
        note=body.note,
        now=now,
    )
    return CameraDetail.of(changed)


@cameras.get(
    "/cameras/{camera_id}/versions",
    operation_id="list_camera_versions",
    responses=problems(400, 401, 404, 422),
)
def list_camera_versions(
    *,
    camera_id: ThingIdInPath,
    caller: Reader,
    session: ReadSession,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> VersionPage:
    """Who changed a camera's view, when and why; the newest first."""
    service.camera_seen_by(session, caller, camera_id)
    before = int(str(decode_cursor(cursor, int)[0])) if cursor else None
    found = repository.versions(session, camera_id, before=before, limit=limit + 1)
    return VersionPage(
        items=[VersionView.of(version) for version in found[:limit]],
        next=encode_cursor(found[limit - 1].number) if len(found) > limit else None,
    )


@cameras.get(
    "/cameras/{camera_id}/versions/{number}",
    operation_id="get_camera_version",
    responses=problems(401, 404, 422),
)
def get_camera_version(
    camera_id: ThingIdInPath, number: VersionNumber, caller: Reader, session: ReadSession
) -> CameraDetail:
    """One version of a camera's view."""
    return CameraDetail.of(service.facts_of_version(session, caller, camera_id, number))


@cameras.get(
    "/cameras/{camera_id}/versions/{number}/changes",
    operation_id="compare_camera_versions",
    responses=problems(401, 404, 422),
)
def compare_camera_versions(
    *,
    camera_id: ThingIdInPath,
    number: VersionNumber,
    caller: Reader,
    session: ReadSession,
    since: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="None: the version before.")
    ] = None,
) -> DiffView:
    """What a version changed against another one."""
    service.camera_seen_by(session, caller, camera_id)
    after = versions.version_numbered(session, camera_id, number)
    if since is None and number == 1:
        return DiffView.of(versions.compare({}, after.settings))
    before = versions.version_numbered(session, camera_id, since or number - 1)
    return DiffView.of(versions.compare(before.settings, after.settings))


@cameras.get(
    "/cameras/{camera_id}/picture",
    operation_id="get_camera_picture",
    response_class=Response,
    responses={**problems(401, 404, 422), **JPEG},
)
def get_camera_picture(
    camera_id: ThingIdInPath,
    caller: Reader,
    session: ReadSession,
    database: CurrentDatabase,
    now: Now,
) -> Response:
    """The newest picture of a camera, with people's heads and plates made unrecognisable.

    While somebody looks, the box is asked for a new one with each of its reports.
    """
    picture = pictures.picture_seen_by(session, caller, camera_id)
    pictures.note_look(database, picture, now=now)
    return Response(
        picture.content,
        media_type=picture.media_type,
        headers={"X-Captured-At": picture.captured_at.isoformat()},
    )


for part in (cameras, legality_router, register_router, box_router):
    router.include_router(part)
