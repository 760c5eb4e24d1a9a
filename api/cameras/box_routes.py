"""Routes by which a box introduces its cameras, learns their zones and brings their pictures."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from api.cameras import introduction, pictures, service
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.problems import problems
from api.texts import ThingIdInPath
from api.users.access import CurrentBox
from pipeline.exchange import (
    PICTURE_TIME_HEADER,
    CameraSettings,
    CamerasReply,
    Introductions,
    IntroductionsReply,
)

router = APIRouter(tags=["boxes"])


async def _body(request: Request) -> bytes:
    return await request.body()  # the boundary has bounded it


@router.get(
    "/boxes/me/cameras",
    operation_id="get_cameras_of_box",
    response_model=CamerasReply,
    responses={**problems(401), 304: {"description": "As the If-None-Match of the request says."}},
)
def get_cameras_of_box(
    *,
    box: CurrentBox,
    session: ReadSession,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """The newest zones and permits of the box's cameras, for those drawn here; with an ETag."""
    versions = service.cameras_of_box(session, box.id)
    reply = CamerasReply(
        cameras=tuple(
            CameraSettings(camera_id=one.camera_id, version=one.number, settings=one.settings)
            for one in versions
        )
    )
    content = reply.model_dump_json().encode()
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    if if_none_match is not None and etag in {tag.strip() for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(content, media_type="application/json", headers={"ETag": etag})


@router.put(
    "/boxes/me/cameras",
    operation_id="introduce_cameras",
    responses=problems(401, 413, 422),
)
def introduce_cameras(
    body: Introductions, box: CurrentBox, session: WriteSession, now: Now
) -> IntroductionsReply:
    """Say what the box's own file says of its cameras; it holds until somebody draws here."""
    return IntroductionsReply(refused=introduction.introduce(session, box, body, now=now))


@router.put(
    "/boxes/me/pictures/{camera_id}",
    status_code=204,
    operation_id="put_picture",
    responses=problems(401, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def put_picture(
    *,
    camera_id: ThingIdInPath,
    box: CurrentBox,
    content: Annotated[bytes, Depends(_body)],
    captured_at: Annotated[PlausibleInstant, Header(alias=PICTURE_TIME_HEADER)],
    request: Request,
    session: WriteSession,
    now: Now,
) -> None:
    """Bring the newest picture of a camera. Boxes send redacted pictures only."""
    pictures.keep_picture(
        session,
        box=box,
        camera_id=camera_id,
        content=content,
        media_type=request.headers.get("Content-Type", ""),
        captured_at=captured_at,
        now=now,
    )
