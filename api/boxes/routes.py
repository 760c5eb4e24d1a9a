"""Routes by which people enrol, watch and revoke boxes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api.boxes import enrolment, service
from api.boxes.own_routes import router as own_router
from api.boxes.schemas import BoxPage, BoxView, CodeRequest, CodeView, GapPage, GapView
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.texts import ThingIdInPath
from api.users.access import allow, allow_reader
from api.users.tables import Role

router = APIRouter(tags=["boxes"])
# First: "me" and "enrol" are no ids of boxes.
router.include_router(own_router)

Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
Reader = Annotated[Principal, Depends(allow_reader())]


@router.post(
    "/boxes/codes",
    status_code=201,
    operation_id="create_box_code",
    responses=problems(401, 403, 404, 409, 422),
)
def create_box_code(body: CodeRequest, caller: Admin, session: WriteSession, now: Now) -> CodeView:
    """Make a one-time code with which one box enrols, anew or for the first time."""
    made = enrolment.create_code(
        session,
        actor=caller,
        box_id=body.box_id,
        organisation_id=body.organisation_id,
        hours=body.hours,
        now=now,
    )
    return CodeView.of(made)


@router.get("/boxes", operation_id="list_boxes", responses=problems(400, 401, 403))
def list_boxes(
    caller: Reader, session: ReadSession, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> BoxPage:
    """Boxes of the caller's area with their last status."""
    found, following = service.boxes_seen_by(session, caller, cursor=cursor, limit=limit)
    return BoxPage(items=[BoxView.of(one) for one in found], next=following)


@router.get("/boxes/{box_id}", operation_id="get_box", responses=problems(401, 403, 404))
def get_box(box_id: ThingIdInPath, caller: Reader, session: ReadSession) -> BoxView:
    """One box."""
    return BoxView.of(service.box_seen_by(session, caller, box_id))


@router.get(
    "/boxes/{box_id}/gaps", operation_id="list_box_gaps", responses=problems(400, 401, 403, 404)
)
def list_box_gaps(
    box_id: ThingIdInPath,
    caller: Reader,
    session: ReadSession,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> GapPage:
    """What a box had to drop, the last received first."""
    found, following = service.gaps_seen_by(session, caller, box_id, cursor=cursor, limit=limit)
    return GapPage(items=[GapView.of(one) for one in found], next=following)


@router.post("/boxes/{box_id}/revoke", operation_id="revoke_box", responses=problems(401, 403, 404))
def revoke_box(box_id: ThingIdInPath, caller: Admin, session: WriteSession, now: Now) -> BoxView:
    """End a box's token and key at once, as after a theft."""
    return BoxView.of(service.revoke(session, caller, box_id, now=now))
