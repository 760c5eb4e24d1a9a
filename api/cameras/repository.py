"""Queries over cameras, their versions, gates, evidence bases and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from api.areas import within
from api.cameras.tables import (
    CameraGate,
    CameraPicture,
    CameraRecord,
    CameraVersion,
    EvidenceBasis,
)
from api.users.tables import Organisation

Located = tuple[CameraRecord, Organisation]
Published = tuple[CameraRecord, Organisation, CameraGate]


def camera(session: Session, id_: str, *, to_change: bool = False) -> Located | None:
    """A camera with its node; `to_change` lets one transaction at a time have it."""
    statement = (
        select(CameraRecord, Organisation)
        .join(Organisation, Organisation.id == CameraRecord.organisation_id)
        .where(CameraRecord.id == id_)
    )
    if to_change:
        statement = statement.with_for_update(of=CameraRecord)
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else None


def cameras_below(
    session: Session,
    path: str,
    *,
    after: str,
    limit: int,
    box_id: str | None = None,
    with_retired: bool = False,
) -> Sequence[Located]:
    """Cameras of a node and of all below it, by id, from the one after `after` on."""
    statement = (
        select(CameraRecord, Organisation)
        .join(Organisation, Organisation.id == CameraRecord.organisation_id)
        .where(within(Organisation.path, path), CameraRecord.id > after)
        .order_by(CameraRecord.id)
        .limit(limit)
    )
    if box_id is not None:
        statement = statement.where(CameraRecord.box_id == box_id)
    if not with_retired:
        statement = statement.where(CameraRecord.retired_at.is_(None))
    return [(row[0], row[1]) for row in session.execute(statement)]


def organisation_by_path(session: Session, path: str) -> Organisation | None:
    """The node of a path."""
    return session.scalar(select(Organisation).where(Organisation.path == path))


def version_at(session: Session, camera_id: str, at: datetime) -> CameraVersion | None:
    """The version that held at an instant."""
    return session.scalar(
        select(CameraVersion)
        .where(CameraVersion.camera_id == camera_id, CameraVersion.valid_from <= at)
        .order_by(CameraVersion.number.desc())
        .limit(1)
    )


def newest_version(session: Session, camera_id: str) -> CameraVersion | None:
    """The version that holds now."""
    return session.scalar(
        select(CameraVersion)
        .where(CameraVersion.camera_id == camera_id)
        .order_by(CameraVersion.number.desc())
        .limit(1)
    )


def newest_versions(session: Session, camera_ids: Sequence[str]) -> dict[str, CameraVersion]:
    """The versions of several cameras that hold now, by camera."""
    newest = (
        select(CameraVersion.camera_id, func.max(CameraVersion.number).label("number"))
        .where(CameraVersion.camera_id.in_(camera_ids))
        .group_by(CameraVersion.camera_id)
        .subquery()
    )
    rows = session.scalars(
        select(CameraVersion).join(
            newest,
            and_(
                CameraVersion.camera_id == newest.c.camera_id,
                CameraVersion.number == newest.c.number,
            ),
        )
    )
    return {row.camera_id: row for row in rows}


def version(session: Session, camera_id: str, number: int) -> CameraVersion | None:
    """One version by its number."""
    return session.scalar(
        select(CameraVersion).where(
            CameraVersion.camera_id == camera_id, CameraVersion.number == number
        )
    )


def versions(
    session: Session, camera_id: str, *, before: int | None, limit: int
) -> Sequence[CameraVersion]:
    """Versions of a camera, the newest first."""
    statement = select(CameraVersion).where(CameraVersion.camera_id == camera_id)
    if before is not None:
        statement = statement.where(CameraVersion.number < before)
    return session.scalars(statement.order_by(CameraVersion.number.desc()).limit(limit)).all()


def gates(session: Session, camera_ids: Sequence[str]) -> Sequence[CameraGate]:
    """Every gate that was ever recorded for the cameras, in the order of time."""
    return session.scalars(
        select(CameraGate)
        .where(CameraGate.camera_id.in_(camera_ids))
        .order_by(CameraGate.camera_id, CameraGate.met_from, CameraGate.id)
    ).all()


def published(
    session: Session, gate: str, at: datetime, *, after: str, limit: int
) -> Sequence[Published]:
    """Cameras in use whose gate is met at an instant, by id; one gate of each may come twice."""
    rows = session.execute(
        select(CameraRecord, Organisation, CameraGate)
        .join(Organisation, Organisation.id == CameraRecord.organisation_id)
        .join(CameraGate, CameraGate.camera_id == CameraRecord.id)
        .where(
            CameraRecord.id > after,
            CameraRecord.retired_at.is_(None),
            CameraGate.gate == gate,
            CameraGate.met_from <= at,
            or_(CameraGate.met_until.is_(None), CameraGate.met_until > at),
        )
        .order_by(CameraRecord.id, CameraGate.met_from, CameraGate.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def bases(
    session: Session, jurisdictions: Sequence[str], *, violation: str, on: date
) -> Sequence[EvidenceBasis]:
    """The bases in effect in the jurisdictions for a violation on a day, disabled ones too."""
    return session.scalars(
        select(EvidenceBasis).where(
            EvidenceBasis.jurisdiction.in_(jurisdictions),
            EvidenceBasis.violation == violation,
            EvidenceBasis.effective_from <= on,
            or_(EvidenceBasis.effective_to.is_(None), EvidenceBasis.effective_to >= on),
        )
    ).all()


def gate(session: Session, camera_id: str, gate_id: UUID) -> CameraGate | None:
    """One gate of a camera."""
    return session.scalar(
        select(CameraGate).where(CameraGate.id == gate_id, CameraGate.camera_id == camera_id)
    )


def basis(session: Session, id_: UUID) -> tuple[EvidenceBasis, Organisation] | None:
    """A basis with the node that it holds for."""
    row = session.execute(
        select(EvidenceBasis, Organisation)
        .join(Organisation, Organisation.id == EvidenceBasis.jurisdiction)
        .where(EvidenceBasis.id == id_)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def bases_below(session: Session, path: str) -> Sequence[tuple[EvidenceBasis, Organisation]]:
    """Every basis of a node and of all below it."""
    rows = session.execute(
        select(EvidenceBasis, Organisation)
        .join(Organisation, Organisation.id == EvidenceBasis.jurisdiction)
        .where(within(Organisation.path, path))
        .order_by(Organisation.path, EvidenceBasis.violation, EvidenceBasis.effective_from)
    )
    return [(row[0], row[1]) for row in rows]


def picture(session: Session, camera_id: str) -> CameraPicture | None:
    """A camera's newest picture."""
    return session.get(CameraPicture, camera_id)


def note_look(session: Session, camera_id: str, at: datetime) -> None:
    """Somebody looks at a camera's picture."""
    session.execute(
        update(CameraPicture).where(CameraPicture.camera_id == camera_id).values(looked_at=at)
    )


def picture_times(session: Session, camera_ids: Sequence[str]) -> dict[str, datetime]:
    """When the newest pictures were taken, by camera; the pictures themselves are not read."""
    rows = session.execute(
        select(CameraPicture.camera_id, CameraPicture.captured_at).where(
            CameraPicture.camera_id.in_(camera_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
