"""The newest picture of each camera: taken from its box, checked, handed out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from api.cameras import repository
from api.cameras.service import camera_seen_by, ensure_camera
from api.cameras.tables import CameraPicture
from api.database import Database
from api.errors import NotFound, TooLarge, Unprocessable
from api.principal import Principal
from pipeline.exchange import MAX_PICTURE_BYTES

MEDIA_TYPE = "image/jpeg"
# A look is noted so often at most: a grid that many people watch writes no more than that.
LOOK_NOTED = timedelta(seconds=30)
# ISO/IEC 10918-1: a JPEG begins with "start of image" and a marker, and ends with "end of image".
_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"


def keep_picture(
    session: Session,
    *,
    box: Principal,
    camera_id: str,
    content: bytes,
    media_type: str,
    captured_at: datetime,
    now: datetime,
) -> None:
    """Put a redacted picture in the place of the one before, unless that one is newer.

    Raises:
        Unprocessable: It is no whole JPEG.
        TooLarge: It has too many bytes.
        Conflict: The camera belongs to another box or area.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise TooLarge("picture_too_large", f"A picture has at most {MAX_PICTURE_BYTES} bytes.")
    is_jpeg = content.startswith(_BEGIN) and content.endswith(_END)
    if media_type.partition(";")[0].strip().lower() != MEDIA_TYPE or not is_jpeg:
        raise Unprocessable(
            "not_a_jpeg", f"The body is no whole JPEG. Send one as Content-Type: {MEDIA_TYPE}."
        )
    ensure_camera(
        session,
        camera_id=camera_id,
        box_id=box.id,
        organisation_path=box.organisation_path,
        now=now,
    )
    picture = repository.picture(session, camera_id)
    if picture is None:
        picture = CameraPicture(camera_id=camera_id)
        session.add(picture)
    elif captured_at < picture.captured_at <= now:
        return  # it was under way for longer; one from the future keeps nothing out
    picture.captured_at = captured_at
    picture.media_type = MEDIA_TYPE
    picture.content = content


def picture_seen_by(session: Session, actor: Principal, camera_id: str) -> CameraPicture:
    """The newest picture of a camera in somebody's area.

    Raises:
        NotFound: There is no such camera in the area, or it has sent no picture yet.
    """
    camera_seen_by(session, actor, camera_id)
    picture = repository.picture(session, camera_id)
    if picture is None:
        raise NotFound("no_picture", f"The camera {camera_id} has sent no picture yet.")
    return picture


def note_look(database: Database, picture: CameraPicture, *, now: datetime) -> None:
    """Remember that somebody looks at a camera, so that its box is asked for newer pictures."""
    if picture.looked_at is not None and timedelta() <= now - picture.looked_at < LOOK_NOTED:
        return
    with database.writing() as session:
        repository.note_look(session, picture.camera_id, now)
