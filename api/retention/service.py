"""Deletions as people and case systems see them, and holds that keep evidence."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.tables import AuditEntry
from api.candidates.queue_access import lock_candidate
from api.candidates.tables import CandidateRecord
from api.errors import Conflict, Gone, NotFound
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal
from api.retention import repository
from api.retention.deleting import certificate_digest
from api.retention.schemas import DeletionDetail, DeletionItem, DeletionPage
from api.retention.tables import Deletion
from api.review.claims import log_candidate


def list_deletions(
    session: Session,
    caller: Principal,
    *,
    candidate_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> DeletionPage:
    """A page of completed deletions of the caller's area, the newest first.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    before = cast("int", decode_cursor(cursor, int)[0]) if cursor else None
    found = repository.deletions(
        session,
        caller.organisation_path,
        candidate_id=candidate_id,
        before=before,
        limit=limit + 1,
    )
    items = [_item(deletion) for deletion in found[:limit]]
    more = len(found) > limit
    return DeletionPage(
        items=items, next=encode_cursor(cast("int", items[-1].number)) if more else None
    )


def deletion_detail(session: Session, caller: Principal, deletion_id: UUID) -> DeletionDetail:
    """One deletion with its certificate, compared with the log.

    Raises:
        NotFound: There is none in the caller's area, or it has not ended.
    """
    deletion = session.get(Deletion, deletion_id)
    if (
        deletion is None
        or deletion.certificate is None
        or not caller.sees(deletion.organisation_path)
    ):
        raise NotFound("deletion_unknown", f"There is no deletion {deletion_id} in your area.")
    entry = session.get(AuditEntry, deletion.audit_number)
    said = entry.details.get("certificate_sha256") if entry is not None else None
    return DeletionDetail(
        **_item(deletion).model_dump(),
        certificate=deletion.certificate,
        holds=certificate_digest(deletion.certificate) == deletion.sha256 == said,
    )


def place_hold(
    session: Session, user: Principal, candidate_id: UUID, reason: str, *, now: datetime
) -> CandidateRecord:
    """Keep a candidate's evidence from deletion (LAW-54); done again, it changes nothing.

    Raises:
        NotFound: There is no such candidate in the area.
        Gone: Its evidence has been deleted.
        Conflict: A part of it is being deleted at this moment.
    """
    record = lock_candidate(session, user, candidate_id)
    if record.evidence_deleted_at is not None:
        raise Gone(
            "evidence_deleted",
            "The evidence of this candidate has been deleted; there is nothing left to hold.",
            deleted_at=record.evidence_deleted_at.isoformat(),
        )
    if repository.open_deletion(session, candidate_id) is not None:
        raise Conflict(
            "deletion_under_way",
            "A part of this evidence is being deleted. Try again in a few minutes.",
        )
    return _set_hold(session, user, record, hold=True, reason=reason, now=now)


def release_hold(
    session: Session, user: Principal, candidate_id: UUID, reason: str, *, now: datetime
) -> CandidateRecord:
    """Let retention take its course again; done again, it changes nothing.

    Raises:
        NotFound: There is no such candidate in the area.
    """
    record = lock_candidate(session, user, candidate_id)
    return _set_hold(session, user, record, hold=False, reason=reason, now=now)


def _set_hold(
    session: Session,
    user: Principal,
    record: CandidateRecord,
    *,
    hold: bool,
    reason: str,
    now: datetime,
) -> CandidateRecord:
    if record.hold != hold:
        record.hold = hold
        session.flush()
        action = "candidate.hold_placed" if hold else "candidate.hold_released"
        log_candidate(session, user, action, record, now, reason=reason)
    return record


def _item(deletion: Deletion) -> DeletionItem:
    certificate = deletion.certificate or {}
    return DeletionItem.model_validate(
        {**vars(deletion), "files": len(certificate.get("files", ()))}
    )
