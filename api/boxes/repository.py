"""Queries about boxes, their codes, keys, manifests and gaps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from api.areas import in_area
from api.boxes.tables import BoxGap, BoxKey, BoxManifest, BoxRecord, EnrolmentCode
from api.cameras.tables import CameraPicture
from api.principal import Principal
from api.users.tables import Organisation


def code(session: Session, code_sha256: bytes) -> tuple[EnrolmentCode, Organisation] | None:
    """An enrolment code with its organisation; nobody else may use it until the commit."""
    return session.execute(
        select(EnrolmentCode, Organisation)
        .join(Organisation, Organisation.id == EnrolmentCode.organisation_id)
        .where(EnrolmentCode.code_sha256 == code_sha256)
        .with_for_update(of=EnrolmentCode)
    ).one_or_none()


def delete_codes(session: Session, box_id: str, *, expired_before: datetime) -> None:
    """Forget a box's unused codes, and everybody's that ended long ago."""
    session.execute(
        delete(EnrolmentCode).where(
            (EnrolmentCode.box_id == box_id) & EnrolmentCode.used_at.is_(None)
            | (EnrolmentCode.expires_at < expired_before)
        )
    )


def box(session: Session, box_id: str) -> tuple[BoxRecord, Organisation] | None:
    """A box with its organisation."""
    return session.execute(
        select(BoxRecord, Organisation)
        .join(Organisation, Organisation.id == BoxRecord.organisation_id)
        .where(BoxRecord.id == box_id)
    ).one_or_none()


def locked_box(session: Session, box_id: str) -> BoxRecord | None:
    """A box to change; what else it sends waits until the commit."""
    return session.scalar(select(BoxRecord).where(BoxRecord.id == box_id).with_for_update())


def boxes(
    session: Session, caller: Principal, *, after: str, limit: int
) -> Sequence[tuple[BoxRecord, Organisation]]:
    """Boxes of the caller's area by id."""
    return session.execute(
        select(BoxRecord, Organisation)
        .join(Organisation, Organisation.id == BoxRecord.organisation_id)
        .where(in_area(Organisation.path, caller), BoxRecord.id > after)
        .order_by(BoxRecord.id)
        .limit(limit)
    ).all()


def key(session: Session, key_id: str) -> BoxKey | None:
    """A registered key."""
    return session.get(BoxKey, key_id)


def keys_of(session: Session, box_ids: Collection[str]) -> Sequence[BoxKey]:
    """Every key that boxes have had, the oldest first."""
    return session.scalars(
        select(BoxKey).where(BoxKey.box_id.in_(box_ids)).order_by(BoxKey.registered_at)
    ).all()


def manifest(session: Session, *, box_id: str, key_id: str, sequence: int) -> BoxManifest | None:
    """The manifest that came under a number."""
    return session.get(BoxManifest, (box_id, key_id, sequence))


def newest_sequence(session: Session, box_id: str, key_id: str) -> int:
    """The highest number that has come; 0: none."""
    return (
        session.scalar(
            select(func.max(BoxManifest.sequence)).where(
                BoxManifest.box_id == box_id, BoxManifest.key_id == key_id
            )
        )
        or 0
    )


def settled_numbers(
    session: Session, *, box_id: str, key_id: str, above: int, below: int, limit: int
) -> list[int]:
    """Numbers that have come or never will, in order, strictly between two."""
    came = select(BoxManifest.sequence.label("number")).where(
        BoxManifest.box_id == box_id,
        BoxManifest.key_id == key_id,
        BoxManifest.sequence > above,
        BoxManifest.sequence < below,
    )
    dropped = select(BoxGap.sequence.label("number")).where(
        BoxGap.box_id == box_id,
        BoxGap.key_id == key_id,
        BoxGap.sequence > above,
        BoxGap.sequence < below,
    )
    both = came.union(dropped).subquery()
    return list(session.scalars(select(both.c.number).order_by(both.c.number).limit(limit)))


def active_key(session: Session, box_id: str) -> BoxKey | None:
    """The key with which a box signs now."""
    return session.scalar(
        select(BoxKey)
        .where(BoxKey.box_id == box_id, BoxKey.revoked_at.is_(None))
        .order_by(BoxKey.registered_at.desc())
        .limit(1)
    )


def gap(session: Session, box_id: str, key_id: str, number: int) -> BoxGap | None:
    """One gap."""
    return session.get(BoxGap, (box_id, key_id, number))


def gap_numbers(session: Session, box_id: str, key_id: str, *, above: int, limit: int) -> list[int]:
    """Numbers of gaps that a box told of under a key, above one, in order."""
    return list(
        session.scalars(
            select(BoxGap.number)
            .where(BoxGap.box_id == box_id, BoxGap.key_id == key_id, BoxGap.number > above)
            .order_by(BoxGap.number)
            .limit(limit)
        )
    )


def gaps(
    session: Session,
    box_id: str,
    *,
    before: tuple[datetime, str, int] | None,
    limit: int,
) -> Sequence[BoxGap]:
    """A box's gaps, the last received first; `before` is the last one of the page before."""
    order = (BoxGap.received_at, BoxGap.key_id, BoxGap.number)
    query = select(BoxGap).where(BoxGap.box_id == box_id)
    if before is not None:
        query = query.where(tuple_(*order) < tuple_(*before))
    return session.scalars(query.order_by(*(c.desc() for c in order)).limit(limit)).all()


def gap_counts(session: Session, box_ids: Collection[str]) -> dict[str, int]:
    """How many gaps each of these boxes has told of."""
    rows = session.execute(
        select(BoxGap.box_id, func.count())
        .where(BoxGap.box_id.in_(box_ids))
        .group_by(BoxGap.box_id)
    )
    return {row[0]: row[1] for row in rows}


def picture_times(
    session: Session, camera_ids: Collection[str]
) -> dict[str, tuple[datetime, datetime | None]]:
    """When each camera's newest picture was taken, and when somebody last looked at it."""
    rows = session.execute(
        select(CameraPicture.camera_id, CameraPicture.captured_at, CameraPicture.looked_at).where(
            CameraPicture.camera_id.in_(camera_ids)
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}
