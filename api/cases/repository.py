"""Queries of cases, their call-backs, and what an evidence set consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from api.areas import within
from api.audit.tables import AuditEntry
from api.boxes.tables import BoxKey
from api.cameras.tables import CameraRecord, CameraVersion
from api.candidates.tables import CandidateRecord, CandidateUpdate
from api.cases.tables import Case, CaseCallback, CaseState
from api.evidence.tables import EvidenceRecord, StoredObject
from api.feed.tables import Delivery, Event, Subscriber
from api.users.tables import User


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; every field that is none lets all pass."""

    area: str
    states: tuple[CaseState, ...] = ()  # none: all
    violation: str | None = None
    camera_id: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        found: list[ColumnElement[bool]] = [within(Case.organisation_path, self.area)]
        if self.states:
            found.append(Case.state.in_(self.states))
        if self.violation is not None:
            found.append(Case.violation == self.violation)
        if self.camera_id is not None:
            found.append(Case.camera_id == self.camera_id)
        if self.created_from is not None:
            found.append(Case.created_at >= self.created_from)
        if self.created_before is not None:
            found.append(Case.created_at < self.created_before)
        return found


def page(session: Session, wanted: CaseFilter, *, before: int | None, limit: int) -> list[Case]:
    """Cases, newest first."""
    query = select(Case).where(*wanted.conditions())
    if before is not None:
        query = query.where(Case.number < before)
    return list(session.scalars(query.order_by(Case.number.desc()).limit(limit)))


def of_candidate(session: Session, candidate_id: UUID) -> Case | None:
    """The case of a candidate, locked."""
    return session.scalar(
        select(Case)
        .where(Case.candidate_id == candidate_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def by_inquiry_code(session: Session, code_sha256: str) -> Case | None:
    """The case of an inquiry code's digest."""
    return session.scalar(select(Case).where(Case.inquiry_code_sha256 == code_sha256))


def callback(session: Session, token_id: UUID, callback_id: str) -> CaseCallback | None:
    """A call-back by the case system's own id."""
    return session.scalar(
        select(CaseCallback).where(
            CaseCallback.token_id == token_id, CaseCallback.callback_id == callback_id
        )
    )


def callbacks_of(session: Session, case_id: UUID) -> list[CaseCallback]:
    """Everything that was reported on a case, in the order in which it came."""
    return list(
        session.scalars(
            select(CaseCallback)
            .where(CaseCallback.case_id == case_id)
            .order_by(CaseCallback.received_at, CaseCallback.reported_at, CaseCallback.id)
        )
    )


def items_of(session: Session, candidate_id: UUID, update: int) -> list[EvidenceRecord]:
    """The items of one update, in the order of their names."""
    return list(
        session.scalars(
            select(EvidenceRecord)
            .where(EvidenceRecord.candidate_id == candidate_id, EvidenceRecord.update == update)
            .order_by(EvidenceRecord.name)
        )
    )


def stored_objects(session: Session, sha256s: Sequence[str]) -> list[StoredObject]:
    """Rows of stored bytes."""
    return list(session.scalars(select(StoredObject).where(StoredObject.sha256.in_(sha256s))))


def supplements_of(session: Session, candidate_id: UUID, frozen: int) -> list[CandidateUpdate]:
    """What came after the frozen update."""
    return list(
        session.scalars(
            select(CandidateUpdate)
            .where(CandidateUpdate.candidate_id == candidate_id, CandidateUpdate.update > frozen)
            .order_by(CandidateUpdate.update)
        )
    )


def box_of(session: Session, candidate_id: UUID) -> str:
    """The box that made a candidate."""
    return session.scalars(
        select(CandidateRecord.box_id).where(CandidateRecord.id == candidate_id)
    ).one()


def is_held(session: Session, candidate_id: UUID) -> bool:
    """Whether a hold keeps a candidate's evidence from deletion."""
    return session.scalars(
        select(CandidateRecord.hold).where(CandidateRecord.id == candidate_id)
    ).one()


def place_of(session: Session, candidate_id: UUID, update: int) -> str:
    """Where the camera hung, in words, when the act began."""
    found = session.get_one(CandidateUpdate, (candidate_id, update))
    version = camera_version(session, found.camera_version_id)
    return str(version.settings.get("place", "")) if version is not None else ""


def events_of(session: Session, case_id: UUID) -> list[Event]:
    """The events of a case, oldest first."""
    found = session.scalars(select(Event).where(Event.case_id == case_id).order_by(Event.cursor))
    return list(found)


def deliveries_of(session: Session, case_id: UUID) -> list[tuple[Delivery, Event, Subscriber]]:
    """How a case's events reached their subscribers, newest first."""
    rows = session.execute(
        select(Delivery, Event, Subscriber)
        .join(Event, Event.cursor == Delivery.cursor)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Event.case_id == case_id)
        .order_by(Event.cursor.desc())
    )
    return [(delivery, event, subscriber) for delivery, event, subscriber in rows]


def history(session: Session, case_id: UUID, limit: int) -> list[AuditEntry]:
    """The newest entries of the log on a case, oldest first."""
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "case", AuditEntry.subject_id == str(case_id))
        .order_by(AuditEntry.number.desc())
        .limit(limit)
    ).all()
    return list(reversed(found))


def key_ids_of(session: Session, box_id: str) -> set[str]:
    """Every key that was ever registered for a box; what it signed in its time stays signed."""
    return set(session.scalars(select(BoxKey.key_id).where(BoxKey.box_id == box_id)))


def camera_of(session: Session, camera_id: str) -> CameraRecord | None:
    """A camera's record."""
    return session.get(CameraRecord, camera_id)


def camera_version(session: Session, version_id: UUID | None) -> CameraVersion | None:
    """One version of a camera."""
    return session.get(CameraVersion, version_id) if version_id is not None else None


def certificates_of(session: Session, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Officers' certificate numbers (LAW-44)."""
    rows = session.execute(select(User.id, User.certificate_number).where(User.id.in_(user_ids)))
    return {row.id: row.certificate_number for row in rows}
