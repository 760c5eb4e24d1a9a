"""Routes of the whole register: import, export, and the list for the public."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api.cameras import register, service
from api.cameras.schemas import (
    CameraRegister,
    ImportResult,
    PublicCamera,
    PublicCameraPage,
    RegisterPage,
    entry_of,
)
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.users.access import allow_either
from api.users.tables import Role, Scope

router = APIRouter()

Importer = Annotated[
    Principal, Depends(allow_either(roles=(Role.ADMIN,), scopes=(Scope.REGISTER_WRITE,)))
]
Exporter = Annotated[
    Principal,
    Depends(
        allow_either(
            roles=(Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR), scopes=(Scope.REGISTER_WRITE,)
        )
    ),
]


@router.post(
    "/camera-register",
    operation_id="import_cameras",
    tags=["cameras"],
    responses=problems(401, 403, 404, 409, 422),
)
def import_cameras(
    body: CameraRegister, caller: Importer, session: WriteSession, now: Now
) -> ImportResult:
    """Bring cameras to what another register says: all of them or none. May be repeated."""
    done = register.import_cameras(
        session,
        actor=caller,
        entries=[(entry.registration.registration(), entry.settings) for entry in body.cameras],
        note=body.note,
        now=now,
    )
    return ImportResult(created=done.created, changed=done.changed, unchanged=done.unchanged)


@router.get(
    "/camera-register",
    operation_id="export_cameras",
    tags=["cameras"],
    responses=problems(400, 401, 403, 422),
)
def export_cameras(
    *,
    caller: Exporter,
    session: ReadSession,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> RegisterPage:
    """The cameras in use of the caller's area, in the form in which they are imported."""
    found, following = service.cameras_seen_by(session, caller, cursor=cursor, limit=limit)
    return RegisterPage(cameras=[entry_of(facts) for facts in found], next=following)


@router.get(
    "/public/cameras",
    operation_id="list_public_cameras",
    tags=["public"],
    responses=problems(400, 422),
)
def list_public_cameras(
    *, session: ReadSession, now: Now, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> PublicCameraPage:
    """The cameras whose location is published; for everybody, without logging in."""
    found, following = service.published_at(session, now, cursor=cursor, limit=limit)
    return PublicCameraPage(
        items=[PublicCamera.of(published, version) for published, version in found],
        next=following,
    )
